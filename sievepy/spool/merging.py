"""The deliveries of one plan, each place once: pure, before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sievepy.spool.port import NewDelivery, SpoolRefused


def merge(deliveries: Sequence[NewDelivery]) -> tuple[list[NewDelivery], tuple[int, ...]]:
    """Deliveries without doubles, and the place in that list of each one given. `fallback_of` counts in the new
    list.

    Of two for one place the letter itself outweighs a reference, a delivery outweighs a fallback and one that is
    held. Raises SpoolRefused for a fallback of nothing or, around some corners, of itself, and for a channel with a
    space.
    """
    merged: list[NewDelivery] = []
    first: dict[tuple[str, str], int] = {}
    places = []
    for one in deliveries:
        _check(one, len(deliveries))
        place = first.setdefault((one.channel, one.target), len(merged))
        if place == len(merged):
            merged.append(one)
        else:
            merged[place] = _join(merged[place], one)
        places.append(place)
    linked = [_link(one, place, places) for place, one in enumerate(merged)]
    _refuse_circles(linked)
    return linked, tuple(places)


def _check(one: NewDelivery, count: int) -> None:
    if not one.channel or " " in one.channel:
        raise SpoolRefused(f"{one.channel!r} is no channel")
    if one.fallback_of is not None and not 0 <= one.fallback_of < count:
        raise SpoolRefused(f"there is no delivery {one.fallback_of} to be a fallback of")


def _join(one: NewDelivery, other: NewDelivery) -> NewDelivery:
    return replace(
        one,
        reference=one.reference and other.reference,
        held=one.held and other.held,
        rules=tuple(dict.fromkeys(one.rules + other.rules)),
        fallback_of=None if other.fallback_of is None else one.fallback_of,
    )


def _link(one: NewDelivery, place: int, places: Sequence[int]) -> NewDelivery:
    if one.fallback_of is None:
        return one
    primary = places[one.fallback_of]
    return replace(one, fallback_of=None if primary == place else primary)


def _refuse_circles(deliveries: Sequence[NewDelivery]) -> None:
    for one in deliveries:
        steps, place = 0, one.fallback_of
        while place is not None:
            steps, place = steps + 1, deliveries[place].fallback_of
            if steps > len(deliveries):
                raise SpoolRefused("deliveries are fallbacks of each other")
