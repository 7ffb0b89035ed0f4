"""English word forms: plural, possessive, -s, -ed and -ing, by the spelling rules; irregular ones from a short table.

A possessive's `s` is a token of its own (`customer's`), so the word itself matches it. Whether a word is a noun or a
verb is not asked: forms nobody writes match nothing.
"""

from __future__ import annotations

import re

_IRREGULAR = {
    "bring": "brought", "buy": "bought", "child": "children", "do": "does did done", "get": "got gotten",
    "give": "gave given", "go": "goes went gone", "have": "has had", "keep": "kept", "lose": "lost",
    "make": "made", "man": "men", "pay": "paid", "person": "people", "run": "ran", "see": "saw seen",
    "sell": "sold", "send": "sent", "take": "took taken", "tell": "told", "woman": "women",
    "write": "wrote written",
}  # fmt: skip
_SHORTEST = 2  # letters
_DOUBLED = re.compile(r"[^aeiou][aeiou][bdfgklmnprtvz]$")


def forms(word: str) -> frozenset[str]:
    """The forms of a folded word; only itself where it is not made of Latin letters."""
    if not (word.isascii() and word.isalpha()) or len(word) < _SHORTEST:
        return frozenset({word})
    return frozenset({word, _with_s(word), *_past_and_gerund(word), *_IRREGULAR.get(word, "").split()})


def _with_s(word: str) -> str:
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + "s"


def _past_and_gerund(word: str) -> tuple[str, ...]:
    if word.endswith("ie"):
        return (word + "d", word[:-2] + "ying")
    if word.endswith("ee"):
        return (word + "d", word + "ing")
    if word.endswith("e"):
        return (word + "d", word[:-1] + "ing")
    past = word[:-1] + "ied" if re.search(r"[^aeiou]y$", word) else word + "ed"
    regular = (past, word + "ing")
    if _DOUBLED.search(word):  # stress decides (visit, permit), so both
        return (*regular, word + word[-1] + "ed", word + word[-1] + "ing")
    return regular
