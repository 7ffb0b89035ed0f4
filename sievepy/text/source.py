"""One file of source text, and places in it.

Offsets count characters of the *normalised* text: every line end (LF, CRLF, CR, U+2028, U+2029, U+0085,
VT, FF) is one LF and a byte order mark is dropped, so rows are the same whoever saved the file.
Rows and columns are counted from 1, columns in characters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """A named, normalised source text; compared by identity."""

    name: str
    text: str
    _line_starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = (0, *(match.end() for match in re.finditer("\n", self.text)))
        object.__setattr__(self, "_line_starts", starts)

    @classmethod
    def of(cls, name: str, text: str) -> SourceFile:
        """A source file whose line ends are normalised and whose byte order mark is dropped."""
        return cls(name, _LINE_END.sub("\n", text.removeprefix("\ufeff")))

    def location(self, offset: int) -> tuple[int, int]:
        """Row and column, from 1, of the character at `offset`."""
        row = bisect_right(self._line_starts, offset)
        return row, offset - self._line_starts[row - 1] + 1

    @property
    def row_count(self) -> int:
        return len(self._line_starts)

    def line(self, row: int) -> str:
        """The text of one row, without its line end."""
        start = self._line_starts[row - 1]
        end = self._line_starts[row] - 1 if row < len(self._line_starts) else len(self.text)
        return self.text[start:end]

    def span(self, start: int, end: int) -> Span:
        return Span(self, start, end)


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open range `start:end` of a source file's characters."""

    source: SourceFile
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def location(self) -> tuple[int, int]:
        return self.source.location(self.start)

    @property
    def end_location(self) -> tuple[int, int]:
        """Row and column just behind the last character."""
        return self.source.location(self.end)

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of another one of the same file."""
        return Span(self.source, self.start, other.end)

    def __str__(self) -> str:
        row, column = self.location
        return f"{self.source.name}:{row}:{column}"
