"""Russian word forms from the OpenCorpora dictionary, by way of pymorphy3.

Only what the dictionary holds is used: its guesses are wrong for the words that matter here (`лагает` becomes a noun).
The dictionary (76 ms, 25 MB) is opened by the first word that needs it. Aspect pairs are separate words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sievepy.mail.normal import fold

_VERBAL = frozenset({"VERB", "INFN", "PRTF", "PRTS", "GRND"})
_ADJECTIVAL = frozenset({"ADJF", "ADJS", "COMP"})
_QUALITIES = frozenset({"ADJ", "ADVB", "PRED"})  # быстро is быстрый's
_STEM = 4  # letters
_CACHED = 8192  # words; a large rules file holds a few thousand


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A word of the dictionary in all its forms, folded. `kind` is its part of speech, participles and infinitives
    being verbs; `likelihood` how often the written word is a form of this one (0 to 1, by the corpus)."""

    lemma: str
    kind: str
    forms: frozenset[str]
    likelihood: float


@cache
def _open() -> Any:
    """The dictionary's files, once a process: the compiler and the checks of its result each look words up."""
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()


class RussianDictionary:
    """The dictionary, opened on first use."""

    def __init__(self) -> None:
        self.lexemes = lru_cache(_CACHED)(self._lexemes)

    def knows(self, word: str) -> bool:
        """Whether the folded `word` is a form of a word the dictionary holds, `е` standing for `ё` too."""
        known = self._analyzer.dictionary.words
        return word in known or ("е" in word and bool(known.similar_keys(word, self._analyzer.char_substitutes)))

    @property
    def _analyzer(self) -> Any:
        return _open()

    def _lexemes(self, word: str, guess: bool = False) -> tuple[Lexeme, ...]:
        """The lexemes `word` is a form of, the likeliest first; none where the dictionary lacks it, unless `guess`."""
        found: dict[tuple[str, str, frozenset[str]], float] = {}
        paradigms: dict[tuple[str, Any], frozenset[str]] = {}
        for parse in self._analyzer.parse(word):
            if not guess and not _is_known(parse):
                continue
            paradigm = (parse.normal_form, _paradigm(parse))
            if paradigm not in paradigms:
                paradigms[paradigm] = frozenset(fold(form.word) for form in parse.lexeme)
            key = (parse.normal_form, _kind(str(parse.tag.POS)), paradigms[paradigm])
            found[key] = found.get(key, 0.0) + parse.score
        lexemes = [Lexeme(lemma, kind, forms, score) for (lemma, kind, forms), score in found.items()]
        return tuple(sorted(lexemes, key=lambda lexeme: -lexeme.likelihood))


def dictionary_version() -> str:
    """The dictionary's name and version, without opening it."""
    from pymorphy3_dicts_ru.version import __version__

    return f"pymorphy3-dicts-ru {__version__}"


def surprising(word: str, lexemes: Iterable[Lexeme]) -> tuple[str, ...]:
    """Lemmas that `word` is a form of although its writer hardly meant them (`моя`: мыть). Meant is the likeliest word,
    of equally likely ones that whose dictionary form is written."""
    ordered = sorted(lexemes, key=lambda x: (-round(x.likelihood, 1), fold(x.lemma) != word))
    return tuple(dict.fromkeys(x.lemma for x in ordered[1:] if not _related(ordered[0], x)))


def _related(one: Lexeme, other: Lexeme) -> bool:
    """Whether whoever means one word does not mind the other: быстро and быстрый, закрытый and закрыть, a noun that is
    an adjective (накладная)."""
    kinds = {one.kind, other.kind}
    if kinds <= _QUALITIES and one.lemma[:_STEM] == other.lemma[:_STEM]:
        return True
    if kinds == {"ADJ", "VERB"}:
        adjective, verb = (one, other) if one.kind == "ADJ" else (other, one)
        return 2 * len(adjective.forms & verb.forms) > len(adjective.forms)
    if kinds == {"ADJ", "NOUN"}:
        return one.forms <= other.forms or other.forms <= one.forms
    return one.lemma == other.lemma


def _is_known(parse: Any) -> bool:
    return len(parse.methods_stack) == 1 and type(parse.methods_stack[0][0]).__name__ == "DictionaryAnalyzer"


def _paradigm(parse: Any) -> Any:
    """What tells homonyms with one normal form apart: a dictionary word's paradigm number."""
    return parse.methods_stack[0][2] if _is_known(parse) else parse.tag


def _kind(part: str) -> str:
    if part in _VERBAL:
        return "VERB"
    return "ADJ" if part in _ADJECTIVAL else part
