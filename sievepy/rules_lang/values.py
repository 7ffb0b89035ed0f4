"""Reads bare values: addresses, domains, networks, sizes, durations, days, times, dates, numbers.

The grammar knows only that a value holds no white space; what kind of value is wanted depends on the place it stands
in, so each kind has a function here that gives the value or says why the text is none. The only door to
email-validator.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import Literal, Protocol, TypeVar

import idna

from sievepy.ir.conditions import IPNetwork
from sievepy.mail.address import canonical
from sievepy.rules_lang import codes_values as codes
from sievepy.rules_lang.report import Unreadable
from sievepy.text.nearest import nearest

T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Reads one kind of value."""

    def __call__(self, text: str, /) -> T_co | Unreadable: ...


# ---------------------------------------------------------------- addresses and domains


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: a canonical address, exactly a domain, or a domain of which the subdomains are meant."""

    kind: Literal["address", "domain", "subdomains"]
    value: str


_TOP_LEVEL = re.compile(r"\*\.[a-z]{2,63}", re.IGNORECASE)  # `*.kz`: everything below a country


def read_entry(text: str) -> Entry | Unreadable:
    """An address, a domain, or `*.domain`."""
    if "@" in text and not text.startswith("@"):
        return _entry("address", read_address(text))
    if _TOP_LEVEL.fullmatch(text):
        return Entry("subdomains", text[2:].lower())
    if text.startswith("*."):
        below = read_domain(text[2:])
        if isinstance(below, Unreadable) and below.instead and not below.instead.startswith("*."):
            below = changed(below, instead="*." + below.instead)
        return _entry("subdomains", below)
    return _entry("domain", read_domain(text))


def _entry(kind: Literal["address", "domain", "subdomains"], value: str | Unreadable) -> Entry | Unreadable:
    return value if isinstance(value, Unreadable) else Entry(kind, value)


def read_address(text: str) -> str | Unreadable:
    """A whole address in canonical form."""
    bare = text.removeprefix("mailto:")
    local, at, domain = bare.rpartition("@")
    if not at or not local:
        return Unreadable(codes.ADDRESS, f"`{text}` is not an address", "an address looks like `info@x-com.kz`")
    if bare != text:
        return Unreadable(codes.ADDRESS, f"`{text}` is a link, not an address", instead=bare)
    host = read_domain(domain)
    if isinstance(host, Unreadable):
        return Unreadable(codes.ADDRESS, f"`{text}` is not an address: {host.message}", host.help)
    problem = _local_part_problem(local)
    if problem is not None:
        return Unreadable(codes.ADDRESS, f"`{text}` is not an address", problem)
    return canonical(bare)


_PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)\w+(?:[.+-]\w+)*", re.ASCII)


def _local_part_problem(local: str) -> str | None:
    """What is wrong with the part before `@`. The domain has been read before, by rules that allow the names of
    intranets and tests (`.local`, `.test`), which email-validator refuses."""
    if _PLAIN_LOCAL.fullmatch(local):
        return None
    from email_validator import EmailNotValidError, validate_email  # 30 ms that hardly any file need pay

    try:
        validate_email(f"{local}@x.example", check_deliverability=False)
    except EmailNotValidError as problem:
        return str(problem)
    return None


_LONGEST_DOMAIN = 254  # RFC 1035 2.3.4, without the final dot
_ASCII_DOMAIN = re.compile(r"(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9]{0,61})", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|ftp|mailto):/*(?:www\.)?([^/]+).*")


def read_domain(text: str) -> str | Unreadable:
    """A domain of at least two labels as A-labels (UTS-46)."""
    if len(text) < _LONGEST_DOMAIN and _ASCII_DOMAIN.fullmatch(text):  # what UTS-46 would only make small
        return text.lower()
    if link := _LINK.fullmatch(text):
        return Unreadable(codes.DOMAIN, f"`{text}` is a link, not a domain", instead=link[1])
    if text.startswith("@"):
        return Unreadable(codes.DOMAIN, f"`{text}` is not a domain", "a domain is written without `@`", text[1:])
    if "*" in text:
        fixed = "*." + text.lstrip("*.") if text.rfind("*") == 0 else None
        help_ = "`*` stands only before the first dot: `*.x-com.kz` means every subdomain, and not `x-com.kz` itself"
        return Unreadable(codes.DOMAIN, f"`{text}` is not a domain", help_, fixed)
    if _is_network(text):
        return Unreadable(
            codes.DOMAIN, f"`{text}` is an IP address, not a domain", "addresses of hosts go to `network`"
        )
    if "." not in text:
        return Unreadable(codes.DOMAIN, f"`{text}` is not a domain", "a domain has a dot: `x-com.kz`")
    try:
        idna.encode(text, uts46=True)
    except (idna.IDNAError, UnicodeError) as problem:
        return Unreadable(codes.DOMAIN, f"`{text}` is not a domain", f"{_sentence(problem)}")
    return canonical(text)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _sentence(problem: Exception) -> str:
    text = str(problem)
    return text[:1].lower() + text[1:]


_HEADER_NAME = re.compile(r"[!-9;-~]+")


def read_header_name(text: str) -> str | Unreadable:
    """A header's name (RFC 5322 3.6.8) in small letters, as names of headers are compared."""
    if _HEADER_NAME.fullmatch(text):
        return text.lower()
    bare = text.strip().rstrip(":").rstrip()
    instead = f'"{bare}"' if _HEADER_NAME.fullmatch(bare) else None
    help_ = "a header's name is ASCII letters, digits and signs, without spaces and without the colon"
    return Unreadable(codes.HEADER_NAME, f"`{text}` is not the name of a header", help_, instead)


# ---------------------------------------------------------------- IP

_HOST_BITS = "has host bits set"


def read_network(text: str) -> IPNetwork | Unreadable:
    """A network in CIDR form; one address is the network of it alone."""
    if "%" in text:
        return Unreadable(codes.NETWORK, f"`{text}` is not a network", "a zone (`%eth0`) says nothing outside one host")
    try:
        return ipaddress.ip_network(text)
    except ValueError as problem:
        if _HOST_BITS not in str(problem):
            return Unreadable(codes.NETWORK, f"`{text}` is not a network", _network_help(text))
    meant = ipaddress.ip_network(text, strict=False)
    help_ = f"a network begins at its first address; one address alone is `{text.partition('/')[0]}`"
    return Unreadable(codes.NETWORK, f"`{text}` is not the beginning of a network", help_, str(meant))


def _network_help(text: str) -> str:
    first, dash, last = text.partition("-")
    try:
        if dash:
            ends = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
            parts = ", ".join(map(str, ipaddress.summarize_address_range(*ends)))
            return f"a range is written as networks: {parts}"
    except ValueError:
        pass
    if "*" in text:
        return "write `91.235.177.0/24` for all addresses that begin with 91.235.177"
    return "a network looks like `91.235.177.0/24` or `2a00:1450::/32`"


def read_ip(text: str) -> str | Unreadable:
    """One IP address in its canonical form."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return Unreadable(codes.NETWORK, f"`{text}` is not an IP address", "write `91.235.177.5` or `2a00:1450::1`")


# ---------------------------------------------------------------- sizes, durations, numbers

_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(B|KB|MB|GB)", re.IGNORECASE)
_UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}  # RFC 5228 2.4.1: K is 2^10


def read_size(text: str) -> float | Unreadable:
    """A number of bytes: `25MB`, `1.5MB`, `700KB`."""
    if match := _SIZE.fullmatch(text):
        return float(match[1]) * _UNITS[match[2].upper()]
    help_ = "a size is a number and B, KB, MB or GB: `25MB`"
    meant = re.fullmatch(r"(\d{1,12})([KMG])(?:i?b)?", text, re.IGNORECASE)
    instead = f"{meant[1]}{meant[2].upper()}B" if meant else None
    if text.isdecimal():
        return Unreadable(codes.SIZE, f"`{text}` of what? a size needs a unit", help_)
    return Unreadable(codes.SIZE, f"`{text}` is not a size", help_, instead)


Unit = Literal["min", "h", "d", "wd"]
_DURATION = re.compile(r"(\d{1,6})(min|h|d|wd)")
_MEANT_UNITS: dict[str, Unit] = {
    "m": "min", "mins": "min", "minutes": "min", "мин": "min",
    "hour": "h", "hours": "h", "hr": "h", "ч": "h", "час": "h",
    "day": "d", "days": "d", "д": "d", "дн": "d", "рд": "wd",
}  # fmt: skip
_UNIT_NAMES: dict[str, Unit] = {"min": "min", "h": "h", "d": "d", "wd": "wd"}
_SECONDS = {"min": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Duration:
    amount: int
    unit: Unit


def read_duration(text: str) -> Duration | Unreadable:
    """`4h`, `10min`, `2d`, or `1wd`: a working day."""
    match = _DURATION.fullmatch(text)
    if match and int(match[1]):
        return Duration(int(match[1]), _UNIT_NAMES[match[2]])
    help_ = "a duration is a number above 0 and `min`, `h`, `d` or `wd` (working days): `4h`"
    meant = re.fullmatch(r"(\d{1,6})(\w+)", text)
    unit = _MEANT_UNITS.get(meant[2].lower()) if meant else None
    instead = f"{meant[1]}{unit}" if meant and unit else None
    return Unreadable(codes.DURATION, f"`{text}` is not a duration", help_, instead)


def read_seconds(text: str) -> int | Unreadable:
    """A duration that does not depend on working hours, in seconds."""
    duration = read_duration(text)
    if isinstance(duration, Unreadable):
        return duration
    if duration.unit == "wd":
        return Unreadable(codes.DURATION, f"`{text}` has no fixed length", "write `min`, `h` or `d` here")
    return duration.amount * _SECONDS[duration.unit]


def read_count(text: str, least: int, most: int) -> int | Unreadable:
    """A whole number within `least` and `most`."""
    if re.fullmatch(r"\d{1,9}", text) and least <= int(text) <= most:
        return int(text)
    return Unreadable(codes.NUMBER, f"`{text}` cannot stand here", f"write a whole number from {least} to {most}")


def read_number(text: str) -> float | Unreadable:
    """A decimal number, such as a spam score."""
    if re.fullmatch(r"[-+]?\d{1,9}(\.\d{1,9})?", text):
        return float(text)
    instead = text.replace(",", ".") if re.fullmatch(r"\d{1,9},\d{1,9}", text) else None
    return Unreadable(codes.NUMBER, f"`{text}` is not a number", "a number looks like `7` or `7.5`", instead)


# ---------------------------------------------------------------- time

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MEANT_DAYS = dict(zip(("пн", "вт", "ср", "чт", "пт", "сб", "вс"), _DAYS, strict=True))


def read_days(text: str) -> frozenset[int] | Unreadable:
    """`mon`, or `mon-fri`, which may run over the week's end (`sat-mon`); 0 = Monday."""
    first, dash, last = re.sub("[–—]", "-", text).partition("-")
    ends = [_day(first), _day(last) if dash else _day(first)]
    if None in ends:
        instead = "-".join(day for day in (_meant_day(first), _meant_day(last)) if day)
        wrong = len(instead.split("-")) < (2 if dash else 1)
        help_ = f"days are {', '.join(_DAYS)}, or a range of them: `mon-fri`"
        return Unreadable(codes.DAYS, f"`{text}` is not a day", help_, None if wrong else instead)
    start, end = (day for day in ends if day is not None)
    return frozenset((start + i) % 7 for i in range((end - start) % 7 + 1))


def _day(text: str) -> int | None:
    return _DAYS.index(text.lower()) if text.lower() in _DAYS else None


def _meant_day(text: str) -> str | None:
    lower = text.lower()
    return _MEANT_DAYS.get(lower[:2]) or (lower[:3] if lower[:3] in _DAYS else None)


_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_LAST_MINUTE = 24 * 60


def read_window(text: str) -> tuple[int, int] | Unreadable:
    """`09:00-18:00` as minutes from 00:00, the end excluded; a window may run past midnight (`18:00-09:00`)."""
    first, _, last = text.partition("-")
    start, end = _minutes(first), _minutes(last)
    if start is None or end is None or start == _LAST_MINUTE:
        return Unreadable(codes.TIME, f"`{text}` is not a window of time", _WINDOW_HELP, _meant_window(text))
    if start == end:
        return Unreadable(codes.TIME, f"`{text}` is empty or the whole day", "the whole day is `00:00-24:00`")
    return start, end


_WINDOW_HELP = "a window looks like `09:00-18:00`, or `18:00-09:00` past midnight"


def _minutes(text: str) -> int | None:
    """Minutes from 00:00; 24:00 is the day's end."""
    match = _TIME.fullmatch(text)
    if not match or int(match[2]) > 59:
        return None
    minutes = int(match[1]) * 60 + int(match[2])
    return minutes if minutes <= _LAST_MINUTE else None


def _meant_window(text: str) -> str | None:
    """`9-18` and `09:00–18:00` in their proper form."""
    ends = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?[-–—](\d{1,2})(?:[:.](\d{2}))?", text)
    if not ends:
        return None
    meant = f"{int(ends[1]):02}:{ends[2] or '00'}-{int(ends[3]):02}:{ends[4] or '00'}"
    return meant if meant != text and all(_minutes(end) is not None for end in meant.split("-")) else None


def read_time(text: str) -> dt.time | Unreadable:
    """`23:30`."""
    minutes = _minutes(text)
    if minutes is None or minutes == _LAST_MINUTE:
        return Unreadable(codes.TIME, f"`{text}` is not a time of day", "a time looks like `23:30`")
    return dt.time(minutes // 60, minutes % 60)


def read_date(text: str) -> dt.date | Unreadable:
    """`2026-12-31` (ISO 8601)."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return dt.date.fromisoformat(text)
    except ValueError:
        return Unreadable(codes.DATE, f"there is no day `{text}`")
    return Unreadable(codes.DATE, f"`{text}` is not a date", "a date is written `2026-12-31`", _meant_date(text))


def _meant_date(text: str) -> str | None:
    day_first = re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", text)
    year_first = re.fullmatch(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})", text)
    try:
        if day_first:
            return dt.date(int(day_first[3]), int(day_first[2]), int(day_first[1])).isoformat()
        if year_first:
            return dt.date(int(year_first[1]), int(year_first[2]), int(year_first[3])).isoformat()
    except ValueError:
        pass
    return None


# ---------------------------------------------------------------- words and texts


def read_word(text: str, known: Collection[str], what: str) -> str | Unreadable:
    """One of a few known words, in small letters."""
    if text.lower() in known:
        return text.lower()
    listed = ", ".join(sorted(known))
    return Unreadable(codes.WORD, f"there is no {what} `{text}`", f"known are {listed}", nearest(text, known))


_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def read_line(text: str, what: str) -> str | Unreadable:
    """A text that becomes part of a header or a reply line: not empty, and without line breaks, which could begin a
    second header."""
    if not text.strip():
        return Unreadable(codes.TEXT, f"{what} is empty")
    if _CONTROLS.search(text):
        return Unreadable(codes.TEXT, f"{what} holds a line break or another control character")
    return text


def read_folder(text: str) -> str | Unreadable:
    """A `/`-separated path below the filing root."""
    problem = read_line(text, "the folder's name")
    if isinstance(problem, Unreadable):
        return problem
    names = text.split("/")
    bad = next((n for n in names if not n.strip() or n != n.strip() or n.startswith(".") or "\\" in n), None)
    if bad is None:
        return text
    instead = "/".join(part for n in re.split(r"[/\\]", text) if (part := n.strip().lstrip(".")))
    help_ = (
        "a folder is a path below the filing root, `Счета/2026`: no empty name, none that begins with a dot, no `\\`"
    )
    return Unreadable(codes.TEXT, f"`{text}` is not a folder to file in", help_, f'"{instead}"' if instead else None)
