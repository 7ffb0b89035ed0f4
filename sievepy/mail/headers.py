"""A block of header fields (RFC 5322 2.2), found in bytes and searched, not parsed.

A wanted name is searched for in the block, so that a letter of which rules read three headers pays for three. Lines
end with LF or CRLF; a bare CR counts as a space. `Subject :` is a field. A line that is neither a field nor a
continuation is junk: it is skipped and the block goes on, to the first
empty line or what looks like a boundary. Junk behind the last field is the
body of a letter that forgot the empty line. An mbox `From ` line before the block is dropped.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple

from sievepy.mail.limits import Limits

Buffer = bytes | memoryview | mmap.mmap

_EMPTY_FIRST_LINE = re.compile(rb"\r?\n|(?=--)")
_EMPTY_LINE = re.compile(rb"\n(?:\r?\n|(?=--))")
_MBOX_LINE = re.compile(rb"(?:>?From [^\r\n]*+(?:\r?\n|\r))++")
_LINE_FEED = re.compile(rb"\n")
_FIELD = re.compile(rb"\n([!-9;-~]++)[ \t]*+:")
_JUNK = re.compile(rb"\n(?![!-9;-~]++[ \t]*+:|[ \t\r\n]|\Z)")
_COLON = re.compile(rb"[ \t]*+:")
_BARE_CR = re.compile(rb"\r(?!\n)")
_SPACE = b" \t\r\n"
_FOLDS = (b" ", b"\t")


class HeaderField(NamedTuple):
    """`name` in lower case; `raw` is the value as it stands in the letter, folded, without the white space around
    it."""

    name: str
    raw: bytes


class Headers(NamedTuple):
    """The decoded, unfolded values of one name in order. `complete`: none was cut, left out, or partly undecodable."""

    values: tuple[str, ...]
    complete: bool = True


def unfold(raw: bytes) -> bytes:
    """Without its line ends (RFC 5322 2.2.3); a bare CR becomes a space."""
    if b"\n" not in raw and b"\r" not in raw:
        return raw
    return raw.replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b" ")


def find(data: Buffer, wanted: bytes, start: int, end: int) -> int:
    """The offset of the first `wanted` in `data[start:end]`, or -1."""
    if isinstance(data, memoryview):  # it has no `find`
        found = re.compile(re.escape(wanted)).search(data, start, end)
        return found.start() if found is not None else -1
    return data.find(wanted, start, end)


@lru_cache(maxsize=512)
def _wanted(name: str) -> bytes:
    return b"\n" + name.strip().lower().encode("ascii", "replace")


class HeaderBlock:
    """The block that begins at `start` of `data[start:end]`. `complete`: all of it is read."""

    def __init__(self, data: Buffer, start: int, end: int, limits: Limits) -> None:
        mbox = _MBOX_LINE.match(data, start, end)
        self.start = mbox.end() if mbox else start
        self._end_of_data = end
        block_end, self._behind = self._extent(data)
        shown = min(block_end, self.start + limits.header_block)
        text = b"\n" + bytes(data[self.start : shown])
        self.text, whole = _first_lines(text, limits.header_lines)
        """Its bytes behind a line feed, so that every field begins with one."""
        self.complete = whole and shown == block_end
        self._lowered = self.text.lower()

    def _extent(self, data: Buffer) -> tuple[int, int]:
        """Where the last line of the block ends, and where what follows its empty line begins."""
        start, end = self.start, self._end_of_data
        if (empty := _EMPTY_FIRST_LINE.match(data, start, end)) is not None:
            return start, empty.end()
        if (empty := _EMPTY_LINE.search(data, start, end)) is not None:
            return empty.start() + 1, empty.end()
        return end, end

    @cached_property
    def body_start(self) -> int:
        """Where the body begins, an offset of the data."""
        if not self.has_junk or not self.complete:
            return self._behind
        end = 0
        for field in _FIELD.finditer(self.text):
            end = self._value_end(field.end())
        if self._behind == self._end_of_data:  # no empty line: the first junk is as good an end as any
            end = min(end, self._first_junk)
        return self._behind if end + 1 >= len(self.text) else self.start + end

    @cached_property
    def _first_junk(self) -> int:
        junk = _JUNK.search(self.text)
        return junk.start() if junk is not None else -1

    @property
    def has_junk(self) -> bool:
        return self._first_junk >= 0

    def is_behind_junk(self, names: tuple[str, ...]) -> bool:
        """Whether a field of one of these names stands below a junk line."""
        return any(self._lowered.find(_wanted(name), self._first_junk) >= 0 for name in names)

    @cached_property
    def has_bare_controls(self) -> bool:
        """A CR that ends no line, or a NUL: programs differ about what they are."""
        return b"\0" in self.text or (b"\r" in self.text and _BARE_CR.search(self.text) is not None)

    def raw_values(self, name: str) -> list[bytes]:
        """The values of a name, as they stand in the letter, without the white space around them."""
        wanted = _wanted(name)
        at = self._lowered.find(wanted)
        if at < 0:
            return []
        found = []
        while at >= 0:
            at += len(wanted)
            colon = _COLON.match(self.text, at)
            if colon is not None:
                found.append(self._value(colon.end()))
            at = self._lowered.find(wanted, at)
        return found

    def raw_values_above(self, names: tuple[str, ...], mark: str) -> list[bytes]:
        """The values of some names that stand above the first field `mark`, in their order in the letter."""
        end = self._first(mark)
        found = []
        for name in names:
            wanted = _wanted(name)
            at = self._lowered.find(wanted, 0, end)
            while at >= 0:
                colon = _COLON.match(self.text, at + len(wanted))
                if colon is not None:
                    found.append((at, self._value(colon.end())))
                at = self._lowered.find(wanted, at + 1, end)
        return [value for _, value in sorted(found)]

    def _first(self, name: str) -> int:
        """Where the first field of a name begins, or where the block ends."""
        wanted = _wanted(name)
        at = self._lowered.find(wanted)
        while at >= 0 and _COLON.match(self.text, at + len(wanted)) is None:
            at = self._lowered.find(wanted, at + 1)
        return at if at >= 0 else len(self.text)

    def fields(self) -> Iterator[HeaderField]:
        """All fields in order."""
        for field in _FIELD.finditer(self.text):
            yield HeaderField(field[1].decode("ascii").lower(), self._value(field.end()))

    def _value(self, start: int) -> bytes:
        return self.text[start : self._value_end(start)].strip(_SPACE)

    def _value_end(self, start: int) -> int:
        """The offset of the line feed that ends the value which begins at `start`."""
        text = self.text
        end = text.find(b"\n", start)
        while end >= 0 and text[end + 1 : end + 2] in _FOLDS:
            end = text.find(b"\n", end + 1)
        return end if end >= 0 else len(text)


def _first_lines(text: bytes, limit: int) -> tuple[bytes, bool]:
    """The first `limit` lines, and whether these are all."""
    if text.count(b"\n") <= limit + 1:
        return text, True
    end = next(islice(_LINE_FEED.finditer(text), limit, None)).end()
    return text[:end], False
