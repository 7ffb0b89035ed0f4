"""`has ip`: which addresses a text holds. The table is the definition."""

from __future__ import annotations

import ipaddress
import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.mail.ip import find_ranges

# What is written -> the ranges read, `A-B` where it is more than one address.
WRITTEN: list[tuple[str, list[str]]] = [
    ("91.235.177.5", ["91.235.177.5"]),
    ("Адрес 91.235.177.5.", ["91.235.177.5"]),
    ("(91.235.177.5), «91.235.177.6»; 91.235.177.7...", ["91.235.177.5", "91.235.177.6", "91.235.177.7"]),
    ("91.235.177.4,91.235.177.5", ["91.235.177.4", "91.235.177.5"]),
    ("91.235.177.5:8080", ["91.235.177.5"]),
    ("http://91.235.177.5/index.html", ["91.235.177.5"]),
    ("hxxp://91.235.177.5/a", ["91.235.177.5"]),
    ("hxxps://91[.]235[.]177[.]5:8443/a", ["91.235.177.5"]),
    ("user@[91.235.177.5]", ["91.235.177.5"]),
    ("IP91.235.177.5", ["91.235.177.5"]),
    ("айпи91.235.177.5не отвечает", ["91.235.177.5"]),
    ("см.91.235.177.5", ["91.235.177.5"]),
    ("91.235.177.5.Прошу принять меры", ["91.235.177.5"]),
    ("_91.235.177.5_", ["91.235.177.5"]),
    ("91[.]235[.]177[.]5", ["91.235.177.5"]),
    ("91(.)235(.)177(.)5", ["91.235.177.5"]),
    ("91.235.177[.]5", ["91.235.177.5"]),
    ("91 [.] 235 [.] 177 [.] 5", ["91.235.177.5"]),
    ("91[.235[.177[.5", ["91.235.177.5"]),
    ("91 dot 235 dot 177 dot 5", ["91.235.177.5"]),
    ("91[dot]235[DOT]177(dot)5", ["91.235.177.5"]),
    ("желіден, 91 . 235 . 177 . 166 мекенжайынан", ["91.235.177.166"]),
    ("с 91.235.177.5 . 10 минут назад", ["91.235.177.5"]),
    ("91 точка 235 точка 177 точка 5", ["91.235.177.5"]),
    (r"91\.235\.177\.5", ["91.235.177.5"]),
    ("0.0.0.0 и 255.255.255.255", ["0.0.0.0", "255.255.255.255"]),
    ("191.235.177.5", ["191.235.177.5"]),
    # networks
    ("91.235.177.0/24", ["91.235.177.0-91.235.177.255"]),
    ("91.235.177.77/29,", ["91.235.177.72-91.235.177.79"]),
    ("91.235.177.0 /24.", ["91.235.177.0-91.235.177.255"]),
    ("91.235.177.0/255.255.255.128", ["91.235.177.0-91.235.177.127"]),
    ("91[.]235[.]177[.]0/24", ["91.235.177.0-91.235.177.255"]),
    ("91.235.177.*", ["91.235.177.0-91.235.177.255"]),
    ("91.235.177.x", ["91.235.177.0-91.235.177.255"]),
    ("91.235.177.Х и 91.235.177.xxx", ["91.235.177.0-91.235.177.255", "91.235.177.0-91.235.177.255"]),
    ("91.235.*.*", ["91.235.0.0-91.235.255.255"]),
    ("91.235.177.5/33", ["91.235.177.5"]),
    ("http://91.235.177.5/24/index.html", ["91.235.177.5"]),
    ("91.235.177.5 / 24.11.2026", ["91.235.177.5"]),
    # ranges
    ("91.235.177.1-91.235.177.20", ["91.235.177.1-91.235.177.20"]),
    ("91.235.177.1 – 91.235.177.20", ["91.235.177.1-91.235.177.20"]),
    ("с 91.235.177.1 по 91.235.178.20", ["91.235.177.1-91.235.178.20"]),
    ("91.235.177.1-20", ["91.235.177.1-91.235.177.20"]),
    ("91.235.177.1 — 20", ["91.235.177.1-91.235.177.20"]),
    ("91.235.177.20-1", ["91.235.177.20"]),
    ("91.235.177.5-1234", ["91.235.177.5"]),
    ("91.235.177.20-91.235.177.1", ["91.235.177.20", "91.235.177.1"]),
    ("91.235.177.1-5.3.2.1", ["91.235.177.1", "5.3.2.1"]),
    # names
    ("91-235-177-5.host.example", ["91.235.177.5"]),
    ("ip-91-235-177-5.static.isp.example", ["91.235.177.5"]),
    ("91-235-177-5-dynamic.isp.example", ["91.235.177.5"]),
    ("91.235.177.5.host.example", ["91.235.177.5"]),
    ("5.177.235.91.in-addr.arpa", ["91.235.177.5"]),
    ("5.177.235.91.IN-ADDR.ARPA.", ["91.235.177.5"]),
    ("177.235.91.in-addr.arpa", ["91.235.177.0-91.235.177.255"]),
    ("235.91.in-addr.arpa", ["91.235.0.0-91.235.255.255"]),
    ("0/25.177.235.91.in-addr.arpa", ["91.235.177.0-91.235.177.127"]),
    ("8-15.177.235.91.in-addr.arpa", ["91.235.177.8-91.235.177.15"]),
    # version 6
    ("2001:db8::1", ["2001:db8::1"]),
    ("2001:DB8:0:0:0:0:0:1.", ["2001:db8::1"]),
    ("адрес:2001:db8::1: не отвечает", ["2001:db8::1"]),
    ("[2001:db8::1]:443", ["2001:db8::1"]),
    ("[IPv6:2001:db8::1]", ["2001:db8::1"]),
    ("fe80::1%eth0", ["fe80::1"]),
    ("2001:db8::/32", ["2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"]),
    ("2001:db8::1-2001:db8::ff", ["2001:db8::1-2001:db8::ff"]),
    ("2001[:]db8[:][:]1", ["2001:db8::1"]),
    ("::ffff:91.235.177.5", ["91.235.177.5"]),
    ("::ffff:5beb:b105", ["91.235.177.5"]),
    ("64:ff9b::91.235.177.5", ["64:ff9b::5beb:b105"]),
    ("b.a.9.8.8.b.d.0.1.0.0.2.ip6.arpa", ["2001:db8:89ab::-2001:db8:89ab:ffff:ffff:ffff:ffff:ffff"]),
    ("5.0.0.1.b.d.0.1.0.0.2.ip6.arpa", ["2001:db1:50::-2001:db1:5f:ffff:ffff:ffff:ffff:ffff"]),
]  # fmt: skip

NOT_WRITTEN = [
    "91.235.1771",
    "91.235.177",
    "91.235.177.5.4",
    "1.91.235.177.5",
    "91.235.177.5.4.3.2.1",
    "91.235.177..5",
    "..91.235.177.5",
    "91.235.177.5..4",
    "91.235.177.256",
    "91.235.177.1234",
    "991.235.177.5",
    "091.235.177.5",
    "91.235.177.05",
    "91.235.177.5a",
    "v91.235.177.5",
    "91,235,177,5",
    "91. 235. 177. 5",
    "91.235.177.xls",
    "1 dot 91 dot 235 dot 177 dot 5",
    "1 . 91 . 235 . 177 . 5",
    "91 . 235 . 177 . 500",
    "91-235-177-5",
    "8-91-235-177-5.host.example",
    "+7-727-123-45-67",
    "тел. 8-701-235-17-75.Звоните",
    "1.5.177.235.91.in-addr.arpa",
    "256.235.91.in-addr.arpa",
    "12:30:45",
    "00:1a:2b:3c:4d:5e",
    "std::a1",
    "dead::beef",
    "::",
    "2001:db8::1xyz",
    "2001:db8:::1",
    "1:2:3:4:5:6:7",
    "цена 12.11.2026, 10:00",
    "ГОСТ 12.1.004-91",
    "",
]


def read(text: str) -> list[str]:
    return [str(w.first) if w.first == w.last else f"{w.first}-{w.last}" for w in find_ranges(text)]


@pytest.mark.parametrize(("text", "ranges"), WRITTEN)
def test_what_is_written_is_found(text: str, ranges: list[str]) -> None:
    assert read(text) == ranges


@pytest.mark.parametrize("text", NOT_WRITTEN)
def test_what_is_not_written_is_not_found(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(("text", "ranges"), WRITTEN)
def test_places_hold_what_was_read(text: str, ranges: list[str]) -> None:
    """The span alone reads as the same; no two spans overlap."""
    found = list(find_ranges(text))
    for this, following in itertools.pairwise(found):
        assert this.end <= following.start
    for this, expected in zip(found, ranges, strict=True):
        assert read(text[this.start : this.end]) == [expected]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "x {} y", "({}).", "{}:25", "{},", "«{}»", "{}\n"]))
def test_every_address_is_read_as_itself(number: int, frame: str) -> None:
    address = ipaddress.IPv4Address(number)
    assert read(frame.format(address)) == [str(address)]


@settings(deadline=None)
@given(st.integers(1, 2**128 - 1), st.sampled_from(["{}", "x {} y", "[{}]:25", "{},", "«{}»"]))
def test_every_address_of_version_6_is_read_as_itself(number: int, frame: str) -> None:
    address = ipaddress.IPv6Address(number)
    if any(char.isdigit() for char in str(address)):
        assert read(frame.format(address)) == [str(address.ipv4_mapped or address)]


@settings(deadline=None)
@given(st.text("0123456789.:-/*xaf[]() \ndot", max_size=60))
def test_it_never_raises_and_never_invents_digits(text: str) -> None:
    for written in find_ranges(text):
        assert 0 <= written.start < written.end <= len(text)
        assert written.first <= written.last  # type: ignore[operator]
        assert re.search("[0-9]", text[written.start : written.end])


@pytest.mark.parametrize(
    "piece",
    ["1", "1.", "1.1 ", "1 . ", "1 dot ", "1-", "1-1-1-1-", "a:", ":", "::", "1:", "[:]", "ipv6:", "1.in-addr.arpa",
     "1.ip6.arpa ", "a.", "1/", "1[", " 1.1.1.1", "1.1.1.1-", "1.1.1.1/", "1.*.", "f", "ip6.arpa"],
)  # fmt: skip
def test_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    """A scan that went back at each character would not end within a life at a third of a million."""
    for _ in find_ranges(piece * (300_000 // len(piece))):
        pass
