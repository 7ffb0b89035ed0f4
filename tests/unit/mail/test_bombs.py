"""Letters made to hurt (promise 22): read whole, flagged, in bounded work and memory, without an exception.

Work is counted in calls, Python's and built-in ones, not in seconds. A built-in call costs no more than its input,
which is why values are cut before they are looked at.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType

import pytest

from sievepy.mail.flags import CUT, Flag
from sievepy.mail.limits import LIMITS
from sievepy.mail.message import Message
from tests.fuzz.reading import read_everything
from tests.unit.mail import bombs

MOST_MEMORY = 100_000_000  # bytes
MOST_CALLS = 3_000_000  # some hundred nanoseconds each

Bomb = Callable[[], bytes]

CUT_BY: dict[Bomb, Flag] = {
    bombs.deep_mime: Flag.DEPTH_CUT,
    bombs.deep_mime_of_one_boundary: Flag.PARTS_CUT,
    bombs.deep_letters: Flag.DEPTH_CUT,
    bombs.many_parts: Flag.PARTS_CUT,
    bombs.many_headers: Flag.HEADERS_CUT,
    bombs.many_equal_headers: Flag.HEADERS_CUT,
    bombs.many_semicolons: Flag.PARAMETERS_CUT,
    bombs.many_parameters: Flag.PARAMETERS_CUT,
    bombs.many_addresses: Flag.ADDRESSES_CUT,
    bombs.deep_comments: Flag.COMMENTS_CUT,
    bombs.open_comments: Flag.COMMENTS_CUT,
    bombs.many_encoded_words: Flag.ENCODED_WORDS_CUT,
    bombs.unfinished_encoded_words: Flag.HEADER_VALUE_CUT,
    bombs.unknown_charsets: Flag.ENCODED_WORDS_CUT,
    bombs.open_quotes: Flag.PARAMETERS_CUT,
    bombs.base64_in_pieces: Flag.DATA_CUT,
    bombs.addresses_without_commas: Flag.ADDRESSES_CUT,
    bombs.encoded_letters: Flag.DEPTH_CUT,
    bombs.junk_lines: Flag.HEADERS_CUT,
}
HARMLESS: tuple[Bomb, ...] = (
    bombs.open_brackets,
    bombs.spaces,
    bombs.spaces_in_a_type,
    bombs.colons,
    bombs.many_words_and_one_end,
)
"""Those that look like work and are none: all of them is read."""

ALL: tuple[Bomb, ...] = (*CUT_BY, *HARMLESS)


def name(bomb: Bomb) -> str:
    return bomb.__name__


def calls(work: Callable[[], object]) -> int:
    """How many calls the work makes."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_every_bomb_is_tried() -> None:
    assert set(ALL) == set(bombs.BOMBS)


@pytest.mark.parametrize("bomb", ALL, ids=name)
def test_a_bomb_is_read_without_an_exception_in_bounded_memory_and_flagged_as_truncated(bomb: Bomb) -> None:
    data = bomb()
    tracemalloc.start()
    letter = read_everything(data, times=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert len(letter.parts()) <= LIMITS.parts
    cut = CUT.intersection(letter.flags)
    assert CUT_BY[bomb] in cut if bomb in CUT_BY else not cut


@pytest.mark.parametrize("bomb", ALL, ids=name)
def test_a_bomb_takes_bounded_work(bomb: Bomb) -> None:
    data = bomb()
    assert calls(lambda: read_everything(data, times=1)) < MOST_CALLS


@pytest.mark.parametrize("bomb", [bombs.deep_mime, bombs.deep_letters, bombs.many_parts], ids=name)
def test_of_a_bomb_of_parts_it_is_known_that_parts_are_missing(bomb: Bomb) -> None:
    letter = Message(bomb())
    assert not letter.parts_complete
    assert len(letter.parts()) in (LIMITS.parts, LIMITS.mime_depth + 1)


@pytest.mark.parametrize("bomb", [bombs.many_headers, bombs.many_equal_headers, bombs.junk_lines], ids=name)
def test_of_a_bomb_of_headers_it_is_known_that_a_header_may_be_missing(bomb: Bomb) -> None:
    assert not Message(bomb()).header("X-Nothing").complete


def test_addresses_that_were_read_are_there() -> None:
    found, complete = Message(bombs.many_addresses()).mailboxes("To")
    assert [box.address for box in found[:2]] == ["u0@b.example", "u1@b.example"]
    assert len(found) == LIMITS.addresses
    assert not complete


@pytest.mark.parametrize("bomb", [bombs.deep_comments, bombs.open_comments], ids=name)
def test_comments_do_not_hide_the_address(bomb: Bomb) -> None:
    found, complete = Message(bomb()).mailboxes("To")
    assert [box.address for box in found] == ["a@b.example"]
    assert not complete


def test_work_grows_with_the_letter_and_not_with_its_square() -> None:
    """Four times the bomb is at most about four times the work, below all limits."""
    growing: list[Callable[[int], bytes]] = [
        bombs.many_semicolons,
        bombs.many_addresses,
        bombs.open_comments,
        bombs.unfinished_encoded_words,
        bombs.open_quotes,
        bombs.open_brackets,
        bombs.many_headers,
        bombs.many_parts,
        bombs.colons,
        bombs.addresses_without_commas,
        bombs.many_words_and_one_end,
    ]
    for bomb in growing:
        small, large = bomb(100), bomb(400)
        ratio = calls(lambda data=large: read_everything(data, times=1)) / calls(
            lambda data=small: read_everything(data, times=1)
        )
        assert ratio < 5, bomb.__name__
