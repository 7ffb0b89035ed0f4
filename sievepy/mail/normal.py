"""The two texts every field has: *clean* and *folded*.

Clean is what a person sees: NFC, without soft hyphens, zero-width and direction marks, runs of white space as one
space. Folded is clean made comparable: case-folded, `ё` as `е`. Rules look for folded keys in folded text; spans are
always given in clean text. Keys go through the same two functions.
"""

from __future__ import annotations

import re
import unicodedata
from array import array

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_PRINTABLE_INVISIBLE = "\u034f\u115f" + "".join(map(chr, range(0xFE00, 0xFE10)))
"""Those of them that `str.isprintable` says nothing about."""


def clean(text: str) -> str:
    """The clean text of `text`. Idempotent."""
    text = unicodedata.normalize("NFC", text)
    short = " ".join(text.split())
    if short.isprintable() and (short.isascii() or not any(map(short.__contains__, _PRINTABLE_INVISIBLE))):
        return short  # as most texts are: nothing invisible, no control characters
    if not text.isascii():
        # A mark may compose with a letter once nothing invisible stands between them.
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = " ".join(text.split())  # several times as fast as the expression, which only control characters need
    return text if text.isprintable() else _SPACE.sub(" ", text).strip(" ")


def fold(text: str) -> str:
    """The folded text of a clean text; longer than it where a letter folds into several (`ß` -> `ss`)."""
    return text.casefold().replace("ё", "е")


def key(text: str) -> str:
    """What a rule's string is compared as."""
    return fold(clean(text))


def fold_map(text: str) -> array[int] | None:
    """For each folded character the offset of the clean one it comes from, and one entry for the end; None where both
    texts have the same length, which is to say where offsets agree (folding never drops a character)."""
    if len(text) == len(text.casefold()):
        return None
    offsets: array[int] = array("l")
    for offset, char in enumerate(text):
        offsets.extend([offset] * len(char.casefold()))
    offsets.append(len(text))
    return offsets
