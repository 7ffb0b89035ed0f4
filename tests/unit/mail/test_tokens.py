"""Words, sentences, and forms of words that are spelt without the right letters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.mail.skeleton import plain, skeleton
from sievepy.mail.tokens import _sentence_starts, sentences_of_words, tokenize, words


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


_PIECES = [*"аБ1_.!?…,«»)\"' \n\u00a0", "ул", "Дом", "12", ". ", "! "]
_ENDS = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)


@settings(deadline=None, max_examples=500)
@given(_ENDS, st.booleans())
def test_sentences_are_the_same_whether_words_are_found_or_only_counted(clean: str, is_folded: bool) -> None:
    text = clean.casefold() if is_folded else clean
    tokens = tokenize(text, clean)
    assert sentences_of_words(text, clean, len(tokens)) == [token.sentence for token in tokens]


def test_a_gap_full_of_ends_is_looked_at_once() -> None:
    """Ten times the text, ten times the work: counted in characters that are asked for."""

    class Counting(str):
        asked = 0

        def __getitem__(self, key: object) -> str:
            Counting.asked += 1
            return str.__getitem__(self, key)  # type: ignore[index]

    def work(length: int) -> int:
        Counting.asked = 0
        text = Counting("а" + "! " * length + "б" + ". " * length + "в")
        assert list(_sentence_starts(text, text)) == [1 + 2 * length]
        return Counting.asked

    assert work(1_000) <= 11 * work(100)


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
