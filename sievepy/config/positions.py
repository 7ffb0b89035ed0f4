"""Where the keys and values of a TOML text stand: `tomllib` reads what it says, and tells no places.

The text has been read by `tomllib` before, so that it is TOML (1.0) is taken for granted here, and only as much of the
grammar is known as finds the ends of things. A path is the keys from the root, and the index in each array, arrays of
tables included: `("channels", "email", "port")`, `("relay", "listen", 0)`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from sievepy.text import SourceFile, Span

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}'  # up to two quotes may stand before the closing three
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r"""|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'"""
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


@dataclass(frozen=True, slots=True)
class Positions:
    """Spans of keys (of a table: its name in the header, or where it is first named) and of values. Tables that have a
    header, or are made by dotted keys, have no value's span: they may stand in pieces."""

    keys: Mapping[Path, Span] = field(default_factory=dict)
    values: Mapping[Path, Span] = field(default_factory=dict)

    def value(self, path: Path) -> Span | None:
        """Where the value stands, else its key, else the next table or array around it that is written."""
        for end in range(len(path), 0, -1):
            found = self.values.get(path[:end]) or self.keys.get(path[:end])
            if found is not None:
                return found
        return None


def find_positions(source: SourceFile) -> Positions:
    """`source` is valid TOML."""
    scanner = _Scanner(source)
    scanner.document()
    return Positions(scanner.keys, scanner.values)


class _Scanner:
    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._text = source.text
        self._at = 0
        self._rows: dict[Path, int] = {}  # arrays of tables: the number of the table that is being filled
        self.keys: dict[Path, Span] = {}
        self.values: dict[Path, Span] = {}

    def document(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]` -> the path of the table that it opens."""
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        parts = self._dotted()
        self._at += brackets
        path: Path = ()
        for number, (key, span) in enumerate(parts):
            path = (*path, key)
            self.keys.setdefault(path, span)
            if brackets == 2 and number == len(parts) - 1:
                self._rows[path] = self._rows.get(path, -1) + 1
                path = (*path, self._rows[path])
                self.keys[path] = span
            elif path in self._rows:
                path = (*path, self._rows[path])
        return path

    def _pair(self, table: Path) -> None:
        path = table
        for key, span in self._dotted():
            path = (*path, key)
            self.keys.setdefault(path, span)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _dotted(self) -> list[tuple[str, Span]]:
        """The parts of a key, each with its place; what follows the key and its white space is next."""
        parts = []
        while True:
            self._skip(_SPACE)
            span = self._take(_KEY)
            parts.append((_name(span.text), span))
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return parts
            self._at += 1

    def _value(self, path: Path) -> None:
        start = self._at
        match self._text[start]:
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._take(_STRING)
            case _:
                span = self._take(_SCALAR)
                self._at = start + len(span.text.rstrip())
        self.values[path] = self._source.span(start, self._at)

    def _array(self, path: Path) -> None:
        self._at += 1
        number = 0
        while not self._closed("]"):
            self._value((*path, number))
            number += 1
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while not self._closed("}"):
            self._pair(path)
        self._at += 1

    def _closed(self, bracket: str) -> bool:
        """Whether the bracket comes next, past blanks and a comma."""
        self._skip(_BLANK)
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip(_BLANK)
        return self._text.startswith(bracket, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        assert found is not None
        self._at = found.end()

    def _take(self, pattern: re.Pattern[str]) -> Span:
        found = pattern.match(self._text, self._at)
        assert found is not None, self._text[self._at : self._at + 40]
        self._at = found.end()
        return self._source.span(*found.span())


def _name(written: str) -> str:
    """A key as it is meant, out of its quotes."""
    if written[0] == "'":
        return written[1:-1]
    if written[0] != '"':
        return written
    (name,) = tomllib.loads(f"{written} = 0")
    return name
