"""Where a phrase occurs in a text: the meaning of `Phrase`, word by word, for trying phrases out.

The engine finds all phrases of a program in one pass; this looks for one, and is short enough to be read as the
definition.
"""

from __future__ import annotations

from sievepy.ir.conditions import Phrase, Slot
from sievepy.mail.normal import clean
from sievepy.mail.skeleton import plain, skeleton
from sievepy.mail.tokens import Token
from sievepy.mail.view import Segment


def stands_for(slot: Slot, token: str) -> bool:
    """Whether the folded `token` is one of the slot's words."""
    bare = plain(token) if slot.plain or slot.plain_prefixes else token
    latin = skeleton(token) if slot.skeletons or slot.skeleton_prefixes else None
    return (
        token in slot.words
        or bare in slot.plain
        or token.startswith(tuple(slot.prefixes))
        or bare.startswith(tuple(slot.plain_prefixes))
        or (latin is not None and (latin in slot.skeletons or latin.startswith(tuple(slot.skeleton_prefixes))))
    )


def find(phrase: Phrase, text: str) -> str | None:
    """The first run of clean `text` that the phrase matches, or None."""
    segment = Segment("", clean(text))
    for first in range(len(segment.tokens)):
        last = _end(phrase, segment.tokens, first, 0)
        if last is not None:
            start, end = segment.clean_span(segment.tokens[first].start, segment.tokens[last].end)
            return segment.clean[start:end]
    return None


def _end(phrase: Phrase, tokens: list[Token], place: int, slot: int) -> int | None:
    """The place of the phrase's last word if `slot` and those after it match from `place` on."""
    if not stands_for(phrase.slots[slot], tokens[place].text):
        return None
    if slot + 1 == len(phrase.slots):
        return place
    for following in range(place + 1, min(place + phrase.gaps[slot] + 2, len(tokens))):
        if tokens[following].sentence != tokens[place].sentence:
            return None
        end = _end(phrase, tokens, following, slot + 1)
        if end is not None:
            return end
    return None
