"""Russian forms come from the dictionary's known words only."""

from __future__ import annotations

import pytest

from sievepy.words.russian import RussianDictionary, dictionary_version, surprising


@pytest.fixture(scope="module")
def dictionary() -> RussianDictionary:
    return RussianDictionary()


def _forms(dictionary: RussianDictionary, word: str, guess: bool = False) -> set[str]:
    return {form for lexeme in dictionary.lexemes(word, guess) for form in lexeme.forms}


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("счет", "счет счета счету счетом счете счетов счетам счетами счетах"),
        ("сверки", "сверка сверки сверке сверку сверкой сверок"),
        ("оплатить", "оплатить оплатил оплатила оплатили оплачу оплатите оплачен оплаченный"),
        ("рассмотреть", "рассмотрите рассмотрим рассмотрев рассмотрели"),
        ("новый", "нового новом новые новых"),
    ],
)
def test_a_word_stands_for_all_forms_of_its_lexeme(dictionary: RussianDictionary, word: str, forms: str) -> None:
    assert set(forms.split()) <= _forms(dictionary, word)


def test_every_parse_counts_not_only_the_likeliest(dictionary: RussianDictionary) -> None:
    assert {"сталь", "стать", "стану", "сталью"} <= _forms(dictionary, "стали")


@pytest.mark.parametrize("word", ["лагает", "вайфай", "эсф", "роутерр", "istemeydi", "қосу"])
def test_unknown_words_have_no_forms(dictionary: RussianDictionary, word: str) -> None:
    assert dictionary.lexemes(word) == ()
    assert not dictionary.knows(word)


def test_guesses_come_only_when_asked_for(dictionary: RussianDictionary) -> None:
    assert {"лагать", "лагал", "лагают"} <= _forms(dictionary, "лагает", guess=True)


def test_forms_are_folded(dictionary: RussianDictionary) -> None:
    assert "счетах" in _forms(dictionary, "счёт")
    assert not any("ё" in form for form in _forms(dictionary, "счёт"))
    assert dictionary.knows("счет")


def test_the_other_aspect_is_another_word(dictionary: RussianDictionary) -> None:
    assert "подключать" not in _forms(dictionary, "подключить")


@pytest.mark.parametrize(
    ("word", "lemmas"),
    [
        ("моя", {"мыть"}),
        ("уже", {"уж", "узкий"}),
        ("долги", {"долгий"}),
        ("данные", {"дать"}),
        ("стали", {"сталь"}),
        ("закрыт", set()),
        ("накладная", set()),
        ("оплачу", {"оплакать"}),
        ("белки", {"белок"}),
        ("быстро", set()),
        ("тариф", set()),
        ("удостоверение", set()),
        ("заблокирован", set()),
    ],
)
def test_homographs_of_other_words_are_surprising(dictionary: RussianDictionary, word: str, lemmas: set[str]) -> None:
    assert set(surprising(word, dictionary.lexemes(word))) == lemmas


def test_the_version_names_the_dictionary() -> None:
    name, version = dictionary_version().split()
    assert name == "pymorphy3-dicts-ru"
    assert version[0].isdigit()
