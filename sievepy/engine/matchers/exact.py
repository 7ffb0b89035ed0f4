"""`mentions exact`: rows of words in the spelling and case written, over the words of the clean text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sievepy.ir.conditions import MentionsExact
from sievepy.mail.tokens import Token, tokenize, words
from sievepy.mail.view import Segment

Key = tuple[str, ...]


class ExactMatcher:
    """The tests `MentionsExact` of one field. A key of several words is filed under its rarest pair of neighbours."""

    def __init__(self, tests: Iterable[tuple[int, MentionsExact]]) -> None:
        keys: defaultdict[Key, list[int]] = defaultdict(list)
        for number, test in tests:
            for key in test.keys:
                keys[key].append(number)
        self._single = {key[0]: tuple(numbers) for key, numbers in keys.items() if len(key) == 1}
        shared = Counter(pair for key in keys for pair in set(pairwise(key)))
        pairs: defaultdict[tuple[str, str], list[tuple[Key, tuple[int, ...]]]] = defaultdict(list)
        for key, numbers in keys.items():
            if len(key) > 1:
                rarest = min(pairwise(key), key=lambda pair: shared[pair])
                pairs[rarest].append((key, tuple(numbers)))
        self._pairs = {pair: tuple(found) for pair, found in pairs.items()}

    def find(self, segment: Segment) -> set[int]:
        row = words(segment.clean)
        found = {number for word in self._single.keys() & set(row) for number in self._single[word]}
        if self._pairs:
            candidates = [key for pair in self._pairs.keys() & set(pairwise(row)) for key in self._pairs[pair]]
            tokens = tokenize(segment.clean) if candidates else []
            for key, numbers in candidates:
                if not found.issuperset(numbers) and place_of(key, tokens) is not None:
                    found.update(numbers)
        return found


def place_of(key: Key, tokens: Sequence[Token]) -> int | None:
    """The first position at which the words of `key` stand next to each other within one sentence."""
    for at in range(len(tokens) - len(key) + 1):
        if tokens[at].text != key[0]:
            continue
        row = tokens[at : at + len(key)]
        if row[0].sentence == row[-1].sentence and all(
            token.text == word for token, word in zip(row, key, strict=True)
        ):
            return at
    return None
