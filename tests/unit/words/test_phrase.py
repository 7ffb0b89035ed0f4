"""How a written phrase is read: words, gaps, marks, and what is refused."""

from __future__ import annotations

import pytest

from sievepy.words.phrase import GAP, exact_tokens, read_phrase


def _texts(phrase: str) -> list[str]:
    return [word.text for word in read_phrase(phrase).words]


@pytest.mark.parametrize(
    ("phrase", "words", "gaps"),
    [
        ("акт", ["акт"], ()),
        ("Счёт-фактура", ["счет", "фактура"], (0,)),
        ("акт … сверки", ["акт", "сверки"], (GAP,)),
        ("акт ... сверки", ["акт", "сверки"], (GAP,)),
        ("ул. Абая", ["ул", "абая"], (0,)),
        ("«новый  дом»", ["новый", "дом"], (0,)),
        ("a … b c", ["a", "b", "c"], (GAP, 0)),
        ("Wi-Fi 5", ["wi", "fi", "5"], (0, 0)),
    ],
)
def test_words_are_folded_and_gaps_stand_between_them(phrase: str, words: list[str], gaps: tuple[int, ...]) -> None:
    written = read_phrase(phrase)
    assert [word.text for word in written.words] == words
    assert written.gaps == gaps
    assert written.problems == ()


def test_marks_belong_to_the_word_before_them() -> None:
    prefix, guess = read_phrase("подключ* лагает~").words
    assert (prefix.text, prefix.prefix, prefix.guess) == ("подключ", True, False)
    assert (guess.text, guess.prefix, guess.guess) == ("лагает", False, True)


def test_a_word_in_capitals_is_literal_a_single_capital_is_not() -> None:
    assert [word.literal for word in read_phrase("ЭСФ Акт Я").words] == [True, False, False]


def test_soft_hyphens_and_no_break_spaces_do_not_matter() -> None:
    assert _texts("до\u00adговор\u00a0аренды") == ["договор", "аренды"]


@pytest.mark.parametrize(
    ("phrase", "kind", "place"),
    [
        ("", "empty", (0, 0)),
        (" -- ", "empty", (0, 2)),
        ("… акт", "bad-gap", (0, 1)),
        ("акт …", "bad-gap", (4, 5)),
        ("акт … … сверки", "bad-gap", (6, 7)),
        ("акт *", "bad-mark", (4, 5)),
        ("акт*~", "bad-mark", (0, 5)),
        ("по*", "short-prefix", (0, 3)),
        ("Тариф. Договор", "sentence-end", (5, 7)),
        ("что такое? договор", "sentence-end", (9, 11)),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(phrase: str, kind: str, place: tuple[int, int]) -> None:
    (problem,) = read_phrase(phrase).problems
    assert problem.kind == kind
    assert (problem.start, problem.end) == place
    assert problem.message


def test_exact_tokens_keep_case_and_letters() -> None:
    assert exact_tokens("  НАС,\u00a0Ёлка-2 ") == ("НАС", "Ёлка", "2")
    assert exact_tokens("—") == ()
