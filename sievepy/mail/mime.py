"""The syntax of MIME: values with parameters (RFC 2045 5.1, RFC 2183, RFC 2231), and bodies cut at boundaries (RFC
2046 5.1).

Parameters are read as programs write them: without quotes around spaces, with RFC 2047 words and raw 8-bit bytes in
file names, with `*` forms beside plain ones (then the `*` form counts), cut anywhere, percent signs too. Where two
programs could read two things, that is said. Nothing here knows of parts or trees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from sievepy.mail import charset, encoded
from sievepy.mail.flags import Flag, Note
from sievepy.mail.headers import Buffer, find
from sievepy.mail.limits import Limits

# ------------------------------------------------------------ values with parameters

_PARAMETER = re.compile(
    rb"""(?: ; | (?<![;\s]) \s ) \s*+ ([^\s;=,"()<>]++) \s*+ = \s*+
         ( " (?: [^"\\] | \\. )*+ " | [^;]*+ )""",
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")
_MISPLACED_CHARSET = re.compile(rb"([A-Za-z0-9_-]{2,40})'[A-Za-z-]{0,20}'([^']*%[0-9A-Fa-f]{2}[^']*)")
_SPACE = b" \t\r\n"
_SHORT = 64  # bytes of a value that is likely to come again; one with a boundary is not


@dataclass(frozen=True, slots=True)
class Value:
    """A header's first word in lower case, and its parameters. `twice`: names that were given more than once, or both
    plain and in an RFC 2231 form."""

    word: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    twice: frozenset[str] = frozenset()
    complete: bool = True


@dataclass(slots=True)
class _Given:
    """One parameter as collected: its plain value, or numbered sections, each percent-encoded or not."""

    plain: bytes | None = None
    sections: dict[int, tuple[bytes, bool]] = field(default_factory=dict)
    twice: bool = False

    def add(self, section: int | None, is_encoded: bool, value: bytes) -> None:
        if section is None and not is_encoded:
            self.twice |= self.plain is not None or bool(self.sections)
            self.plain = value if self.plain is None else self.plain
            return
        number = section or 0
        self.twice |= number in self.sections or self.plain is not None
        self.sections.setdefault(number, (value, is_encoded))


def parse_value(raw: bytes, limits: Limits, note: Note) -> Value:
    """A Content-Type or Content-Disposition value, unfolded."""
    if len(raw) > _SHORT:
        return _parse(raw, limits, note)
    value, flags = _known(raw, limits)
    for flag in flags:
        note(flag)
    return value


@lru_cache(maxsize=256)
def _known(raw: bytes, limits: Limits) -> tuple[Value, tuple[Flag, ...]]:
    """Most letters of the world have one of a few: `text/plain; charset=utf-8`."""
    flags: list[Flag] = []
    return _parse(raw, limits, flags.append), tuple(flags)


def _parse(raw: bytes, limits: Limits, note: Note) -> Value:
    cut = raw[: limits.structured_value]
    complete = len(cut) == len(raw)
    if b"=" in cut.partition(b";")[0].partition(b" ")[0]:  # the word is missing
        cut = b";" + cut
    given: dict[str, _Given] = {}
    for count, (name, section, is_encoded, value) in enumerate(_parameters(cut)):
        if count == limits.parameters:
            complete = False
            break
        given.setdefault(name, _Given()).add(section, is_encoded, value)
    if not complete:
        note(Flag.PARAMETERS_CUT)
    parameters = {name: _value(parts, limits, note) for name, parts in given.items()}
    twice = frozenset(name for name, parts in given.items() if parts.twice)
    return Value(_word(cut), parameters, twice, complete)


def _word(raw: bytes) -> str:
    words = raw.partition(b";")[0].split()
    return words[0].strip(b"\"'").decode("ascii", "replace").lower() if words else ""


def _parameters(raw: bytes) -> Iterator[tuple[str, int | None, bool, bytes]]:
    """Name, RFC 2231 section, whether percent-encoded, and bytes of each parameter."""
    for found in _PARAMETER.finditer(raw):
        name = _NAME.fullmatch(found[1].decode("ascii", "replace").lower())
        if name is not None:
            section = int(name[2]) if name[2] else None
            yield name[1], section, name[3] is not None, _unquoted(found[2])


def _unquoted(value: bytes) -> bytes:
    """Of quoted pairs only those that must be are undone: a Windows path keeps its backslashes."""
    if len(value) > 1 and value.startswith(b'"') and value.endswith(b'"'):
        return value[1:-1].replace(b"\\\\", b"\\").replace(b'\\"', b'"')
    return value.strip(_SPACE).removeprefix(b'"')


def _value(given: _Given, limits: Limits, note: Note) -> str:
    if given.sections:
        return _extended(given, note)
    plain = given.plain or b""
    misplaced = _MISPLACED_CHARSET.fullmatch(plain)
    if misplaced is not None:
        return _text(unquote_to_bytes(misplaced[2]), misplaced[1].decode("ascii"), note)
    return encoded.decode(plain, limits.encoded_words, note)[0].strip()


def _extended(given: _Given, note: Note) -> str:
    """RFC 2231: the sections in order, joined as bytes, in the charset that the first names."""
    sections = [given.sections[number] for number in sorted(given.sections)]
    label: str | None = None
    first, is_encoded = sections[0]
    if is_encoded and first.count(b"'") >= 2:
        name, _, rest = first.partition(b"'")
        label = name.decode("ascii", "replace")
        sections[0] = (rest.partition(b"'")[2], True)
    data = b"".join(unquote_to_bytes(value) if pct else value for value, pct in sections)
    if b"=?" in data and label is None:
        return encoded.decode(data, len(data), note)[0]
    return _text(data, label, note)


def _text(data: bytes, label: str | None, note: Note) -> str:
    reading = charset.read(data, label or None)
    for flag in reading.flags:
        note(flag)
    return reading.text.strip()


# ------------------------------------------------------------ boundaries

_REST_OF_BOUNDARY = re.compile(rb"(--)?[ \t]*+(?:\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Split:
    """The ranges of a multipart's parts. `closed`: the closing boundary is there; `again`: a boundary stands behind it;
    `complete`: no part was left out."""

    ranges: tuple[tuple[int, int], ...]
    closed: bool = False
    again: bool = False
    complete: bool = True


def split(data: Buffer, start: int, end: int, boundary: bytes, limit: int) -> Split:
    """The first `limit` parts between the boundary lines of `data[start:end]`. The line end before a boundary is the
    boundary's; only a whole line is one, so a boundary that begins like another is not taken for it."""
    line = _BoundaryLine(data, end, boundary)
    ranges: list[tuple[int, int]] = []
    opened: int | None = None
    found = line.find(start)
    while found is not None:
        if opened is not None and opened <= found.before:
            ranges.append((opened, found.before))
        if found.closes:
            return Split(tuple(ranges), closed=True, again=line.find(found.behind) is not None)
        if len(ranges) >= limit:
            return Split(tuple(ranges), complete=False)
        opened = found.behind
        found = line.find(opened)
    if opened is not None:
        ranges.append((opened, end))
    return Split(tuple(ranges))


@dataclass(frozen=True, slots=True)
class _Found:
    """A boundary line: where the text before it ends and that behind it begins."""

    before: int
    behind: int
    closes: bool


class _BoundaryLine:
    """Lines that are one boundary; found where a line begins, which the searched offset is taken for."""

    def __init__(self, data: Buffer, end: int, boundary: bytes) -> None:
        self._data = data
        self._end = end
        self._delimiter = b"--" + boundary
        self._line_and_delimiter = b"\n--" + boundary

    def find(self, at: int) -> _Found | None:
        here = at + len(self._delimiter)
        if self._data[at:here] == self._delimiter and (rest := self._rest_of_line(here)) is not None:
            return _Found(at - 1, rest.end(), rest[1] is not None)  # nothing stands between it and the line before
        while (at := find(self._data, self._line_and_delimiter, at, self._end)) >= 0:
            rest = self._rest_of_line(at + len(self._line_and_delimiter))
            if rest is not None:
                return _Found(self._without_cr(at), rest.end(), rest[1] is not None)
            at += 1
        return None

    def _rest_of_line(self, at: int) -> re.Match[bytes] | None:
        return _REST_OF_BOUNDARY.match(self._data, at, self._end)

    def _without_cr(self, at: int) -> int:
        return at - (at > 0 and self._data[at - 1 : at] == b"\r")
