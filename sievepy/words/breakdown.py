"""What a phrase matches, told word by word: for people, not for matching."""

from __future__ import annotations

from dataclasses import dataclass

from sievepy.ir.conditions import Phrase, Slot
from sievepy.words.expander import Expander
from sievepy.words.phrase import Word, read_phrase

_KINDS = {"VERB": "verb", "NOUN": "noun", "ADJ": "adjective"}


@dataclass(frozen=True, slots=True)
class Lemma:
    """A word of the dictionary that a written word can be a form of. `surprising`: its writer hardly meant it."""

    lemma: str
    kind: str
    surprising: bool
    forms: list[str]


@dataclass(frozen=True, slots=True)
class WordForms:
    """What one word of a phrase stands for. `spellings` belong to no lemma; `prefixes` are beginnings of words;
    `kazakh` is typed without the letters of that alphabet; `latin` are skeletons (see `mail.skeleton`)."""

    word: str
    lemmas: list[Lemma]
    spellings: list[str]
    prefixes: list[str]
    kazakh: list[str]
    latin: list[str]
    latin_prefixes: list[str]


def breakdown(expander: Expander, phrase: Phrase, surprising: frozenset[str]) -> list[WordForms]:
    """The words of an expanded phrase. `surprising` are those that its expansion says of itself."""
    words = read_phrase(phrase.written).words
    return [_forms(expander, word, slot, surprising) for word, slot in zip(words, phrase.slots, strict=True)]


def _forms(expander: Expander, word: Word, slot: Slot, surprising: frozenset[str]) -> WordForms:
    lexemes = expander.lexemes(word) if slot.words else ()
    named = frozenset[str]().union(*(lexeme.forms for lexeme in lexemes))
    return WordForms(
        word=word.written,
        lemmas=[
            Lemma(x.lemma, _KINDS.get(x.kind, x.kind.lower()), x.lemma in surprising, sorted(x.forms & slot.words))
            for x in lexemes
            if x.forms & slot.words
        ],
        spellings=sorted(slot.words - named),
        prefixes=sorted(slot.prefixes | slot.plain_prefixes),
        kazakh=sorted(slot.plain),
        latin=sorted(slot.skeletons),
        latin_prefixes=sorted(slot.skeleton_prefixes),
    )
