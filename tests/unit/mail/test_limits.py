"""Every limit, lowered, cuts a letter that is whole without it, and says so."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable

import pytest

from sievepy.mail import limits
from sievepy.mail.body import Texts
from sievepy.mail.flags import CUT, Flag
from sievepy.mail.limits import LIMITS, Limits
from sievepy.mail.message import Message
from tests.fuzz.reading import read_everything

LETTER = b"""\
From: "One" (a (deep) comment) <one@b.example>
Subject: =?utf-8?Q?=D0=B0?= =?koi8-r?Q?=C1?=
To: a@b.example, c@d.example, e@f.example
X-Spam-Score: 1
X-Spam-Score: 2
Content-Type: multipart/mixed; boundary=out; one=1; two=2

--out
Content-Type: multipart/alternative; boundary=in

--in

some text of several words
--in--
--out
Content-Transfer-Encoding: base64

QQ==
QQ==
--out
Content-Type: message/rfc822
Content-Transfer-Encoding: base64

U3ViamVjdDogaGkKClRoZSBhdHRhY2hlZCBvbmU=
--out--
"""

LOWERED: dict[str, tuple[int, Flag]] = {
    "header_block": (100, Flag.HEADERS_CUT),
    "header_lines": (3, Flag.HEADERS_CUT),
    "header_value": (20, Flag.HEADER_VALUE_CUT),
    "same_header": (1, Flag.HEADERS_CUT),
    "encoded_words": (1, Flag.ENCODED_WORDS_CUT),
    "parameters": (2, Flag.PARAMETERS_CUT),
    "structured_value": (40, Flag.PARAMETERS_CUT),
    "addresses": (2, Flag.ADDRESSES_CUT),
    "comment_depth": (1, Flag.COMMENTS_CUT),
    "mime_depth": (1, Flag.DEPTH_CUT),
    "parts": (2, Flag.PARTS_CUT),
    "encoded_letters": (0, Flag.DEPTH_CUT),
    "base64_runs": (1, Flag.DATA_CUT),
    "part_data": (10, Flag.DATA_CUT),
    "part_text": (10, Flag.TEXT_CUT),
    "letter_text": (1, Flag.TEXT_CUT),
}


def read(data: bytes, with_limits: Limits) -> Message:
    message = read_everything(data, with_limits)
    assert Texts(message).full_text is not None
    return message


def test_the_letter_is_whole_within_the_limits_that_are_set() -> None:
    assert not CUT.intersection(read(LETTER, LIMITS).flags)


def test_all_limits_are_tried() -> None:
    assert set(LOWERED) == {field.name for field in dataclasses.fields(Limits)}


@pytest.mark.parametrize("name", LOWERED)
def test_a_lowered_limit_cuts_and_says_so(name: str) -> None:
    value, flag = LOWERED[name]
    lowered = dataclasses.replace(LIMITS, **{name: value})
    flags = read(LETTER, lowered).flags
    assert flag in flags
    assert flag in CUT


@pytest.mark.parametrize("name", LOWERED)
def test_no_limit_is_too_low_to_read_with(name: str) -> None:
    for value in (0, 1):
        read(LETTER, dataclasses.replace(LIMITS, **{name: value}))


def test_every_limit_tells_its_origin() -> None:
    source: Callable[[object], str] = inspect.getsource  # type: ignore[assignment]
    (definition,) = (node for node in ast.parse(source(limits)).body if isinstance(node, ast.ClassDef))
    body = definition.body[1:]
    for setting, reason in zip(body[::2], body[1::2], strict=True):
        assert isinstance(setting, ast.AnnAssign)
        assert isinstance(reason, ast.Expr)
        assert isinstance(reason.value, ast.Constant)
        assert len(str(reason.value.value).split()) > 6


def test_limits_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LIMITS.parts = 1  # type: ignore[misc]
