"""Did you mean: the known word nearest to a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LIKENESS = 0.66  # of difflib's ratio: one wrong letter in three is a slip, more is another word


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `word` was probably meant to be, or None. Case does not matter."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=_LIKENESS)
    return by_lower[matches[0]] if matches else None
