"""`mentions exact`: this spelling, this case, whole words."""

from __future__ import annotations

import pytest

from sievepy.engine.matchers.exact import ExactMatcher
from sievepy.ir.conditions import MentionsExact
from tests.unit.engine.make import BODY, segment


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        (("НАС",), "ТОО НАС", True),
        (("НАС",), "для нас", False),
        (("НАС",), "НАСА", False),
        (("Счёт",), "Счет", False),
        (("ТОО", "НАС"), "ТОО «НАС»", True),
        (("ТОО", "НАС"), "ТОО и НАС", False),
        (("ТОО", "НАС"), "Наше ТОО. НАС много", False),
        (("а", "а", "б"), "а а а б", True),
        (("а", "а", "б"), "а а", False),
    ],
)
def test_a_key_is_its_words_next_to_each_other(key: tuple[str, ...], text: str, expected: bool) -> None:
    assert bool(ExactMatcher([(1, MentionsExact(BODY, (key,)))]).find(segment(text))) is expected


def test_keys_of_several_tests_are_found_together() -> None:
    tests = [(1, MentionsExact(BODY, (("НАС",), ("ТОО", "НАС")))), (2, MentionsExact(BODY, (("ТОО", "НАС"),)))]
    assert ExactMatcher([*tests, (3, MentionsExact(BODY, (("тоо",),)))]).find(segment("ТОО НАС")) == {1, 2}
