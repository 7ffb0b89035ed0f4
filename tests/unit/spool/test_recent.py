"""Bytes kept in memory: the newest ones, and never more than was allowed."""

from __future__ import annotations

from sievepy.spool.recent import Recent


def test_the_newest_letters_are_kept() -> None:
    recent = Recent(10)
    for letter in "abc":
        recent.keep(letter, letter.encode() * 4)
    assert [recent.get(letter) for letter in "abc"] == [None, b"bbbb", b"cccc"]


def test_a_letter_larger_than_all_of_it_drives_nobody_out() -> None:
    recent = Recent(10)
    recent.keep("a", b"a" * 10)
    recent.keep("b", b"b" * 11)
    assert recent.get("a") == b"a" * 10
    assert recent.get("b") is None


def test_what_is_dropped_makes_room() -> None:
    recent = Recent(10)
    recent.keep("a", b"a" * 10)
    recent.drop("a")
    recent.drop("a")
    recent.keep("b", b"b" * 5)
    recent.keep("b", b"b" * 5)
    recent.keep("c", b"c" * 5)
    assert [recent.get(letter) for letter in "abc"] == [None, b"b" * 5, b"c" * 5]
    recent.clear()
    assert recent.get("b") is None
    recent.keep("d", b"d" * 10)
    assert recent.get("d") == b"d" * 10
