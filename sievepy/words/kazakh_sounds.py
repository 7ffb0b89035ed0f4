"""How a Kazakh suffix is written after a given stem: vowel harmony, assimilation of consonants, softening.

A suffix is a template. Capital Latin letters in it are sounds that the stem settles; the rest stands as it is:

    A  а е    I  ы і    K  қ к                            by harmony alone
    G  ғ г, after a voiceless sound қ к                   dative, perfect, desire
    L  л, after л м н ң з ж: д, after a voiceless: т      plural
    N  н after a vowel, д, т                              accusative
    Q  н after a vowel and after м н ң, д, т              genitive
    D  д, т                                               locative, past
    B  н after м н ң, else д, т                           ablative
    M  м, after з ж: б, after a voiceless: п              instrumental
    P  м, after з ж м н ң: б, after a voiceless: п        negation
    (I) after a consonant only;  (с) after a vowel only

Sources: the rules every school grammar of Kazakh gives for the suffixes named.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Harmony = Literal["back", "front"]

_BACK = "аоұыяё"
_FRONT = "әеөүіэ"
_VOWELS = "аәеёоөұүыіэя"

_ENDINGS: dict[str, tuple[str, str, str, str, str, str]] = {
    #     vowel glide  л    nasal з ж  voiceless
    "L": ("л", "л", "д", "д", "д", "т"),
    "N": ("н", "д", "д", "д", "д", "т"),
    "Q": ("н", "д", "д", "н", "д", "т"),
    "D": ("д", "д", "д", "д", "д", "т"),
    "B": ("д", "д", "д", "н", "д", "т"),
    "M": ("м", "м", "м", "м", "б", "п"),
    "P": ("м", "м", "м", "б", "б", "п"),
}
_COLUMNS = (_VOWELS, "рйуию", "л", "мнң", "зж")
_VOICELESS = len(_COLUMNS)  # the last column: everything else, a written final б в г д being spoken so
_ENDING = {letter: column for column, letters in enumerate(_COLUMNS) for letter in letters}
_BY_HARMONY = {"A": "ае", "I": "ыі", "K": "қк"}
_SOFTENED = {"п": "б", "к": "г", "қ": "ғ"}
_HARDENED = {soft: hard for hard, soft in _SOFTENED.items()}
_OPTIONAL = re.compile(r"\((.)\)")


def harmonies(word: str) -> tuple[Harmony, ...]:
    """Which vowels its suffixes have: one harmony, or both where the word does not tell."""
    for letter in reversed(word):
        if letter in _BACK:
            return ("back",)
        if letter in _FRONT:
            return ("front",)
        if letter == "и":
            return ("back", "front")
    return ("back", "front")


def ends_in_vowel(word: str) -> bool:
    """Whether the next suffix finds a vowel; `у`, `ю` and `и` behave as the glides they end in."""
    return word[-1:] in tuple(_VOWELS)


def attach(stem: str, suffix: str, harmony: Harmony) -> str:
    """`stem` with a suffix given as a template."""
    written = _written(suffix, _ending(stem), ends_in_vowel(stem), harmony)
    return _join(stem, written) if written else stem


@lru_cache(None)
def _written(suffix: str, ending: int, after_vowel: bool, harmony: Harmony) -> str:
    """The letters of a template after a stem of that ending; there are only some hundred answers."""
    template = _OPTIONAL.sub(lambda m: m[1] if after_vowel == (m[1] == "с") else "", suffix)
    written = ""
    for letter in template:
        written += _settle(letter, _ending(written) if written else ending, harmony)
    return written


def harden(stem: str) -> str:
    """The stem as it is before a consonant, from what stands before a vowel: куәліг(і) -> куәлік."""
    return stem[:-1] + _HARDENED.get(stem[-1], stem[-1])


def _settle(letter: str, ending: int, harmony: Harmony) -> str:
    if letter in _BY_HARMONY:
        return _BY_HARMONY[letter][harmony == "front"]
    if letter == "G":
        return ("қк" if ending == _VOICELESS else "ғг")[harmony == "front"]
    return _ENDINGS[letter][ending] if letter in _ENDINGS else letter


def _ending(stem: str) -> int:
    """The column of `_ENDINGS` for a stem."""
    last = stem[-1:]
    return _ENDING.get(stem.rstrip("ьъ")[-1:] if last in "ьъ" else last, _VOICELESS)


def _join(stem: str, suffix: str) -> str:
    """Put them together as spelling wants it: кітап + ы = кітабы, қой + а = қоя, кабель + і = кабелі."""
    first = suffix[0]
    if first not in "аеыіу":
        return stem + suffix
    if stem[-1:] == "й" and first in "ау":
        return stem[:-1] + {"а": "я", "у": "ю"}[first] + suffix[1:]
    stem = stem.rstrip("ьъ")
    return stem[:-1] + _SOFTENED.get(stem[-1:], stem[-1:]) + suffix
