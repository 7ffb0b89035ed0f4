"""The required literals of a regex: never one that a match can do without; the rarest where there are several."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.engine.required import choose, required_literals
from sievepy.mail.normal import fold


def sets(pattern: str) -> set[frozenset[str]]:
    return set(required_literals(pattern))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("Счёт", [{"счет"}]),
        ("акт.*сверки", [{"акт"}, {"сверки"}]),
        ("(акт|счёт) сверки", [{"акт сверки", "счет сверки"}]),
        ("акт(ы|ов)?", [{"акт", "акты", "актов"}]),
        ("а[бв]г", [{"абг", "авг"}]),
        ("a[^b]c", [{"a"}, {"c"}]),
        ("a[b-z]c", [{"a"}, {"c"}]),
        ("(?i)АКТ", [{"акт"}]),
        ("(?:а|б)+в", [{"а", "б"}, {"в"}]),
        ("(?P<n>акт)", [{"акт"}]),
        (r"\bакт\b", [{"акт"}]),
        (r"акт\.pdf", [{"акт.pdf"}]),
        (r"[\.]pdf", [{".pdf"}]),
        (r"\pL+ акт", [{" акт"}]),
        (r"\p{Cyrillic}акт", [{"акт"}]),
        (r"\x{430}кт", [{"кт"}]),
        ("акт{2}", [{"ак"}, {"т"}]),
        ("акт{0,2}", [{"ак"}]),
        ("акт{0,1}", [{"ак", "акт"}]),
        ("а{1}б", [{"аб"}]),
        ("a{,2}", [{"a{,2}"}]),
        ("[[:alpha:]]акт", [{"акт"}]),
        ("[]а]акт", [{"акт"}]),
    ],
)
def test_the_literals_of_a_pattern(pattern: str, expected: list[set[str]]) -> None:
    assert sets(pattern) == {frozenset(strings) for strings in expected}


@pytest.mark.parametrize(
    "pattern", ["", ".*", "а*", "а?", "[0-9]+", "(а|)", "(акт|.)", r"\Qакт\E", "(" * 60 + "а" + ")" * 60, "(?<=а)б"]
)
def test_a_pattern_that_can_match_without_or_is_not_understood_has_none(pattern: str) -> None:
    assert sets(pattern) == set()


def test_many_alternatives_are_no_literal() -> None:
    assert sets("|".join(f"слово{n}" for n in range(40))) == set()


def test_the_rarest_of_several_is_chosen_not_the_longest() -> None:
    patterns = [f"код{n}.*подтверждение оплаты" for n in range(100)]
    chosen = choose([required_literals(pattern) for pattern in patterns])
    assert chosen == [frozenset({f"код{n}"}) for n in range(100)]


def test_alone_the_longest_says_most() -> None:
    [chosen] = choose([required_literals("ко.*подтверждение")])
    assert chosen == frozenset({"подтверждение"})


pieces = st.sampled_from(
    ["а", "Б", "1", "аб", ".", "[аб]", "[^а]", "[0-9]", r"\.", "(а|бв)", "(аб|в1|)", "(а(б|1)?)", "^", "$"]
)
patterns = st.lists(
    st.tuples(pieces, st.sampled_from(["", "", "", "?", "*", "+", "{2}", "{0,1}", "{1,3}"])), max_size=6
).map(lambda row: "".join(piece + ("" if piece in "^$" else times) for piece, times in row))


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(patterns, st.text("аАбБв1.", max_size=12))
def test_what_matches_always_holds_one_literal_of_each_set(pattern: str, text: str) -> None:
    if re.search(pattern, text):
        for literals in required_literals(pattern):
            assert any(literal in fold(text) for literal in literals)
