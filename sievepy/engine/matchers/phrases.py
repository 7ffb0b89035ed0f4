"""Phrases over a row of words: where each slot is filled, and which chains of places make the phrase."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

Places = Mapping[int, Sequence[int]]
"""For each slot the positions, ascending, of the words that may fill it."""


class Occurrence(NamedTuple):
    """Positions of a phrase's first and last word."""

    first: int
    last: int


def occurrences(
    slots: Sequence[int], gaps: Sequence[int], places: Places, sentences: Sequence[int] | None = None
) -> list[Occurrence]:
    """Where a phrase ends, each end with the latest beginning it can have; both ascend.

    `sentences` gives each position's sentence, which the phrase must not leave; without it sentences do not count (a
    cheap test that can only say too much).

    For each place of the next slot only the nearest place of the one before it matters: any other is further away,
    and in no later sentence. So one merge a slot is enough.
    """
    found = [Occurrence(place, place) for place in places.get(slots[0], ())]
    for slot, gap in zip(slots[1:], gaps, strict=True):
        ends = [occurrence.last for occurrence in found]
        longer = []
        for place in places.get(slot, ()):
            before = bisect_left(ends, place) - 1
            if before >= 0 and place - ends[before] <= gap + 1 and _together(ends[before], place, sentences):
                longer.append(Occurrence(found[before].first, place))
        found = longer
    return found


def _together(before: int, place: int, sentences: Sequence[int] | None) -> bool:
    return sentences is None or sentences[before] == sentences[place]


def near(found: Sequence[Sequence[Occurrence]], within: int) -> tuple[Occurrence, ...] | None:
    """One occurrence of each phrase, all in one window of at most `within` words; None if there is no such window.

    A window that holds them all can be taken to begin where one of them begins, and it holds one of the rarest
    phrase: so only the beginnings shortly before these are tried.
    """
    for rare in min(found, key=len):
        around = {o.first for phrase in found for o in _beginning(phrase, rare.last - within + 1, rare.first)}
        for beginning in sorted(around):
            chosen = [next_from(phrase, beginning) for phrase in found]
            picked = tuple(occurrence for occurrence in chosen if occurrence is not None)
            if len(picked) == len(found) and max(each.last for each in picked) - beginning < within:
                return picked
    return None


def _beginning(phrase: Sequence[Occurrence], lowest: int, highest: int) -> Sequence[Occurrence]:
    """The occurrences that begin at `lowest`..`highest`."""
    return phrase[bisect_left(phrase, (lowest,)) : bisect_left(phrase, (highest + 1,))]


def next_from(phrase: Sequence[Occurrence], beginning: int) -> Occurrence | None:
    """The first occurrence that begins at or behind a position."""
    at = bisect_left(phrase, (beginning,))
    return phrase[at] if at < len(phrase) else None


def touching(left: Sequence[int], right: Sequence[int], gap: int) -> bool:
    """Whether some place of `right` stands behind one of `left` with at most `gap` words between."""
    for place in right:
        before = bisect_left(left, place) - 1
        if before >= 0 and place - left[before] <= gap + 1:
            return True
    return False


def neighbours(slots: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs of slots that stand next to each other in a phrase."""
    return list(pairwise(slots))
