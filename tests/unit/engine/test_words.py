"""Phrases: whole words in order, gaps, sentences, prefixes, spellings; one pass for any number of them."""

from __future__ import annotations

import pytest

from sievepy.engine.matchers import words
from sievepy.engine.matchers.phrases import Occurrence, near, occurrences
from sievepy.engine.matchers.vocabulary import Vocabulary
from sievepy.engine.matchers.words import WordMatcher
from sievepy.ir.conditions import Mentions, MentionsNear, Phrase, Slot
from tests.unit.engine.make import BODY, phrase, segment


def mentions(wanted: Phrase, text: str) -> bool:
    return WordMatcher([(3, Mentions(BODY, (wanted,)))]).find(segment(text)) == {3}


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        (phrase("счет"), "Счёт!", True),
        (phrase("счет"), "счета", False),
        (phrase("акт|акта", "сверки"), "нет акта сверки", True),
        (phrase("акт", "сверки"), "акт-сверки", True),
        (phrase("акт", "сверки"), "акт нашей сверки", False),
        (phrase("акт", "сверки", gap=4), "акт за а б в сверки", True),
        (phrase("акт", "сверки", gap=4), "акт за а б в г сверки", False),
        (phrase("акт", "сверки", gap=4), "сверки акт", False),
        (phrase("акт", "сверки", gap=4), "Вот акт! Сверки нет", False),
        (phrase("акт", "сверки", gap=4), "акт по ул. Абая сверки", True),
        (phrase("акт", "сверки", gap=4), "акт акт! сверки акт сверки", True),
        (phrase("а", "а"), "а б а", False),
        (phrase("а", "а"), "а а", True),
        (phrase("а", "б", "в", gap=1), "а х а б х в", True),
    ],
)
def test_a_phrase_is_whole_words_in_this_order_within_one_sentence(wanted: Phrase, text: str, expected: bool) -> None:
    assert mentions(wanted, text) is expected


@pytest.mark.parametrize(
    ("slot", "token", "expected"),
    [
        (Slot(words=frozenset({"акт"})), "акт", True),
        (Slot(words=frozenset({"акт"})), "акта", False),
        (Slot(prefixes=frozenset({"подключ"})), "подключение", True),
        (Slot(prefixes=frozenset({"подключ"})), "подкл", False),
        (Slot(prefixes=frozenset({"а", "подключ"})), "подключу", True),
        (Slot(plain=frozenset({"тугынды"})), "туғын", False),
        (Slot(plain=frozenset({"кутилген"})), "күтілген", True),
        (Slot(plain=frozenset({"кутилген"})), "кутилген", True),
        (Slot(plain_prefixes=frozenset({"кут"})), "күтемін", True),
        (Slot(skeletons=frozenset({"podklucenie"})), "podklyuchenie", False),
        (Slot(skeletons=frozenset({"akt"})), "aktt", True),
        (Slot(skeleton_prefixes=frozenset({"akt"})), "aktom", True),
        (Slot(skeletons=frozenset({"акт"})), "акт", False),
    ],
)
def test_a_token_fills_a_slot_by_its_words_prefixes_or_spellings(slot: Slot, token: str, expected: bool) -> None:
    assert Vocabulary({slot: 5}).look_up({token}) == ({token: (5,)} if expected else {})


def test_a_token_may_fill_several_slots_by_several_spellings() -> None:
    slots = {Slot(words=frozenset({"кут"})): 1, Slot(prefixes=frozenset({"ку"})): 2, Slot(plain=frozenset({"кут"})): 3}
    assert set(Vocabulary(slots).look_up({"кут"})["кут"]) == {1, 2, 3}


def test_occurrences_end_where_the_phrase_ends_and_begin_as_late_as_they_can() -> None:
    places = {0: [0, 3], 1: [2, 4, 9]}
    assert occurrences((0, 1), (4,), places) == [Occurrence(0, 2), Occurrence(3, 4)]


def test_sentences_bound_occurrences() -> None:
    assert occurrences((0, 1), (4,), {0: [0], 1: [2]}, [0, 1, 1]) == []


@pytest.mark.parametrize(
    ("within", "text", "expected"),
    [
        (3, "оплата за счёт", True),
        (3, "счёт, оплата", True),
        (2, "счёт без оплата", False),
        (6, "счёт один. Два три оплата", True),
        (6, "счёт", False),
        (2, "счёт х х оплата счёт", True),
    ],
)
def test_all_of_within_counts_from_the_first_word_to_the_last_in_any_order(
    within: int, text: str, expected: bool
) -> None:
    test = MentionsNear(BODY, (phrase("счет"), phrase("оплата")), within)
    assert bool(WordMatcher([(1, test)]).find(segment(text))) is expected


def test_near_chooses_one_occurrence_of_each_in_the_window() -> None:
    one, other = [Occurrence(0, 0), Occurrence(8, 9)], [Occurrence(5, 5), Occurrence(10, 10)]
    assert near([one, other], 3) == (Occurrence(8, 9), Occurrence(10, 10))
    assert near([one, other], 2) is None


def test_tests_that_share_phrases_are_all_answered() -> None:
    shared = phrase("акт", "сверки")
    matcher = WordMatcher(
        [
            (1, Mentions(BODY, (shared, phrase("счет")))),
            (2, Mentions(BODY, (shared,))),
            (3, MentionsNear(BODY, (shared, phrase("срочно")), 4)),
        ]
    )
    assert matcher.find(segment("Срочно: акт сверки")) == {1, 2, 3}


def test_a_common_first_word_does_not_wake_its_thousand_phrases(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[object] = []
    holds = words._Row.holds
    monkeypatch.setattr(words._Row, "holds", lambda self, p: (checked.append(p), holds(self, p))[1])
    tests = [(n, Mentions(BODY, (phrase("счет", "на", f"товар{n}"),))) for n in range(1000)]
    assert WordMatcher(tests).find(segment("счет на товар17 и счет на товар")) == {17}
    assert len(checked) == 1


def test_words_of_one_pair_far_apart_wake_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words._Row, "holds", lambda self, p: pytest.fail("was looked at"))
    assert WordMatcher([(1, Mentions(BODY, (phrase("акт", "сверки"),)))]).find(segment("акт о том и сверки")) == set()


def test_the_finder_of_one_test_says_where_each_phrase_stands() -> None:
    asked = (phrase("акт", "сверки"), phrase("счет"))
    finder = WordMatcher([(1, Mentions(BODY, asked)), (2, Mentions(BODY, (phrase("акт"),)))]).finder(asked)
    assert finder(segment("акт сверки, акт сверки")) == [[Occurrence(0, 1), Occurrence(2, 3)], []]
