"""The short ways for headers as nearly all programs write them find what the long ways find."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.mail import address, encoded
from sievepy.mail.flags import Flag
from sievepy.mail.limits import LIMITS

T = TypeVar("T")

_WORDS = [
    b"=?utf-8?B?0L/RgNC4?=", b"=?utf-8?B?0L8=?=", b"=?UTF-8?b?YQ?=", b"=?koi8-r?B?0MHS?=", b"=?x?B?YWJj?=",
    b"=?utf-8*ru?B?YWI=?=", b"=?utf-8?Q?a_b?=", b"=?utf-8?B?Q?=", b"=?utf-8?B?", b"?=",
]  # fmt: skip
_BETWEEN = [b"", b" ", b"\t", b"  ", b"a", b"=", b"?", "п".encode()]
_MARKS = [
    b'"', b"<", b">", b"@", b",", b";", b":", b"(", b")", b"'", b"\\", b"Ivan", b" <x@y.kz>", b'"I, I" ', b"ann@x.kz",
    b".", b"mailto:", b"[192.0.2.1]", b"\x0b",
]  # fmt: skip

_VALUES = st.lists(st.sampled_from(_WORDS + _BETWEEN), max_size=8).map(b"".join)
_LISTS = st.lists(st.sampled_from(_WORDS + _BETWEEN + _MARKS), max_size=8).map(b"".join)


@pytest.fixture(scope="module")
def the_long_way() -> Iterator[Callable[[Callable[[], T]], T]]:
    """Calls a function while no value has a usual form."""

    def call(function: Callable[[], T]) -> T:
        with pytest.MonkeyPatch.context() as patch:
            for module in (encoded, address):
                patch.setattr(module, "_USUAL", re.compile(rb"(?!)"))
            return function()

    yield call


@settings(max_examples=300)
@given(_VALUES, st.sampled_from([0, 1, 2, 100]), st.sampled_from([None, "cp1251"]))
def test_encoded_words(the_long_way: Callable, value: bytes, limit: int, hint: str | None) -> None:  # type: ignore[type-arg]
    def read() -> tuple[tuple[str, bool], list[Flag]]:
        flags: list[Flag] = []
        return encoded.decode(value, limit, flags.append, hint), flags

    assert read() == the_long_way(read)


@settings(max_examples=300)
@given(_LISTS)
def test_mailboxes(the_long_way: Callable, value: bytes) -> None:  # type: ignore[type-arg]
    def read() -> tuple[object, list[Flag]]:
        flags: list[Flag] = []
        return address.parse_raw(value, LIMITS, flags.append), flags

    assert read() == the_long_way(read)


@pytest.mark.parametrize(
    "value", [b"ann@x.kz", b'"I, I" <ann@x.kz>', b"Ann B <ann@x.kz>", b"=?utf-8?B?0L/RgNC4?= <ann@x.kz>", b"<a@x.kz> "]
)
def test_usual_lists_take_the_short_way(value: bytes) -> None:
    assert address._USUAL.fullmatch(value)


@pytest.mark.parametrize("value", [b"=?utf-8?B?0L8=?=", b"=?utf-8?B?0L/R?= =?utf-8?B?gNC4?=\t=?utf-8?B?0L8=?="])
def test_usual_words_take_the_short_way(value: bytes) -> None:
    assert encoded._USUAL.fullmatch(value)
