"""Which slots of phrases the words of a text may fill.

Whole words are a look-up; beginnings of words a look-up for each length that prefixes with the same first letters
have. Kazakh words in Russian letters and Latin skeletons are worked out only for words that can have them, and only
if some slot asks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sievepy.ir.conditions import Slot
from sievepy.mail.skeleton import plain, skeleton

Slots = tuple[int, ...]
_KAZAKH = re.compile("[әіңғүұқөһ]")


class Vocabulary:
    """Numbered slots, looked up by words."""

    def __init__(self, slots: Mapping[Slot, int]) -> None:
        self._written = _Table(((slot.words, slot.prefixes, number) for slot, number in slots.items()))
        self._plain = _Table(((slot.plain, slot.plain_prefixes, number) for slot, number in slots.items()))
        self._bones = _Table(((slot.skeletons, slot.skeleton_prefixes, number) for slot, number in slots.items()))

    def look_up(self, tokens: set[str]) -> dict[str, Slots]:
        """The slots that each token may fill; tokens that fill none are left out."""
        found = self._written.look_up(tokens)
        if self._plain:
            _join(found, self._plain.look_up({t for t in tokens if not _KAZAKH.search(t)}))
            for token in filter(_KAZAKH.search, tokens):
                _join(found, {token: self._plain.one(plain(token))})
        if self._bones:
            for token in filter(str.isascii, tokens):
                bones = skeleton(token)
                if bones is not None:
                    _join(found, {token: self._bones.one(bones)})
        return found


def _join(found: dict[str, Slots], more: Mapping[str, Slots]) -> None:
    for token, slots in more.items():
        if slots:
            found[token] = tuple({*found[token], *slots}) if token in found else slots


class _Table:
    """Words and prefixes of one spelling."""

    def __init__(self, entries: Iterable[tuple[frozenset[str], frozenset[str], int]]) -> None:
        words: defaultdict[str, list[int]] = defaultdict(list)
        prefixes: defaultdict[str, list[int]] = defaultdict(list)
        for whole, beginnings, number in entries:
            for word in whole:
                words[word].append(number)
            for prefix in beginnings:
                prefixes[prefix].append(number)
        shared: dict[Slots, Slots] = {}  # forms of a word fill the same slots: one tuple serves them all
        self._words = {word: shared.setdefault(slots, slots) for word, slots in _frozen(words)}
        self._prefixes = dict(_frozen(prefixes))
        self._head = min(map(len, self._prefixes), default=0)
        self._lengths = self._lengths_by_head()

    def __bool__(self) -> bool:
        return bool(self._words or self._prefixes)

    def _lengths_by_head(self) -> dict[str, tuple[int, ...]]:
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for prefix in self._prefixes:
            lengths[prefix[: self._head]].add(len(prefix))
        return {head: tuple(sorted(found)) for head, found in lengths.items()}

    def look_up(self, tokens: set[str]) -> dict[str, Slots]:
        known = self._words.keys() & tokens
        found = {token: self._words[token] for token in known}
        if self._prefixes:
            size, heads = self._head, self._lengths
            for token in tokens:
                if token[:size] in heads:
                    _join(found, {token: self._by_prefix(token)})
        return found

    def one(self, word: str) -> Slots:
        return tuple({*self._words.get(word, ()), *self._by_prefix(word)})

    def _by_prefix(self, word: str) -> Slots:
        lengths = self._lengths.get(word[: self._head], ()) if self._prefixes else ()
        return tuple(slot for length in lengths for slot in self._prefixes.get(word[:length], ()))


def _frozen(table: Mapping[str, list[int]]) -> Iterator[tuple[str, Slots]]:
    return ((word, tuple(numbers)) for word, numbers in table.items())
