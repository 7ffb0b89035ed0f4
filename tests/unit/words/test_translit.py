"""Latin spellings of Cyrillic words meet at one of a few skeletons."""

from __future__ import annotations

import itertools

import pytest

from sievepy.mail.skeleton import plain, skeleton
from sievepy.words.translit import MOST_SPELLINGS, skeletons

# The table of the language's description: every usual spelling of the letters that have several.
TABLE = {
    "ю": "yu ju iu u", "я": "ya ja ia", "е": "e ye yo jo", "ё": "e ye yo jo", "ж": "zh j", "х": "h kh x", "ц": "c ts",
    "ч": "ch", "ш": "sh sch shch", "щ": "sh sch shch", "ы": "y i j", "й": "y i j",
}  # fmt: skip
PLAIN = dict(zip("абвгдзиклмнопрстуфэ", "abvgdziklmnoprstufe", strict=True)) | {"ь": "", "ъ": ""}


def _spellings(word: str) -> list[str]:
    letters = [TABLE.get(letter, PLAIN.get(letter, letter)).split() or [""] for letter in word]
    return ["".join(choice) for choice in itertools.product(*letters)]


WORDS = """
подключение новый счёт тариф сверка жалоба цена хочу щит отключён скорость район новостройка заявление
удостоверение личность объект шумный абонентская паспорт нет дом
"""


@pytest.mark.parametrize("word", WORDS.split())
def test_every_spelling_of_the_table_is_found(word: str) -> None:
    known = skeletons([word.replace("ё", "е")])
    assert [s for s in _spellings(word) if skeleton(s) not in known] == []


@pytest.mark.parametrize(
    ("word", "spelling"),
    [
        ("подключение", "podkluchenie"),
        ("подключение", "podklyuchenie"),
        ("подключение", "podkljuchenie"),
        ("подключения", "podklyucheniya"),
        ("счет", "schot"),
        ("счет", "schet"),
        ("активация", "aktivacia"),
        ("активация", "aktivatsiya"),
        ("новый", "novyy"),
        ("новый", "novij"),
        ("район", "raion"),
        ("қосылмай", "qosylmai"),
        ("қосылмай", "kosilmay"),
    ],
)
def test_what_people_write_is_found(word: str, spelling: str) -> None:
    assert skeleton(spelling) in skeletons([word])


@pytest.mark.parametrize("other", ["akcent", "kontakt", "fakt", "aktiv"])
def test_other_words_have_other_skeletons(other: str) -> None:
    assert skeleton(other) not in skeletons(["акт"])


def test_latin_words_are_their_own_and_numbers_nothing() -> None:
    assert skeletons(["router"]) == {skeleton("router")}
    assert skeletons(["ps5"]) == frozenset()
    assert skeletons(["я"]) == {"a"} or skeletons(["я"]) == frozenset({skeleton("ya")})


def test_the_number_of_skeletons_is_bounded() -> None:
    assert len(skeletons(["ж" * 30])) <= MOST_SPELLINGS


@pytest.mark.parametrize("token", ["дом", "ps5", "a", "", "naïve"])
def test_only_words_of_latin_letters_have_a_skeleton(token: str) -> None:
    assert skeleton(token) is None


def test_plain_replaces_the_letters_russian_keyboards_lack() -> None:
    assert plain("әіңғүұқөһ") == "аингуукох"
    assert plain("тариф") == "тариф"
