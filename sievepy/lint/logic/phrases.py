"""When the hits of one phrase are all hits of another.

A phrase is a sequence of word sets with gaps. `q` implies `p` if wherever `q` occurs `p` does: `p`'s words are found
among `q`'s, each of `q`'s words being one of `p`'s, and no farther apart than `p` allows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sievepy.ir.conditions import Phrase, Slot
from sievepy.mail.normal import fold
from sievepy.mail.skeleton import plain, skeleton


def phrase_implies(q: Phrase, p: Phrase) -> bool:
    """Whether every text with a hit of `q` has a hit of `p`."""
    return any(_from(q, p, start, 0) for start in range(len(q.slots) - len(p.slots) + 1))


def _from(q: Phrase, p: Phrase, at: int, slot: int) -> bool:
    """Whether `p` from its `slot` on is found in `q` with that slot at word `at` of `q`."""
    if not slot_implies(q.slots[at], p.slots[slot]):
        return False
    if slot + 1 == len(p.slots):
        return True
    between = 0
    for following in range(at + 1, len(q.slots)):
        between += q.gaps[following - 1]
        if between > p.gaps[slot]:
            return False
        if _from(q, p, following, slot + 1):
            return True
        between += 1
    return False


def slot_implies(q: Slot, p: Slot) -> bool:
    """Whether every token that may stand for `q` may stand for `p`."""
    return (
        all(_takes(p, word) for word in q.words)
        and all(_takes_beginning(p, prefix) for prefix in q.prefixes)
        and all(_within(word, p.plain, p.plain_prefixes) for word in q.plain)
        and all(_begins(prefix, p.plain_prefixes) for prefix in q.plain_prefixes)
        and all(_within(word, p.skeletons, p.skeleton_prefixes) for word in q.skeletons)
        and all(_begins(prefix, p.skeleton_prefixes) for prefix in q.skeleton_prefixes)
    )


def _takes(p: Slot, word: str) -> bool:
    if _within(word, p.words, p.prefixes) or _within(plain(word), p.plain, p.plain_prefixes):
        return True
    latin = skeleton(word)
    return latin is not None and _within(latin, p.skeletons, p.skeleton_prefixes)


def _takes_beginning(p: Slot, prefix: str) -> bool:
    return _begins(prefix, p.prefixes) or _begins(plain(prefix), p.plain_prefixes)


def _within(word: str, words: frozenset[str], prefixes: frozenset[str]) -> bool:
    return word in words or _begins(word, prefixes)


def _begins(word: str, prefixes: Iterable[str]) -> bool:
    return any(word.startswith(prefix) for prefix in prefixes)


def exact_phrase(tokens: tuple[str, ...]) -> Phrase:
    """The phrase that a sequence of exact words hits at least."""
    return Phrase(tuple(Slot(words=frozenset({fold(token)})) for token in tokens), (0,) * (len(tokens) - 1))
