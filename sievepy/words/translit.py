"""Latin spellings of Cyrillic words, as the skeletons `mail.skeleton.skeleton` brings a letter's words to.

A letter with several usual spellings counts only where they lead to different skeletons: `ё` is e, ye, yo, jo, but all
of these have the skeleton `e`. So a word has few skeletons, and their number is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sievepy.mail import skeleton

MOST_SPELLINGS = 64  # a word; reached by no word with fewer than six doubtful letters

_VOWELS = "аеёиоуыэюя"
_ONE = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "з": "z", "и": "i", "к": "k", "л": "l", "м": "m",
    "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ц": "ts", "ы": "y", "й": "y", "ж": "zh",
    "ә": "a", "і": "i", "ң": "n", "ғ": "g", "ү": "u", "ұ": "u", "қ": "k", "ө": "o", "һ": "h",
}  # fmt: skip
_SECOND = {"ж": "j", "ц": "c", "х": "h"}
_VARYING = frozenset("ыйияюежцх")
_HUSHING = "жчшщ"
_DOUBTFUL = re.compile(r"ж|[ыйи][аеёиоуыэюя]|[жчшщьъиый]е|[скзцт][цх]|цх")
_LATIN = str.maketrans(_ONE)


def skeletons(words: Iterable[str]) -> frozenset[str]:
    """The skeletons of all usual Latin spellings of folded Cyrillic words; of Latin ones, their own. Words with digits
    or of one letter have none."""
    plain: list[str] = []
    spellings: list[str] = []
    for word in words:
        if _DOUBTFUL.search(word):
            spellings += _spellings(word)
        else:
            plain.append(word)
    spellings += "\n".join(plain).translate(_LATIN).split("\n")
    return skeleton.skeletons(spellings)


def _spellings(word: str) -> list[str]:
    spellings, run = [""], ""
    for place, letter in enumerate(word):
        variants = _variants(word, place, letter) if letter in _VARYING else ()
        if len(variants) > 1:
            spellings = [start + run + variant for start in spellings for variant in variants][:MOST_SPELLINGS]
            run = ""
        else:
            run += _ONE.get(letter, letter)
    return [start + run for start in spellings]


def _variants(word: str, place: int, letter: str) -> tuple[str, ...]:
    """The spellings of one letter that lead to different skeletons where it stands."""
    before, after = word[place - 1 : place], word[place + 1 : place + 2]
    usual = _ONE.get(letter, letter)
    match letter:
        case "ы" | "й" | "и" if after and after in _VOWELS:
            return ("y", "i")  # y joins with the vowel, i does so with some only
        case "я" | "ю" if before and before in "иый":
            return (usual, usual[1:])  # -cija and -cia
        case "е" if before and before in _HUSHING:
            return ("e", "o")  # folded ё: schet, schot
        case "е" if before and before in "ьъиый":
            return ("e", "ye")
        case "ж":
            return (usual, _SECOND[letter])
        case "ц" | "х" if before and before in "скзцт":
            return (usual, _SECOND[letter])  # sh and sch are also other letters
        case "ц" if after == "х":
            return (usual, _SECOND[letter])
    return (usual,)
