"""The Kazakh expander finds what people write, and does not hit Russian."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sievepy.mail.normal import key
from sievepy.mail.skeleton import plain
from sievepy.mail.tokens import words
from sievepy.words import Expander, kazakh
from sievepy.words.kazakh_sounds import attach, ends_in_vowel, harden, harmonies
from sievepy.words.matching import stands_for
from sievepy.words.russian import RussianDictionary

CORPUS = Path(__file__).parents[2] / "corpus"
FEWEST_RUSSIAN = 2000


def _forms() -> Iterator[tuple[str, list[str]]]:
    """The words and forms written by hand before there was an expander."""
    for line in (CORPUS / "kazakh_forms.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, _, forms = line.partition(":")
            yield word, forms.split()


def _russian_words() -> set[str]:
    text = (CORPUS / "russian_words.txt").read_text(encoding="utf-8")
    return {token for token in words(key(text)) if token.isalpha()}


def test_the_corpus_is_as_large_as_promised() -> None:
    listed = list(_forms())
    assert len(listed) >= 60
    assert all(len(forms) >= 4 for _, forms in listed)
    assert len(_russian_words()) >= FEWEST_RUSSIAN


@pytest.mark.parametrize("spelling", [str, plain], ids=["kazakh letters", "russian letters"])
def test_of_the_forms_written_by_hand_95_in_100_are_found(spelling: type[str]) -> None:
    expander = Expander()
    missed, total = [], 0
    for word, forms in _forms():
        (phrase,) = expander.expand(word, ["kk"]).phrases
        total += len(forms)
        missed += [form for form in forms if not stands_for(phrase.slots[0], spelling(form))]
    assert len(missed) <= 0.05 * total, missed


def test_no_form_hits_a_russian_word() -> None:
    """Words that both languages have (`тариф`, `карта`) are hit as written, in no other form."""
    expander, russian = Expander(), _russian_words()
    hits = []
    for word, _ in _forms():
        (phrase,) = expander.expand(word, ["kk"]).phrases
        hits += [(word, r) for r in russian if r != word and stands_for(phrase.slots[0], r)]
    assert hits == []


def test_no_form_without_its_letters_is_a_word_of_the_russian_dictionary() -> None:
    dictionary, expander = RussianDictionary(), Expander()
    for word, _ in _forms():
        (phrase,) = expander.expand(word, ["kk"]).phrases
        assert [form for form in phrase.slots[0].plain if dictionary.knows(form)] == []


def test_beside_other_words_every_form_may_lose_its_letters() -> None:
    (phrase,) = Expander().expand("істемей тұр", ["kk"]).phrases
    assert stands_for(phrase.slots[1], "тур")
    (alone,) = Expander().expand("тұр", ["kk"]).phrases
    assert not stands_for(alone.slots[0], "тур")
    assert stands_for(alone.slots[0], "тұр")


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("актісі", "актісін актісінің актісіне актілер актіні"),
        ("куәлігі", "куәлігін куәлік куәлігім куәлікті"),
        ("шоты", "шотын шот шоттар шотымды"),
        ("істемейді", "істемейді істемей істемеді істемеген істемесе"),
        ("келеді", "келеді келді келмеді келіп"),
        ("қояды", "қояды қойды қоямын қойыңыз"),
    ],
)
def test_a_word_may_be_written_possessed_or_in_the_third_person(word: str, forms: str) -> None:
    assert set(forms.split()) <= kazakh.forms(word)


@pytest.mark.parametrize("word", ["беріңіз", "қосып", "істемей", "ab", "a1", "ә"])
def test_other_verb_forms_and_foreign_words_stay_as_they_are(word: str) -> None:
    assert kazakh.forms(word) == {word}


def test_a_negative_verb_has_no_positive_forms() -> None:
    assert "істейді" not in kazakh.forms("істемейді")


@pytest.mark.parametrize(
    ("stem", "suffix", "written"),
    [
        ("жыл", "LAр", "жылдар"),
        ("сым", "LAр", "сымдар"),
        ("мекенжай", "LAр", "мекенжайлар"),
        ("кітап", "LAр", "кітаптар"),
        ("желі", "NI", "желіні"),
        ("сым", "QIң", "сымның"),
        ("сым", "BAн", "сымнан"),
        ("қарыз", "Mен", "қарызбен"),
        ("кітап", "(с)I", "кітабы"),
        ("желі", "(с)I", "желісі"),
        ("кабель", "(с)I", "кабелі"),
        ("қой", "A", "қоя"),
        ("қой", "у", "қою"),
        ("шот", "GA", "шотқа"),
        ("қалдық", "(I)м", "қалдығым"),
        ("желі", "(I)м", "желім"),
    ],
)
def test_suffixes_are_written_as_spelling_wants(stem: str, suffix: str, written: str) -> None:
    assert attach(stem, suffix, harmonies(stem)[0]) == written


def test_loan_words_that_do_not_tell_have_both_harmonies() -> None:
    assert set(harmonies("тариф")) == {"back", "front"}
    assert harmonies("төлеу") == ("front",)
    assert harmonies("салыстыру") == ("back",)


def test_glides_are_no_vowels() -> None:
    assert ends_in_vowel("желі")
    assert not ends_in_vowel("төлеу")
    assert harden("куәліг") == "куәлік"
    assert harden("жаб") == "жап"
    assert harden("кел") == "кел"
