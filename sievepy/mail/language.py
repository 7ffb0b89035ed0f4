"""Which language a text is in, as far as rules need it: `kk`, `ru`, `en`, or nothing where there are too few words.

Kazakh shows by its own letters, and where the keyboard lacked them by words that no Russian letter holds.
"""

from __future__ import annotations

import re

from sievepy.mail.tokens import words

_OWN_LETTERS = re.compile("[әіңғүұқөһ]")
_CYRILLIC = re.compile("[а-я]")
_LATIN = re.compile("[a-z]")
_PLAIN_WORDS = frozenset({
    "салем", "салеметсиз", "салеметсизбе", "рахмет", "керек", "емес", "жок", "барма", "болды", "болмай", "болып",
    "калай", "кашан", "неге", "бизге", "бизде", "сиздер", "маган", "менде", "менин", "бир", "еки", "уш", "кун",
    "туралы", "ушин", "жатыр", "турмын", "отырмын", "екен", "берсениз", "бериниз", "бериниздерши", "жасап",
    "жатырмын", "истемейди", "истемей", "коямын", "косып", "тарифти", "интернетти", "уйге", "уйде", "келеди",
    "ауыстыргым",
})  # fmt: skip
_ENGLISH = frozenset({
    "the", "and", "to", "for", "of", "is", "in", "we", "you", "your", "our", "please", "dear", "from", "this", "that",
    "with", "are", "have", "not",
})  # fmt: skip
_FEWEST = 2  # words: less says nothing
_KAZAKH_SHARE = 0.2  # of the Cyrillic words; a Russian letter that quotes a Kazakh name stays below


def language_of(text: str) -> str | None:
    """The language of a folded text, or None."""
    tokens = words(text)
    cyrillic = [t for t in tokens if _CYRILLIC.search(t)]
    latin = [t for t in tokens if _LATIN.search(t)]
    if len(cyrillic) + len(latin) < _FEWEST:
        return None
    if len(latin) > len(cyrillic):
        return "en" if any(t in _ENGLISH for t in latin) else None  # else Russian in Latin letters, or who knows
    kazakh = sum(1 for t in cyrillic if _OWN_LETTERS.search(t) or t in _PLAIN_WORDS)
    return "kk" if kazakh >= _KAZAKH_SHARE * len(cyrillic) else "ru"
