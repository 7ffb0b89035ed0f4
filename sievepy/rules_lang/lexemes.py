"""A piece of source as a row of lexemes, for those who explain why it did not parse.

The parser's own tokens end where it stops, and depend on what it expected. These are plainer, and go on to the end.
"""

from __future__ import annotations

import bisect
import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sievepy.rules_lang.cutter import STRING, Piece
from sievepy.rules_lang.keywords import BLOCKS, FIELDS
from sievepy.text import SourceFile, Span


class Kind(enum.Enum):
    WORD = "word"
    STRING = "string"
    REGEX = "regex"
    REFERENCE = "reference"
    OPERATOR = "operator"
    COMMA = "comma"
    OPEN = "{"
    CLOSE = "}"
    END = "end"  # of a statement: a newline or a semicolon
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One lexeme; offsets are those of the file."""

    kind: Kind
    text: str
    start: int
    end: int


_SPACE = r"[^\S\n]"
_ROW = re.compile(
    rf"""
      (?P<comma>,(?:{_SPACE}*+(?:\#[^\n]*)?\n)*)
    | (?P<before_brace>(?:{_SPACE}*+(?:\#[^\n]*)?\n)++{_SPACE}*+(?=\{{))
    | (?P<end>(?:{_SPACE}*+(?:;|(?:\#[^\n]*)?\n))++)
    | (?P<skip>\s+|\#[^\n]*)
    | (?P<open>\{{) | (?P<close>\}})
    | (?P<string>\"\"\"[^"]*(?:"(?!"")[^"]*)*\"\"\"|{STRING})
    | (?P<regex>/(?![\s/])[^/\\\n]*(?:\\[^\n][^/\\\n]*)*/[A-Za-z]*(?=[\s,;{{}}\#]|\Z))
    | (?P<reference>@[^\s"«»“”„,;{{}}\#<>]+)
    | (?P<operator><>|<=?|>=?|===?|=~|!~|!=|=|&&|\|\||[()!:|&+])
    | (?P<word>(?:{"|".join(FIELDS)})(?=[=:!])|[^\s"«»“”„,;{{}}\#<>=():!|&]+(?:[:=!|&(][^\s"«»“”„,;{{}}\#<>=()]+)*)
    | (?P<other>.)
    """,
    re.VERBOSE,
)
_KINDS = {
    "comma": Kind.COMMA, "end": Kind.END, "open": Kind.OPEN, "close": Kind.CLOSE, "string": Kind.STRING,
    "regex": Kind.REGEX, "reference": Kind.REFERENCE, "operator": Kind.OPERATOR, "word": Kind.WORD, "other": Kind.OTHER,
}  # fmt: skip


def lexemes(text: str, offset: int) -> Iterator[Lexeme]:
    """The lexemes of `text`, which stands at `offset` in the file. White space, comments, and line ends that end
    nothing are left out; a comma takes the line ends behind it along."""
    for match in _ROW.finditer(text):
        kind = _KINDS.get(match.lastgroup or "")
        if kind is not None:
            yield Lexeme(kind, match[0], offset + match.start(), offset + match.end())


@dataclass(frozen=True, slots=True)
class OpenBlock:
    """A block that is open at some place: its brace, and the word or string before it, if there is one."""

    brace: Lexeme
    opener: Lexeme | None

    @property
    def word(self) -> str:
        return self.opener.text if self.opener is not None else ""


class Stop:
    """The place where the parser could not go on, and what it would have taken there.

    `accepts` are the names of terminals, as in the grammar; `offset` is one of the piece's text.
    """

    def __init__(self, source: SourceFile, piece: Piece, offset: int, accepts: frozenset[str]) -> None:
        self.source = source
        self.piece = piece
        self.accepts = accepts
        self.row = tuple(lexemes(piece.text, piece.start))
        ends = [lexeme.end for lexeme in self.row]
        self.index = bisect.bisect_right(ends, piece.start + offset)

    @property
    def here(self) -> Lexeme | None:
        """The lexeme that was not expected; None at the end of the piece."""
        return self.row[self.index] if self.index < len(self.row) else None

    def look(self, distance: int) -> Lexeme | None:
        """The lexeme `distance` places behind (or, negative, before) the unexpected one."""
        index = self.index + distance
        return self.row[index] if 0 <= index < len(self.row) else None

    @cached_property
    def statement(self) -> tuple[Lexeme, ...]:
        """What stands before the stop in its own statement, back to the last line end or brace."""
        start = self.index
        while start and self.row[start - 1].kind not in (Kind.END, Kind.OPEN, Kind.CLOSE):
            start -= 1
        return self.row[start : self.index]

    @cached_property
    def rest(self) -> tuple[Lexeme, ...]:
        """The unexpected lexeme and what follows it in its statement, braces excluded."""
        end = self.index
        while end < len(self.row) and self.row[end].kind not in (Kind.END, Kind.OPEN, Kind.CLOSE):
            end += 1
        return self.row[self.index : end]

    @cached_property
    def blocks(self) -> tuple[OpenBlock, ...]:
        """The blocks that are open at the stop, the outermost first."""
        return self._open_at(self.index)

    @cached_property
    def unclosed(self) -> tuple[OpenBlock, ...]:
        """The blocks that are still open at the end of the piece."""
        return self._open_at(len(self.row))

    def _open_at(self, index: int) -> tuple[OpenBlock, ...]:
        opened: list[OpenBlock] = []
        for i, lexeme in enumerate(self.row[:index]):
            if lexeme.kind is Kind.OPEN:
                opened.append(OpenBlock(lexeme, self.row[i - 1] if i else None))
            elif lexeme.kind is Kind.CLOSE and opened:
                opened.pop()
        return tuple(opened)

    @property
    def in_conditions(self) -> bool:
        """Whether the innermost open block holds conditions."""
        return bool(self.blocks) and self.blocks[-1].word in (*BLOCKS, "attachment")

    @property
    def declaration(self) -> str:
        """The word of the piece's header; "" where there is none."""
        return self.piece.header.word if self.piece.header is not None else ""

    def span(self, first: Lexeme, last: Lexeme | None = None) -> Span:
        """From one lexeme to another; a comma or a line end counts as its first character only."""
        last = first if last is None else last
        end = last.start + 1 if last.kind in (Kind.COMMA, Kind.END) else last.end
        return self.source.span(first.start, end)

    @property
    def span_here(self) -> Span:
        """The unexpected lexeme; at the end of the piece, the last character of what stands there."""
        if self.here is not None:
            return self.span(self.here)
        last = self.row[-1].end if self.row else self.piece.end
        return self.source.span(max(last - 1, 0), last)
