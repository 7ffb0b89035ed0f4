"""Words, sentences, and forms of words that are spelt without the right letters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.mail.skeleton import plain, skeleton
from sievepy.mail.tokens import tokenize, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("счёт-фактура №12/3", ["счёт", "фактура", "12", "3"]),
        ("«Ромашка», a_b", ["Ромашка", "a", "b"]),
        ("ҚР 100Мбит", ["ҚР", "100Мбит"]),
        ("… — !", []),
    ],
)
def test_a_word_is_a_run_of_letters_and_digits(text: str, found: list[str]) -> None:
    assert words(text) == found == [token.text for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Связи нет. Помогите", [0, 0, 1]),
        ("Связи нет! помогите", [0, 0, 1]),
        ("Где мастер? «Не знаю»", [0, 0, 1, 1]),
        ("ул. Абая", [0, 0]),
        ("стр. абая", [0, 0]),
        ("в 2026. Потом", [0, 0, 1]),
        ("v1.2 и 3.4", [0, 0, 0, 0, 0]),
        ("раз, два; три: четыре", [0, 0, 0, 0]),
        ("(Нет связи.) Жду", [0, 0, 1]),
    ],
)
def test_sentences(text: str, sentences: list[int]) -> None:
    assert [token.sentence for token in tokenize(text)] == sentences


def test_capitals_are_looked_for_in_the_clean_text() -> None:
    clean = "Связи нет. Помогите"
    assert [token.sentence for token in tokenize(clean.casefold(), clean)] == [0, 0, 1]
    assert [token.sentence for token in tokenize(clean.casefold())] == [0, 0, 0]


@settings(deadline=None)
@given(st.text(max_size=80))
def test_tokens_lie_where_they_say(text: str) -> None:
    tokens = tokenize(text)
    assert [token.text for token in tokens] == words(text)
    for token in tokens:
        assert text[token.start : token.end] == token.text
    assert [token.sentence for token in tokens] == sorted(token.sentence for token in tokens)


@pytest.mark.parametrize(
    "spellings",
    [
        ["podkluchenie", "podklyuchenie", "podkljuchenie", "podkliuchenie"],
        ["schet", "schyet"],
        ["zayavka", "zajavka"],
        ["hochu", "xochu", "khochu"],
        ["internet", "internett"],
        ["borsch", "borshch"],
    ],
)
def test_spellings_of_one_word_have_one_skeleton(spellings: list[str]) -> None:
    assert len({skeleton(word) for word in spellings}) == 1


@pytest.mark.parametrize("token", ["", "a", "договор", "abc1", "123", "café"])
def test_other_tokens_have_none(token: str) -> None:
    assert skeleton(token) is None


def test_different_words_have_different_skeletons() -> None:
    assert skeleton("oplata") != skeleton("oplot")


def test_kazakh_as_a_russian_keyboard_writes_it() -> None:
    assert plain("төлем қосылмады әңгіме ғұү һ") == "толем косылмады ангиме гуу х"
    assert plain("договор") == "договор"
