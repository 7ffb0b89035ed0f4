"""From phrases to sets of words."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sievepy.words import Expander, dictionary_version, exact_tokens
from sievepy.words.matching import find
from sievepy.words.phrase import GAP


@pytest.fixture(scope="module")
def expander() -> Expander:
    return Expander()


def _find(expander: Expander, phrase: str, text: str, *languages: str) -> str | None:
    (expanded,) = expander.expand(phrase, languages or ("ru",)).phrases
    return find(expanded, text)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("акт … сверки", "вышлите Акты взаимной сверки за год", "Акты взаимной сверки"),
        ("акт … сверки", "акт выполненных работ и также отдельно счёт для сверки", None),
        ("акт … сверки", "Вышлите акт. Сверки не было", None),
        ("акт", "контактный факт", None),
        ("счёт-фактура", "о счетах-фактурах", "счетах-фактурах"),
        ("счёт-фактура", "счет фактуру", "счет фактуру"),
        ("подключ*", "подключите меня", "подключите"),
        ("ЭСФ", "выпишите эсф", "эсф"),
        ("лагает", "игра лагала", None),
        ("лагает~", "игра лагала", "лагала"),
        ("новый дом", "в новых домах", "новых домах"),
    ],
)
def test_russian(expander: Expander, phrase: str, text: str, found: str | None) -> None:
    assert _find(expander, phrase, text) == found


@pytest.mark.parametrize(
    ("phrase", "text", "languages", "hit"),
    [
        ("салыстыру актісі", "салыстыру актісін жіберіңіз", ("kk",), True),
        ("салыстыру актісі", "салыстыру актисин жибериниз", ("kk",), True),
        ("интернет істемейді", "интернетіміз істемей тұр", ("kk",), True),
        ("інтернет жоқ", "интернет жок", ("kk",), True),
        ("акт сверки", "akt sverki", ("ru", "translit"), True),
        ("акт сверки", "akt sverki", ("ru",), False),
        ("акт сверки", "акт сверки", ("translit",), False),
        ("қосып беріңіз", "qosyp berinizdershi", ("kk", "translit"), False),
        ("қосып беріңіз", "qosyp beriniz", ("kk", "translit"), True),
        ("подключ*", "podklyuchite", ("ru", "translit"), True),
        ("invoice", "two invoices", ("en",), True),
        ("invoice", "two invoices", ("ru",), False),
        ("акт керек", "маған акты керек", ("ru", "kk"), True),
    ],
)
def test_other_languages(expander: Expander, phrase: str, text: str, languages: tuple[str, ...], hit: bool) -> None:
    assert (_find(expander, phrase, text, *languages) is not None) is hit


def test_a_phrase_is_a_sequence_of_sets_never_a_product(expander: Expander) -> None:
    (phrase,) = expander.expand("рассмотреть возможность подключения … в новом здании").phrases
    assert len(phrase.slots) == 6
    assert phrase.gaps == (0, 0, GAP, 0, 0)
    assert sum(len(slot.words) for slot in phrase.slots) < 300
    assert phrase.written == "рассмотреть возможность подключения … в новом здании"


def test_words_are_expanded_once(expander: Expander) -> None:
    (one,) = expander.expand("акт сверки").phrases
    (two,) = expander.expand("акт работ").phrases
    assert one.slots[0] is two.slots[0]


def test_a_phrase_with_problems_matches_nothing(expander: Expander) -> None:
    expansion = expander.expand("акт …")
    assert expansion.phrases == ()
    assert [problem.kind for problem in expansion.problems] == ["bad-gap"]


@pytest.mark.parametrize(
    ("phrase", "languages", "surprising"),
    [
        ("моя", ("ru",), ("мыть",)),
        ("моя оплата", ("ru",), ()),  # the neighbour tells which one is meant
        ("МОЯ", ("ru",), ()),
        ("моя", ("en",), ()),
        ("тариф", ("ru", "kk"), ()),
    ],
)
def test_surprising_words(expander: Expander, phrase: str, languages: tuple[str, ...], surprising: tuple[str]) -> None:
    assert expander.expand(phrase, languages).surprising == surprising


def test_the_dictionary_is_opened_only_when_a_word_needs_it() -> None:
    code = (
        "import sys; from sievepy.words import Expander, dictionary_version; e = Expander(); dictionary_version();"
        "e.expand('invoice', ['en']); e.expand('подключ*'); e.expand('ЭСФ'); assert 'pymorphy3' not in sys.modules;"
        "e.expand('акт'); assert 'pymorphy3' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_exact_tokens_and_version_are_exported() -> None:
    assert exact_tokens("НАС") == ("НАС",)
    assert dictionary_version()
