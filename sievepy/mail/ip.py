"""IP addresses, networks and ranges that somebody wrote into a text.

What counts as written: dotted quads of RFC 791 addresses (four octets, no leading zeros), networks (`/len`, a
netmask, `91.235.177.*`), ranges, reverse zones (RFC 1035 3.5, RFC 3596 2.5, RFC 2317), host names that begin with the
address (`91-235-177-5.host.example`), IPv6 in the forms of RFC 4291 2.2, and all of them *defanged* as abuse desks
write them (`91[.]235[.]177[.]5`).

What never counts: a quad cut out of a longer run of digits or dots. `91.235.177.5.4` holds no address, so a version
number or a section number is none; `191.235.177.5` is itself and not the network it ends like.

Everything is found by a few linear scans; a text without such runs costs one search. Nothing is resolved.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Written:
    """Everything from `first` to `last` (of one IP version, `first <= last`), written at `text[start:end]`."""

    first: IPAddress
    last: IPAddress
    start: int
    end: int


def find_ranges(text: str) -> Iterable[Written]:
    """What is written in the text, in its order. Neither overlaps the other."""
    if _PROMISING.search(text) is None and text.count(":") < 2 and not _names_arpa(text):
        return ()
    # A reverse zone and an IPv6 address hold runs of digits that look like a quad: the longer reading is the right one.
    found = sorted(
        [*_reverse_zones(text), *_version_6(text), *_version_4(text), *_spaced(text), *_host_names(text)],
        key=lambda reading: (reading.start, -reading.end),
    )
    return _joined(text, _outermost(found))


_Range = tuple[int, int, int]
"""The IP version, the first address and the last one as numbers: a text can hold a hundred thousand."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A place that was read as `written`, or that is known to be no address (None) and hides what lies inside."""

    start: int
    end: int
    written: _Range | None


def _outermost(readings: Iterable[_Reading]) -> Iterator[_Reading]:
    behind = 0
    for reading in readings:
        if reading.start >= behind:
            behind = reading.end
            yield reading


# ------------------------------------------------------------ dotted quads

_DOT = r"(?:\.| ?[\[({<] ?(?:\.|dot|точка) ?[\])}>] ?|\[\.|\.\]|\\\.| (?:dot|точка) )"
# Something of each form, wherever it lies: most letters hold dates and telephone numbers, and none of these.
_PROMISING = re.compile(
    rf"[0-9](?:{_DOT}[0-9*xх]++){{3}}|[0-9](?:-[0-9]{{1,3}}){{3}}[.-][^\W\d_]|[0-9](?: \. [0-9]{{1,3}}){{3}}",
    re.IGNORECASE,
)
_STAR = r"(?:\*|[xх]{1,3}(?!\w))"
# The first character is a digit and the look-behind comes second: so the scan skips to digits as fast as it can.
_RUN = re.compile(rf"[0-9](?<![0-9].)[0-9]*+(?:{_DOT}[0-9]++)*+(?:{_DOT}{_STAR})*+", re.IGNORECASE)
_ANY_DOT = re.compile(_DOT, re.IGNORECASE)
_OCTETS = {str(number): number for number in range(256)}  # so none has leading zeros
_GLUED_BEFORE = re.compile(r"(?:(?<![^\W\d_])\.|[0-9A-Za-z])\Z")
_GLUED_AFTER = re.compile(r"[0-9A-Za-z*]|\.+[0-9]")
_PREFIX = re.compile(r" ?/ ?([0-9]{1,3})(?![0-9/]|\.[0-9]|[^\W\d_])")
_SHORT_RANGE = re.compile(r" ?[-–—] ?([0-9]{1,3})(?![0-9]|[.\-][0-9])")
_LABELS = 4
# Nothing but spaced dots, so that the end of a sentence (`91.235.177.5 . 10 minutes ago`) never glues numbers together.
_SPACED = re.compile(r"(?<![0-9.])(?<![0-9.] )([0-9]{1,3}(?: \. [0-9]{1,3}){3})(?! ?\.? ?[0-9])")


def _version_4(text: str) -> Iterator[_Reading]:
    for match in _RUN.finditer(text):
        start, end = match.span()
        if end - start < len("1.1.1.1"):
            continue
        labels = _ANY_DOT.split(match[0])
        if len(labels) != _LABELS or _is_glued(text, start, end):
            continue
        written = _quad(labels)
        if written is not None:
            yield _with_tail(text, start, end, written)


def _spaced(text: str) -> Iterator[_Reading]:
    for match in _SPACED.finditer(text) if " . " in text else ():
        written = _quad(match[1].split(" . "))
        if written is not None:
            yield _Reading(*match.span(1), written)


def _is_glued(text: str, start: int, end: int) -> bool:
    """Whether the run goes on in a way that makes it something else: `IP91.…` is fine, `v91.…` and `91.…x` are not."""
    if _GLUED_AFTER.match(text, end):
        return True
    before = text[max(0, start - 2) : start]
    if before.lower().endswith("ip") and not text[max(0, start - 3) : start - 2].isalnum():
        return False
    return _GLUED_BEFORE.search(before) is not None


def _quad(labels: list[str]) -> _Range | None:
    """The range of four labels, of which the last ones may be stars."""
    low = high = 0
    for label in labels:
        if label[0] in "*xXхХ":
            low, high = low << 8, high << 8 | 255
        elif (octet := _OCTETS.get(label)) is not None:
            low, high = low << 8 | octet, high << 8 | octet
        else:
            return None
    return 4, low, high


def _with_tail(text: str, start: int, end: int, written: _Range) -> _Reading:
    """With the prefix length, or the last octet of a short range, that follows a single address."""
    version, first, last = written
    if first == last:
        prefix = _PREFIX.match(text, end)
        if prefix is not None and int(prefix[1]) <= _BITS[version]:
            return _Reading(start, prefix.end(), _network(version, first, int(prefix[1])))
        upto = _SHORT_RANGE.match(text, end) if version == 4 else None
        octet = _OCTETS.get(upto[1]) if upto is not None else None
        if upto is not None and octet is not None and first & 255 <= octet:
            return _Reading(start, upto.end(), (4, first, first & ~255 | octet))
    return _Reading(start, end, written)


_BITS = {4: 32, 6: 128}


def _network(version: int, address: int, length: int) -> _Range:
    """The network of `length` that the address lies in."""
    hosts = (1 << _BITS[version] - length) - 1
    return version, address & ~hosts, address | hosts


# ------------------------------------------------------------ host names

_HOST = re.compile(
    r"([0-9](?<![0-9].)(?<![0-9][-.].)[0-9]*+(?:-[0-9]++){3}+)(?:-[a-z][\w-]*+)?\.[^\W\d_][\w-]*+", re.IGNORECASE
)


def _host_names(text: str) -> Iterator[_Reading]:
    """Names that providers give to addresses: `91-235-177-5.host.example`, `ip-91-235-177-5.static.example`."""
    for match in _HOST.finditer(text):
        written = _quad(match[1].split("-"))
        if written is not None:
            yield _Reading(*match.span(), written)


# ------------------------------------------------------------ reverse zones

_ARPA_4 = re.compile(r"(?:([0-9]{1,3})([/-])([0-9]{1,3})\.)?([0-9]++(?:\.[0-9]++)*+)\.in-addr\.arpa", re.IGNORECASE)
_ARPA_6 = re.compile(r"[0-9a-f](?<!\w.)((?:\.[0-9a-f])*+)\.ip6\.arpa", re.IGNORECASE)


def _names_arpa(text: str) -> bool:
    return ".arpa" in text or ".ARPA" in text


def _reverse_zones(text: str) -> Iterator[_Reading]:
    if not _names_arpa(text):
        return
    for match in _ARPA_4.finditer(text):
        yield _Reading(*match.span(), _zone_4(match))
    for match in _ARPA_6.finditer(text):
        nibbles = match[0][: -len(".ip6.arpa")].split(".")[::-1]
        yield _Reading(*match.span(), _zone_6(nibbles) if len(nibbles) <= 32 else None)


def _zone_4(match: re.Match[str]) -> _Range | None:
    """`5.177.235.91` and partial zones; before them `0/25.` or `0-127.`, a part of the zone as RFC 2317 names it."""
    before = match.string[match.start() - 1 : match.start()]
    octets = match[4].split(".")[::-1]
    if before.isalnum() or before == "." or len(octets) > _LABELS:
        return None
    zone = _quad(octets + ["*"] * (_LABELS - len(octets)))
    if zone is None or match[1] is None or len(octets) != _LABELS - 1:
        return zone
    low, high = int(match[1]), int(match[3])
    if match[2] == "/":
        return _network(4, zone[1] + low, high) if low <= 255 and high <= 32 else zone
    return (4, zone[1] + low, zone[1] + high) if low <= high <= 255 else zone


def _zone_6(nibbles: list[str]) -> _Range:
    return _network(6, int("".join(nibbles).ljust(32, "0"), 16), 4 * len(nibbles))


# ------------------------------------------------------------ IPv6

_COLON = r"(?::|\[:\])"
_V6 = re.compile(
    rf"(?:(?<!\w)ipv6:)?+((?:[0-9a-f]++|(?=:|\[:\])){_COLON}(?:[0-9a-f]++|{_COLON})*+"
    r"(?:(?<=[:\]f0-9])\.[0-9]++(?:\.[0-9]++)*+)?+)",
    re.IGNORECASE,
)
_LONGEST_V6 = len("ffff:" * 6 + "255.255.255.255") + 2 * len("[:]") * 8


def _version_6(text: str) -> Iterator[_Reading]:
    if text.count(":") < 2:
        return
    for match in _V6.finditer(text):
        start, end = match.span(1)
        if end - start > _LONGEST_V6 or match[1].count(":") < 2:
            continue
        start, end = _without_single_colons(text, start, end)
        address = _address_6(text[start:end].replace("[:]", ":"))
        if address is None or _is_word(text, start, end, match.start(1) != match.start()):
            continue
        yield _with_tail(text, start, end, (address.version, int(address), int(address)))


def _without_single_colons(text: str, start: int, end: int) -> tuple[int, int]:
    """`address:2001:db8::1:` without the colons that belong to the sentence."""
    if text[start] == ":" and text[start + 1] != ":":
        start += 1
    if text[end - 1] == ":" and text[end - 2] != ":":
        end -= 1
    return start, end


def _is_word(text: str, start: int, end: int, after_label: bool) -> bool:
    """Whether letters go on before or behind (`std::a1`)."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return (before.isalnum() and not after_label) or before == "." or after.isalnum()


def _address_6(written: str) -> IPAddress | None:
    """None too for what has no digit: `dead::beef` is rather two words of a program."""
    if not any(char.isdigit() for char in written):
        return None
    try:
        address = ipaddress.IPv6Address(written)
    except ValueError:
        return None
    return address.ipv4_mapped or address


# ------------------------------------------------------------ two of them

_BETWEEN = re.compile(r" ?[-–—…] ?| (?:to|по|до) ", re.IGNORECASE)
_LONGEST_BETWEEN = 5
_MASK = re.compile(r" ?/ ?")


def _joined(text: str, readings: Iterable[_Reading]) -> Iterator[Written]:
    """Ranges whose both ends are written, and addresses with a netmask, as one."""
    last: _Reading | None = None
    for this in readings:
        if this.written is None:
            continue
        whole = _one(text, last, this) if last is not None else None
        if whole is None and last is not None:
            yield _as_addresses(last)
        last = whole or this
    if last is not None:
        yield _as_addresses(last)


def _one(text: str, left: _Reading, right: _Reading) -> _Reading | None:
    """The range or network that two neighbours are together, if they are."""
    if right.start - left.end > _LONGEST_BETWEEN or left.written is None or right.written is None:
        return None
    (version, first, same), (other, last, end) = left.written, right.written
    if version != other or first != same or last != end:
        return None
    between = text[left.end : right.start]
    if _BETWEEN.fullmatch(between) and first <= last:
        return _Reading(left.start, right.end, (version, first, last))
    if _MASK.fullmatch(between) and version == 4:
        ones = f"{last:032b}".rstrip("0")
        if ones and "0" not in ones:
            return _Reading(left.start, right.end, _network(4, first, len(ones)))
    return None


def _as_addresses(reading: _Reading) -> Written:
    version, first, last = reading.written or (4, 0, 0)
    address = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    return Written(address(first), address(last), reading.start, reading.end)
