"""A rules file as it was written: statements, the blocks they end with, and every comment at its place.

The whole language has one shape. A file is a row of statements; a statement is words, some with a comma behind them,
and at most one block in braces, which is always its end; a block is a row of statements. Which words may stand where
has been the grammar's concern and is none here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sievepy.rules_lang.parser import Token, tokens
from sievepy.text import SourceFile, Span

VALUE_BLOCKS = ("LIST", "NETWORK", "PHRASES")
"""Declarations whose blocks hold bare values, where a comma separates as a line end does."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a line of its own, `#` included; `spaced`: a blank line stands above it."""

    text: str
    spaced: bool


@dataclass(frozen=True, slots=True)
class Word:
    """One token. What stands between the comma before it and the word itself: `beside`, the comment behind that comma,
    and `above`, the lines of comments below it."""

    kind: str
    text: str
    comma: bool = False
    beside: str | None = None
    above: tuple[Comment, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between braces. `beside` is the comment behind the `{`, `below` the lines of comments before the `}`;
    `opened`: the author began a new line behind the `{`; `values`: it holds bare values."""

    statements: tuple[Statement, ...]
    beside: str | None
    below: tuple[Comment, ...]
    opened: bool
    values: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """`above` are the lines of comments before it, `beside` is the comment behind it; `spaced`: a blank line stands
    right above it. `new_line`: it began a line, `one_line`: it ended on the line on which it began."""

    words: tuple[Word, ...]
    block: Block | None
    above: tuple[Comment, ...]
    beside: str | None
    spaced: bool
    new_line: bool
    one_line: bool


@dataclass(frozen=True, slots=True)
class File:
    """The statements of a file, and the comments behind the last one. `comments` are the places of all comments in the
    text, whoever they belong to."""

    statements: tuple[Statement, ...]
    below: tuple[Comment, ...]
    comments: tuple[Span, ...]


def read(source: SourceFile) -> File:
    """The statements and comments of a file that `parse` found no error in."""
    return _Reader(source).file()


# ---------------------------------------------------------------- between the words


@dataclass(frozen=True, slots=True)
class _Gap:
    """What stands between two words. `separated`: what ends a statement; `comma`: a comma. `beside` is a comment on the
    line of the word before, `own` are those on lines of their own; `spaced`: the last line before the word is blank."""

    separated: bool = False
    comma: bool = False
    beside: str | None = None
    own: tuple[Comment, ...] = ()
    spaced: bool = False
    lines: int = 0


def _gap(text: str, kinds: Sequence[str], at_start: bool) -> _Gap:
    """Read a gap's text: white space, `;`, `,` and comments, nothing else."""
    first, *rest = text.split("\n")
    if at_start:
        first, rest = "", [first, *rest]
    own: list[Comment] = []
    spaced = False
    for number, line in enumerate(rest, 1):
        if "#" in line:
            own.append(Comment(_comment(line), spaced))
            spaced = False
        elif number < len(rest) and not line.strip():
            spaced = True
    beside = _comment(first) if "#" in first else None
    return _Gap("_SEP" in kinds, "_COMMA" in kinds, beside, tuple(own), spaced, len(rest))


def _comment(line: str) -> str:
    return line[line.index("#") :].rstrip()


_COMMENT = re.compile(r"#(?:[^\n]*\S)?")


# ---------------------------------------------------------------- words, statements, blocks


class _Reader:
    """One run over the tokens. `self._gaps[i]` stands before word i, the last one behind all words."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._text = source.text
        self._comments: list[Span] = []
        self._words: list[Token] = []
        self._gaps: list[_Gap] = []
        self._next = 0
        between: list[str] = []
        for token in tokens(source):
            if token.kind in ("_SEP", "_COMMA"):
                between.append(token.kind)
                continue
            self._add_gap(token.start, between)
            self._words.append(token)
            between = []
        self._add_gap(len(self._text), between)

    def _add_gap(self, end: int, between: Sequence[str]) -> None:
        start = self._words[-1].end if self._words else 0
        for comment in _COMMENT.finditer(self._text, start, end):
            self._comments.append(self._source.span(*comment.span()))
        self._gaps.append(_gap(self._text[start:end], between, at_start=not self._words))

    @property
    def _kind(self) -> str:
        return self._words[self._next].kind if self._next < len(self._words) else "$END"

    def file(self) -> File:
        statements = self._statements("$END", ())
        return File(statements, self._gaps[-1].own, tuple(self._comments))

    def _statements(self, end: str, before: tuple[Comment, ...], values: bool = False) -> tuple[Statement, ...]:
        """The statements up to a token of kind `end`; `before` are comments to put above the first one."""
        found: list[Statement] = []
        while self._kind != end:
            statement = self._statement(values)
            if before and not found:
                statement = replace(statement, above=(*before, *statement.above))
            found.append(statement)
        return tuple(found)

    def _statement(self, value: bool) -> Statement:
        gap = self._gaps[self._next]
        first = self._words[self._next]
        words = [self._word(_Gap())]
        while not value and not self._ended():
            between = self._gaps[self._next]
            if between.comma:
                words[-1] = replace(words[-1], comma=True)
            words.append(self._word(between))
        block = self._block(first.kind in VALUE_BLOCKS) if self._kind == "LBRACE" and not value else None
        last = self._words[self._next - 1]
        return Statement(
            tuple(words),
            block,
            gap.own,
            self._gaps[self._next].beside,
            gap.spaced,
            gap.lines > 0,
            "\n" not in self._text[first.start : last.end],
        )

    def _word(self, gap: _Gap) -> Word:
        token = self._words[self._next]
        self._next += 1
        return Word(token.kind, self._text[token.start : token.end], beside=gap.beside, above=gap.own)

    def _ended(self) -> bool:
        """Whether the statement's words end here; `unless` needs no line end before it and is a statement still."""
        return self._gaps[self._next].separated or self._kind in ("LBRACE", "RBRACE", "UNLESS", "$END")

    def _block(self, values: bool) -> Block:
        """Comments before the brace are moved behind it."""
        before = self._gaps[self._next]
        self._next += 1
        behind = self._gaps[self._next]
        beside, moved = before.beside, before.own
        if beside is None and not moved:
            beside = behind.beside
        elif behind.beside is not None:
            moved = (*moved, Comment(behind.beside, spaced=False))
        statements = self._statements("RBRACE", moved, values)
        below = self._gaps[self._next].own
        self._next += 1
        return Block(statements, beside, below, behind.lines > 0, values)
