"""Did you mean: the known word nearest to a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LIKENESS = 0.66  # of difflib's ratio: one wrong letter in three is a slip, more is another word


def slip(word: str, known: Iterable[str]) -> str | None:
    """The only one of `known` that `word` becomes by one letter more, less or other, or by two neighbours swapped; None
    if there is no such or several. Names of fewer than four letters are too much alike to be told apart so."""
    near = {candidate for candidate in known if min(len(word), len(candidate)) > 3 and _one_apart(word, candidate)}
    return near.pop() if len(near) == 1 else None


def _one_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if short == long or len(long) - len(short) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    rest_short, rest_long = short[start:], long[start:]
    if len(short) < len(long):
        return rest_short == rest_long[1:]
    return rest_short[1:] == rest_long[1:] or (rest_short[:2] == rest_long[1::-1] and rest_short[2:] == rest_long[2:])


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `word` was probably meant to be, or None. Case does not matter."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=_LIKENESS)
    return by_lower[matches[0]] if matches else None
