"""Each diagnostic code has a page with an example of what it reports and one of what to write instead.

What the examples of the language's and the checks' codes come to is tested beside those (`test_codes_names`,
`test_syntax_errors`, `tests/unit/lint/test_pages`); here are the others, and that none is left out.
"""

from __future__ import annotations

import re

import pytest

from sievepy.cli.catalogue import ALL
from sievepy.cli.checking import FAILING_TEST
from sievepy.text.codes import Code
from tests.documents.pages import Page, failures, run_tests

WITHOUT_EXAMPLE = {
    "E001": "the file would be longer than a page",
    "E003": "so would the word",
    "E142": "it is about a configuration that is not there",
    "E162": "rules that are laid out wrong would be mended, not shown",
}
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", ALL, ids=lambda code: code.id)
def test_a_page_shows_what_is_wrong_and_what_is_right(code: Code) -> None:
    shown = len(_FENCE.findall(code.page))
    assert (shown >= 2) == (code.id not in WITHOUT_EXAMPLE), code.id
    assert "use instead" in code.page.lower()


def test_the_list_of_those_without_an_example_is_not_too_long() -> None:
    assert set(WITHOUT_EXAMPLE) <= {code.id for code in ALL}


def test_the_page_of_a_failing_test_shows_one_and_mends_it() -> None:
    (_, failing), (_, mended) = _FENCE.findall(FAILING_TEST.page)
    page = Page("E161", "")
    assert len(failures(run_tests(page, failing, page.compile(failing)))) == 1
    assert failures(run_tests(page, mended, page.compile(mended))) == []
