"""Every code has a page, and what the page shows is true: the example has the finding and no other, the advice none."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sievepy import lint
from sievepy.rules_lang.settings import Settings
from sievepy.text import Severity
from sievepy.text.codes import Code
from tests.unit.lint.programs import BARE, TRUSTING, linted

_FENCE = re.compile(r"^```rules\n(.*?)^```$", re.M | re.S)
# What a page says of `sievepy.toml`, for its examples.
SITES = {"W503": Settings(intake=frozenset({"info@x-com.kz"}))}
ADVISED_SITES = {**SITES, "W508": TRUSTING}


def fences(code: Code) -> list[str]:
    return _FENCE.findall(code.page)


def found(text: str, settings: Settings, code: Code) -> set[str]:
    """The codes found; notes do not count, but for the code itself."""
    return {d.code for d in linted(text, settings) if d.severity is not Severity.NOTE or d.code == code.id}


@pytest.mark.parametrize("code", lint.CODES, ids=lambda c: c.id)
def test_the_example_has_exactly_this_finding(code: Code) -> None:
    example, _ = fences(code)
    assert found(example, SITES.get(code.id, BARE), code) == {code.id}


@pytest.mark.parametrize("code", lint.CODES, ids=lambda c: c.id)
def test_what_is_advised_has_no_finding(code: Code) -> None:
    _, advised = fences(code)
    assert found(advised, ADVISED_SITES.get(code.id, BARE), code) == set()


@pytest.mark.parametrize("code", lint.CODES, ids=lambda c: c.id)
def test_pages_have_one_shape(code: Code) -> None:
    headings = re.findall(r"^## (.*)$", code.page, re.M)
    assert headings == ["What it does", "Why it is bad", "Example", "Use instead"]
    assert re.fullmatch(r"W[2-5]\d\d", code.id)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.name)


def test_no_code_has_two_meanings() -> None:
    for part in ("id", "name"):
        assert Counter(getattr(code, part) for code in lint.CODES).most_common(1)[0][1] == 1


def test_every_group_of_codes_is_there() -> None:
    assert {code.id[:2] for code in lint.CODES} == {"W2", "W3", "W4", "W5"}
    assert len(lint.CODES) >= 24
