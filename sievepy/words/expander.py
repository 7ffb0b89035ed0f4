"""From a written phrase to what it matches: a sequence of word sets.

Each word is expanded by itself and once; a phrase is never multiplied out. Several languages make one phrase whose sets
are unions, so that a Kazakh sentence with a Russian word inside it is matched too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from sievepy.ir.conditions import Phrase, Slot
from sievepy.mail.skeleton import plain
from sievepy.words import english, kazakh
from sievepy.words.phrase import PhraseProblem, Word, read_phrase
from sievepy.words.russian import Lexeme, RussianDictionary, surprising
from sievepy.words.translit import skeletons

Language = Literal["ru", "kk", "en", "translit"]
LANGUAGES: tuple[Language, ...] = ("ru", "kk", "en", "translit")

_CYRILLIC = re.compile("[а-яәіңғүұқөһ]+")
_CACHED = 8192  # words of a program


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a phrase matches: no phrase where it has problems, else one. `surprising` are words the phrase matches in
    all their forms although its writer hardly meant them."""

    phrases: tuple[Phrase, ...]
    surprising: tuple[str, ...] = ()
    problems: tuple[PhraseProblem, ...] = ()


class Expander:
    """Expands phrases, remembering words. Share one within a compilation; it opens the dictionary at most once."""

    def __init__(self, dictionary: RussianDictionary | None = None) -> None:
        self._dictionary = dictionary or RussianDictionary()
        self._slot = lru_cache(_CACHED)(self._make_slot)

    def expand(self, phrase: str, languages: Sequence[str] = ("ru",)) -> Expansion:
        """The expansion of `phrase` in `languages` (none given: Russian)."""
        written = read_phrase(phrase)
        if written.problems:
            return Expansion((), (), written.problems)
        chosen = frozenset(languages) or frozenset({"ru"})
        alone = len(written.words) == 1
        slots = tuple(self._slot(word, chosen, alone) for word in written.words)
        odd = self._surprising(written.words[0]) if alone and _speaks_russian(chosen) else ()
        return Expansion((Phrase(slots, written.gaps, phrase),), odd)

    def lexemes(self, word: Word) -> tuple[Lexeme, ...]:
        """The Russian lexemes a word of a phrase is expanded to; none where it stays as it is written."""
        if word.literal or word.prefix or not _CYRILLIC.fullmatch(word.text):
            return ()
        return self._dictionary.lexemes(word.text, word.guess)

    def _surprising(self, word: Word) -> tuple[str, ...]:
        # In a longer phrase the other words tell which one is meant.
        return () if word.guess else surprising(word.text, self.lexemes(word))

    def _make_slot(self, word: Word, languages: frozenset[str], alone: bool) -> Slot:
        if word.prefix:
            return _prefix_slot(word.text, languages)
        russian = self._russian(word) if _speaks_russian(languages) else frozenset()
        exact: frozenset[str] = frozenset()
        loose: frozenset[str] = frozenset()
        spelt = russian
        if "kk" in languages:
            forms = frozenset({word.text}) if word.literal else kazakh.forms(word.text)
            exact, loose = self._kazakh(word.text, forms, alone)
            spelt |= forms
        if "en" in languages:
            exact |= frozenset({word.text}) if word.literal else english.forms(word.text)
        latin = skeletons(spelt) if "translit" in languages else frozenset()
        if languages == {"translit"} and latin:
            return Slot(skeletons=latin)  # in Latin letters only
        return Slot(words=russian | exact | {word.text}, plain=loose, skeletons=latin)

    def _russian(self, word: Word) -> frozenset[str]:
        forms = (lexeme.forms for lexeme in self.lexemes(word))
        return frozenset({word.text}).union(*forms)

    def _kazakh(self, written: str, forms: Iterable[str], alone: bool) -> tuple[frozenset[str], frozenset[str]]:
        """Forms to compare as they are, and forms to compare without Kazakh letters.

        A form that without them is a Russian word (`қал`: кал) would hit Russian letters: alone it keeps its letters,
        or is left out where it has none. Beside other words of the phrase it can do no harm.
        """
        exact: set[str] = set()
        loose: set[str] = set()
        for form in forms:
            bare = plain(form)
            if not alone or not self._dictionary.knows(bare):
                loose.add(bare)
            elif form != bare or form == written:
                exact.add(form)
        return frozenset(exact), frozenset(loose)


def _speaks_russian(languages: frozenset[str]) -> bool:
    """Transliteration alone is of Russian words."""
    return "ru" in languages or languages == {"translit"}


def _prefix_slot(text: str, languages: frozenset[str]) -> Slot:
    return Slot(
        prefixes=frozenset() if languages == {"translit"} else frozenset({text}),
        plain_prefixes=frozenset({plain(text)}) if "kk" in languages else frozenset(),
        skeleton_prefixes=skeletons([text]) if "translit" in languages else frozenset(),
    )
