"""The lines of a letter's text, and the `>` before them (RFC 3676 4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from sievepy.mail.quote_starts import may_be

_PREFIX = re.compile(r"^[ \t]{0,3}(?:[^\W\d_]\w{0,3})?>(?:[ \t]?>)*[ \t]?", re.MULTILINE)
PREFIX_WITHIN = 12  # characters that hold the first `>` of a prefix
_BARE_PREFIX = re.compile(r"[ \t]{0,3}>(?:[ \t]?>)*[ \t]?")
_NAMED_PREFIX = re.compile(r"[ \t]{0,3}([A-ZА-ЯЁ]\w{0,3})>(?:[ \t]?>)*[ \t]?")  # The Bat!: `ИИ> text`


class Kind(Enum):
    """What a piece is."""

    OWN = "own"
    QUOTE = "quote"
    FORWARD = "forward"
    SIGNATURE = "signature"
    FOOTER = "footer"
    DISCLAIMER = "disclaimer"


@dataclass(slots=True)
class Line:
    """A line of the text. `bare` is it without quote prefix and outer white space."""

    start: int
    end: int
    bare: str
    depth: int
    """How many `>` stand before it."""
    spaced: bool
    """Whether a space stands at its end."""
    may_be: int
    """Of `quote_starts`; 0 for a blank line."""
    kind: Kind = Kind.OWN
    level: int = 0
    letter: int = 0
    """Which letter within the text it belongs to."""


MOST_LINES = 20_000
"""No letter that people write has more. What is below is one line more, and so goes with what is above it."""


def lines_of(text: str) -> list[Line]:
    found, start = [], 0
    for raw in text.split("\n", MOST_LINES):
        end = start + len(raw) + 1
        if ">" in raw[:PREFIX_WITHIN]:
            found.append(_prefixed(raw, start, end))
        else:
            bare = raw.strip()
            found.append(Line(start, end, bare, 0, raw[-1:].isspace(), may_be(bare) if bare else 0))
        start = end
    found[-1].end = len(text)
    return found


def _prefixed(raw: str, start: int, end: int) -> Line:
    prefix = _BARE_PREFIX.match(raw) or _NAMED_PREFIX.match(raw)
    bare = raw[prefix.end() :] if prefix is not None else raw
    depth = prefix[0].count(">") if prefix is not None else 0
    spaced, bare = bare[-1:].isspace(), bare.strip()
    return Line(start, end, bare, depth, spaced, may_be(bare) if bare else 0)


def unquoted(text: str) -> str:
    """The text of a piece without the `>` before its lines."""
    return _PREFIX.sub("", text) if ">" in text else text
