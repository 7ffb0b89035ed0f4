"""The canonical layout as an edit of what differs: the pointer, and folds above and below, stay where they are."""

from __future__ import annotations

from sievepy.rules_lang.formatter import Formatted, format_source
from sievepy.text import Edit, SourceFile


def layout(source: SourceFile) -> tuple[Formatted, Edit | None]:
    """What the formatter makes of a text, and the edit that leads there; None where nothing would change, and where
    the formatter refuses."""
    formatted = format_source(source)
    if formatted.text is None or formatted.text == source.text:
        return formatted, None
    old, new = source.text, formatted.text
    above = _common(old, new)
    below = _common(old[above:][::-1], new[above:][::-1])
    return formatted, Edit(source.span(above, len(old) - below), new[above : len(new) - below])


def _common(one: str, other: str) -> int:
    """How many characters both texts begin with."""
    shorter = min(len(one), len(other))
    return next((i for i in range(shorter) if one[i] != other[i]), shorter)
