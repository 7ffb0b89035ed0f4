"""Ids, named statements and merging: the small parts."""

from __future__ import annotations

import pytest

from sievepy.spool import queries
from sievepy.spool.ids import ALPHABET, Ids
from sievepy.spool.merging import merge
from sievepy.spool.port import SpoolRefused
from sievepy.spool.rows import microseconds, moment
from tests.ports.spools import DAY, NOW, to


def test_ids_are_short_unique_and_in_the_order_of_time() -> None:
    ids = Ids(lambda count: b"\xff" * count)
    made = [ids(NOW) for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert {len(id) for id in made} == {12}
    assert set("".join(made)) <= set(ALPHABET)
    assert max(made) < ids(NOW + DAY)


def test_two_processes_begin_at_different_places() -> None:
    assert Ids(lambda count: b"\x01" * count)(NOW) != Ids(lambda count: b"\x02" * count)(NOW)


def test_statements_have_names() -> None:
    assert queries.parse("-- a title\n\n-- name: one\n-- why\nSELECT 1\n\n-- name: two\nSELECT 2\n") == {
        "one": "SELECT 1",
        "two": "SELECT 2",
    }
    with pytest.raises(ValueError, match="one name"):
        queries.parse("-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n")


def test_columns_are_named_once() -> None:
    columns = "-- columns: place\nchannel,\n    target\n\n"
    assert queries.parse(columns + "-- name: one\nSELECT {place} FROM a\n\n-- name: two\nSELECT {place}\n") == {
        "one": "SELECT channel,\n    target FROM a",
        "two": "SELECT channel,\n    target",
    }
    with pytest.raises(KeyError, match="nowhere"):
        queries.parse("-- name: one\nSELECT {nowhere}\n")


def test_times_are_exact_and_have_a_zone() -> None:
    odd = NOW.replace(microsecond=123_457)
    assert moment(microseconds(odd)) == odd
    with pytest.raises(ValueError, match="zone"):
        microseconds(NOW.replace(tzinfo=None))


def test_merging_keeps_what_weighs_more() -> None:
    merged, places = merge([to("a", held=True, rules=("x",)), to("b", fallback_of=0), to("a", rules=("y",))])
    assert places == (0, 1, 0)
    assert (merged[0].held, merged[0].rules, merged[1].fallback_of) == (False, ("x", "y"), 0)


def test_a_delivery_is_no_fallback_of_itself() -> None:
    merged, _ = merge([to("a"), to("a", fallback_of=0)])
    assert [one.fallback_of for one in merged] == [None]


def test_circles_of_fallbacks_are_refused() -> None:
    with pytest.raises(SpoolRefused):
        merge([to("a", fallback_of=2), to("b", fallback_of=0), to("c", fallback_of=1)])
