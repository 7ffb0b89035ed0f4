"""The words of the generated letters and rules: Russian forms of the dictionary, and made-up English.

Words of letters (`common`) follow Zipf's law. Words of rules (`keywords`) occur in no letter unless they are put there:
none is part of another, or of a common word. So what a letter matches is known by how it was made.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate, product
from typing import Literal

import pymorphy3

Language = Literal["ru", "en"]

COMMON = 6_000
_SEED = 20260115
_PREFIXES = ("ба", "га", "ли", "ма", "те")  # some of the dictionary, quickly read
_RUSSIAN = re.compile(r"[а-я]{5,14}")
_SHORTEST = 5
_SYLLABLES = tuple("".join(pair) for pair in product("bcdfghlmnprstvw", "aeiou"))
_TAILS = ("", "n", "r", "s", "t", "ly", "ing", "ed", "er", "ment")
_ENGLISH = 60_000


@cache
def common(language: Language) -> Sequence[str]:
    """The words that letters are made of, the commonest first."""
    return _shuffled(language)[:COMMON]


def keywords(language: Language, count: int) -> list[str]:
    """Raises ValueError if the language has not that many."""
    inside = {part for word in common(language) for part in _parts(word)}
    found: dict[str, None] = {}
    for word in _shuffled(language)[COMMON:]:
        parts = _parts(word)
        if word not in inside and found.keys().isdisjoint(parts):
            found[word] = None
            inside.update(parts)
            if len(found) == count:
                return list(found)
    raise ValueError(f"{language} has {len(found)} keywords, not {count}")


def unrelated(words: Iterable[str]) -> Iterator[str]:
    """The Russian words of which no form is a common word."""
    analyzer = _analyzer()

    def lemmas(word: str) -> set[str]:
        return {parse.normal_form for parse in analyzer.parse(word)}

    taken = {lemma for word in common("ru") for lemma in lemmas(word)}
    return (word for word in words if taken.isdisjoint(lemmas(word)))


class Prose:
    """Endless words of a language, commonest most often."""

    def __init__(self, language: Language, source: random.Random) -> None:
        self._words, self._source = common(language), source
        self._weights = list(accumulate(1 / (rank + 5) for rank in range(len(self._words))))

    def words(self, count: int) -> list[str]:
        return self._source.choices(self._words, cum_weights=self._weights, k=count)


def _parts(word: str) -> set[str]:
    """All that a shorter keyword could be inside it, and itself."""
    ends = range(_SHORTEST, len(word) + 1)
    return {word[start:end] for end in ends for start in range(end - _SHORTEST + 1)}


@cache
def _analyzer() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer(lang="ru")


@cache
def _shuffled(language: Language) -> list[str]:
    source = random.Random(_SEED)
    words = list(_russian()) if language == "ru" else list(_english(source))
    source.shuffle(words)
    return words


def _russian() -> Iterator[str]:
    known = _analyzer().dictionary.words
    for prefix in _PREFIXES:
        yield from filter(_RUSSIAN.fullmatch, known.keys(prefix))


def _english(source: random.Random) -> Iterator[str]:
    made: dict[str, None] = {}
    while len(made) < _ENGLISH:
        made["".join(source.choices(_SYLLABLES, k=source.choice((3, 4)))) + source.choice(_TAILS)] = None
    return iter(made)
