"""The lines of a letter's text, and the `>` before them (RFC 3676 4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_PREFIX = re.compile(r"^[ \t]{0,3}(?:[^\W\d_]\w{0,3})?>(?:[ \t]?>)*[ \t]?", re.MULTILINE)
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
    kind: Kind = Kind.OWN
    level: int = 0
    letter: int = 0
    """Which letter within the text it belongs to."""


_MOST_LINES = 20_000
"""No letter that people write has more. What is below is one line more, and so goes with what is above it."""


def lines_of(text: str) -> list[Line]:
    found, start = [], 0
    for raw in text.split("\n", _MOST_LINES):
        end = start + len(raw) + 1
        if ">" in raw[:12]:
            found.append(_prefixed(raw, start, end))
        else:
            found.append(Line(start, end, raw.strip(), 0, raw[-1:].isspace()))
        start = end
    found[-1].end = len(text)
    return found


def _prefixed(raw: str, start: int, end: int) -> Line:
    prefix = _BARE_PREFIX.match(raw) or _NAMED_PREFIX.match(raw)
    bare = raw[prefix.end() :] if prefix is not None else raw
    depth = prefix[0].count(">") if prefix is not None else 0
    return Line(start, end, bare.strip(), depth, bare[-1:].isspace())


def unquoted(text: str) -> str:
    """The text of a piece without the `>` before its lines."""
    return _PREFIX.sub("", text) if ">" in text else text
