"""Literals, globs and regexes: each test answers as if it were alone, however many share the pass."""

from __future__ import annotations

import pytest

from sievepy.engine.matchers.literals import LiteralMatcher
from sievepy.engine.regex import Glob, Pattern
from sievepy.ir.conditions import Match, Matches, Regex
from tests.unit.engine.make import SUBJECT, segment


def matches(how: str, key: str, text: str) -> bool:
    return 7 in set(LiteralMatcher([(7, Match(SUBJECT, how, (key,)))]).find(segment(text)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "key", "text", "expected"),
    [
        ("contains", "счет", "Новый СЧЁТ", True),
        ("contains", "счета", "счет", False),
        ("contains", "", "", True),
        ("contains", "strasse", "Straße", True),
        ("is", "счет", "Счёт", True),
        ("is", "счет", "счет 7", False),
        ("starts", "сче", "Счёт", True),
        ("starts", "счет на", "счет", False),
        ("starts", "", "что угодно", True),
        ("ends", ".pdf", "Акт.PDF", True),
        ("ends", "длиннее текста", "текста", False),
        ("ends", "", "", True),
        ("like", "*.pdf", "акт.pdf", True),
        ("like", "*.pdf", "акт.pdf.exe", False),
        ("like", "акт-?.*", "акт-7.doc", True),
        ("like", "акт-?.*", "акт-77.doc", False),
        ("like", "*", "", True),
        ("like", "", "", True),
        ("like", "", "а", False),
        ("like", "а[б]", "а[б]", True),
        ("like", "а[б]", "аб", False),
        ("like", "*а*а*", "аба", True),
    ],
)
def test_a_literal_test_answers_as_the_language_says(how: str, key: str, text: str, expected: bool) -> None:
    assert matches(how, key, text) is expected


def test_tests_that_overlap_are_all_found_in_one_pass() -> None:
    keys = ("акт", "кт", "т св", "акт сверки", "сверка")
    matcher = LiteralMatcher([(n, Match(SUBJECT, "contains", (key,))) for n, key in enumerate(keys)])
    assert set(matcher.find(segment("Акт сверки"))) == {0, 1, 2, 3}


def test_equal_keys_of_different_tests_are_answered_for_both() -> None:
    matcher = LiteralMatcher(
        [
            (1, Match(SUBJECT, "contains", ("акт", "счет"))),
            (2, Match(SUBJECT, "contains", ("счет",))),
            (3, Match(SUBJECT, "starts", ("счет",))),
        ]
    )
    assert set(matcher.find(segment("счет"))) == {1, 2, 3}


def test_a_regex_sees_clean_text_with_its_capitals() -> None:
    matcher = LiteralMatcher([(1, Matches(SUBJECT, (Regex("СЧЁТ"),))), (2, Matches(SUBJECT, (Regex("счёт"),)))])
    assert set(matcher.find(segment("СЧЁТ"))) == {1}


def test_a_regex_that_ignores_case_is_woken_by_its_literal_in_any_case() -> None:
    matcher = LiteralMatcher([(1, Matches(SUBJECT, (Regex("Счёт [0-9]+", ignore_case=True),)))])
    assert set(matcher.find(segment("по СЧЁТ 17"))) == {1}


def test_a_regex_is_compiled_only_when_its_literal_stands_in_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[str] = []
    holds = Pattern.holds
    monkeypatch.setattr(Pattern, "holds", lambda self, s: (run.append(self._regex.pattern), holds(self, s))[1])
    regexes = [f"заявка{n:04d}x?" for n in range(500)]
    matcher = LiteralMatcher([(n, Matches(SUBJECT, (Regex(regex),))) for n, regex in enumerate(regexes)])
    assert set(matcher.find(segment("это заявка0123 и всё"))) == {123}
    assert run == ["заявка0123x?"]


def test_a_common_suffix_does_not_wake_every_regex(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[str] = []
    monkeypatch.setattr(Pattern, "holds", lambda self, s: bool(run.append(self._regex.pattern)))
    regexes = [f"к{n:03d}[0-9]* подтверждение" for n in range(300)]
    matcher = LiteralMatcher([(n, Matches(SUBJECT, (Regex(regex),))) for n, regex in enumerate(regexes)])
    list(matcher.find(segment("к017 подтверждение")))
    assert run == ["к017[0-9]* подтверждение"]


def test_a_regex_without_a_literal_is_always_run() -> None:
    matcher = LiteralMatcher([(1, Matches(SUBJECT, (Regex("[0-9]{3}"),)))])
    assert set(matcher.find(segment("дом 123"))) == {1}
    assert set(matcher.find(segment("дом 12"))) == set()


def test_an_evil_pattern_is_linear_in_the_text() -> None:
    pattern = Pattern(Regex("(а+)+$"))
    assert not pattern.holds(segment("а" * 50_000 + "б"))


def test_spans_point_into_clean_text() -> None:
    assert Pattern(Regex("[0-9]+")).span(segment("счёт 17")) == (5, 7)
    assert Glob("*17").span(segment("счёт 17")) == (0, 7)
    assert Glob("*18").span(segment("счёт 17")) is None
