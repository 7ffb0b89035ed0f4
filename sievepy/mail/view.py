"""What a test looks at: a field's values, each a segment of text, and whether all of it was read.

A match never crosses segments (subject, each part, each quote level). `part` is unique among one letter's segments of a
field: a header's name (the second occurrence `name#2`), or a MIME part number as in RFC 3501 (`1.2`), followed by
`:` and a number for each further segment of the same part (`1.2:1` its first quote, say).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sievepy.mail.normal import fold, fold_map
from sievepy.mail.tokens import TOKEN, Token, tokenize

T = TypeVar("T")


class Segment:
    """A run of clean text, with its folded text and its tokens made on demand and once."""

    __slots__ = ("_folded", "_made", "_tokens", "clean", "part")

    def __init__(self, part: str, clean: str) -> None:
        self.part = part
        self.clean = clean
        self._folded: str | None = None
        self._tokens: list[Token] | None = None
        self._made: dict[Hashable, Any] = {}

    def __repr__(self) -> str:
        return f"Segment({self.part!r}, {self.clean!r})"

    @property
    def folded(self) -> str:
        if self._folded is None:
            self._folded = fold(self.clean)
        return self._folded

    @property
    def tokens(self) -> list[Token]:
        """The tokens of the folded text, with folded offsets."""
        if self._tokens is None:
            self._tokens = tokenize(self.folded, self.clean)
        return self._tokens

    def once(self, maker: Hashable, make: Callable[[Segment], T]) -> T:
        """What `make` makes of it; asked again by the same maker, the same thing."""
        if maker not in self._made:
            self._made[maker] = make(self)
        found: T = self._made[maker]
        return found

    def span_of_words(self, first: int, last: int) -> tuple[int, int]:
        """The clean offsets of a run of words, counted as `tokens` are."""
        spans = islice(TOKEN.finditer(self.folded), first, last + 1)
        start, end = next(spans).span()
        for span in spans:
            end = span.end()
        return self.clean_span(start, end)

    def clean_span(self, start: int, end: int) -> tuple[int, int]:
        """The clean offsets of a folded range."""
        offsets = fold_map(self.clean)
        if offsets is None:
            return start, end
        return offsets[start], offsets[end - 1] + 1 if end > start else offsets[start]


class View(NamedTuple):
    """A field's segments. `complete`: nothing was cut at a limit, undecodable or of an unknown source, so that a
    word that is not in the segments is not in the field."""

    segments: tuple[Segment, ...]
    complete: bool = True


NOTHING = View(())
UNKNOWN = View((), complete=False)
