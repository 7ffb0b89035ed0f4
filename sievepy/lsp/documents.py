"""A text as an editor has it, and places in it as the Language Server Protocol counts them.

The protocol knows three line ends (LF, CRLF, CR) and counts columns from 0 in code units of UTF-16 (3.17, "Position").
A `SourceFile` knows more line ends, makes each of them one LF, and counts characters; so both are kept, and offsets are
converted. Pygls has documents, too, but ends lines where Python does, at U+2028 for one, and loses its place there.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from sievepy.text import SourceFile, Span

_LINE_END = re.compile("\r\n|\r|\n")
_ASTRAL = 0x10000  # from here on a character is two code units of UTF-16


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """`line` and `character` from 0; `character` in UTF-16 code units."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` to just before `end`."""

    start: Position
    end: Position


@dataclass(frozen=True)
class Document:
    """One version of a text. `path` names it as the compiler does. A byte order mark, which editors do not show, is no
    part of a file's text (see `of_bytes`)."""

    path: str
    text: str
    version: int | None = None

    @classmethod
    def of_bytes(cls, path: str, data: bytes) -> Document:
        """A file as it lies on the disk; bytes that are not UTF-8 are replaced."""
        return cls(path, data.decode("utf-8", "replace").removeprefix("\ufeff"))

    def changed(self, range_: Range | None, text: str, version: int | None) -> Document:
        """The next version: `text` in the place of a range, or of everything."""
        if range_ is None:
            return Document(self.path, text, version)
        start, end = sorted((self._offset(range_.start), self._offset(range_.end)))
        return Document(self.path, self.text[:start] + text + self.text[end:], version)

    # ------------------------------------------------------------ the compiler's view

    @cached_property
    def source(self) -> SourceFile:
        return SourceFile.of(self.path, self.text)

    def offset(self, position: Position) -> int:
        """The place in `source` of a position; one behind a line's end is the line's end."""
        raw = self._offset(position)
        return max(0, raw - self._mark - bisect_left(self._crlf, raw))

    def position(self, offset: int) -> Position:
        """The position of an offset in `source`."""
        raw = min(offset + self._mark + bisect_left(self._crlf_in_source, offset), len(self.text))
        line = bisect_right(self._starts, raw) - 1
        return Position(line, _units(self.text[self._starts[line] : raw]))

    def range(self, span: Span) -> Range:
        """Where a span of an equal source text lies."""
        return Range(self.position(span.start), self.position(span.end))

    @property
    def whole(self) -> Range:
        return Range(Position(0, 0), self.position(len(self.source.text)))

    @property
    def line_end(self) -> str:
        """How new lines of this text end."""
        return "\r\n" if self._crlf else "\n"

    # ------------------------------------------------------------ raw offsets

    @cached_property
    def _mark(self) -> int:
        return 1 if self.text.startswith("\ufeff") else 0

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def _crlf(self) -> list[int]:
        """Where the LF of each CRLF stands."""
        return [match.end() - 1 for match in re.finditer("\r\n", self.text)]

    @cached_property
    def _crlf_in_source(self) -> list[int]:
        """Where the LF that each CRLF has become stands in `source`."""
        return [place - 1 - number - self._mark for number, place in enumerate(self._crlf)]

    def _offset(self, position: Position) -> int:
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        last = self._starts[position.line + 1] if position.line + 1 < len(self._starts) else len(self.text)
        line = _LINE_END.sub("", self.text[start:last])
        return start + _characters(line, position.character)


def _units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text) + sum(ord(char) >= _ASTRAL for char in text)


def _characters(line: str, units: int) -> int:
    """How many characters the first `units` code units of a line are; half a character counts as none."""
    if line.isascii() or units >= 2 * len(line):
        return min(units, len(line))
    for number, char in enumerate(line):
        units -= 2 if ord(char) >= _ASTRAL else 1
        if units < 0:
            return number
    return len(line)
