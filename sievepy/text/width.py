"""How wide text is on a terminal, and how source text is shown there (Unicode Standard Annex 11).

Columns of a fixed-width terminal: East Asian wide characters take two, combining marks none. A tab is shown as
spaces, and what would be invisible or steer the terminal (control and format characters) as one replacement character,
so that a caret stands under what it points at and a rules file can never move the reader's cursor.
"""

from __future__ import annotations

import unicodedata

TAB = "    "
REPLACEMENT = "\ufffd"


def char_width(char: str) -> int:
    """The terminal columns of one shown character: 0, 1 or 2."""
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def width(text: str) -> int:
    """The terminal columns of a shown text."""
    return sum(map(char_width, text))


def shown(text: str) -> str:
    """A line of source text as it is put on the terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown_char, text))


def _shown_char(char: str) -> str:
    if char == "\t":
        return TAB
    return REPLACEMENT if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char
