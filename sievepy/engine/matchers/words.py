"""`mentions` and `mentions all of … within N`: phrases over the words of a segment, all in one pass.

A phrase of one word is answered by the vocabulary. A longer one is filed under a pair of neighbouring slots, the pair
that the fewest phrases share: `счёт на …` may begin three thousand phrases, and none of them is looked at unless the
rarer pair stands in the letter. `all of … within` is filed under the phrase of it that the fewest share.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass

from sievepy.engine.matchers.phrases import Occurrence, near, neighbours, occurrences, touching
from sievepy.engine.matchers.vocabulary import Slots, Vocabulary
from sievepy.ir.conditions import Mentions, MentionsNear, Phrase, Slot
from sievepy.mail.tokens import sentences_of_words, words
from sievepy.mail.view import Segment

PhraseFinder = Callable[[Segment], list[list[Occurrence]]]


@dataclass(frozen=True, slots=True)
class _Sequence:
    """A phrase with its slots as numbers."""

    slots: Slots
    gaps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Near:
    number: int
    phrases: tuple[int, ...]
    within: int


class WordMatcher:
    """The tests `Mentions` and `MentionsNear` of one field."""

    def __init__(self, tests: Iterable[tuple[int, Mentions | MentionsNear]]) -> None:
        self._slots: dict[Slot, int] = {}
        self._numbers: dict[Phrase, int] = {}
        self._sequences: list[_Sequence] = []
        asked: defaultdict[int, list[int]] = defaultdict(list)  # phrase -> tests
        together: list[_Near] = []
        for number, test in tests:
            phrases = tuple(self._intern(phrase) for phrase in test.phrases)
            if isinstance(test, MentionsNear):
                together.append(_Near(number, phrases, test.within))
                continue
            for phrase in phrases:
                asked[phrase].append(number)
        self._asked = {phrase: tuple(numbers) for phrase, numbers in asked.items()}
        self._near = _by_rarest_phrase(together)
        self._vocabulary = Vocabulary(self._slots)
        self._file_phrases()

    def _intern(self, phrase: Phrase) -> int:
        number = self._numbers.get(phrase)
        if number is None:
            number = self._numbers[phrase] = len(self._numbers)
            slots = tuple(self._slots.setdefault(slot, len(self._slots)) for slot in phrase.slots)
            self._sequences.append(_Sequence(slots, phrase.gaps))
        return number

    def _file_phrases(self) -> None:
        shared = Counter(pair for sequence in self._sequences for pair in set(neighbours(sequence.slots)))
        single: defaultdict[int, list[int]] = defaultdict(list)
        pairs: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._widest: dict[tuple[int, int], int] = {}
        for number, sequence in enumerate(self._sequences):
            if len(sequence.slots) == 1:
                single[sequence.slots[0]].append(number)
                continue
            at = min(range(len(sequence.gaps)), key=lambda i: shared[sequence.slots[i], sequence.slots[i + 1]])
            left, right = sequence.slots[at : at + 2]
            pairs[left][right].append(number)
            self._widest[left, right] = max(self._widest.get((left, right), 0), sequence.gaps[at])
        self._single = {slot: tuple(numbers) for slot, numbers in single.items()}
        self._pairs = {left: {r: tuple(numbers) for r, numbers in row.items()} for left, row in pairs.items()}

    # ------------------------------------------------------------ a letter

    def find(self, segment: Segment) -> set[int]:
        reading = segment.once(self, self._row)
        present = reading.present
        if not present:
            return set()
        phrases = {number for slot in present for number in self._single.get(slot, ())}
        if self._pairs:
            phrases |= self._longer(present, reading)
        found = {test for phrase in phrases for test in self._asked.get(phrase, ())}
        if self._near:
            found |= self._together(phrases, reading)
        return found

    def _row(self, segment: Segment) -> _Row:
        return _Row(segment, words(segment.folded), self._vocabulary)

    def finder(self, phrases: Iterable[Phrase]) -> PhraseFinder:
        """Where phrases of its tests stand: for each its occurrences, as positions among `segment.tokens`."""
        sequences = [self._sequences[self._numbers[phrase]] for phrase in phrases]

        def standing(segment: Segment) -> list[list[Occurrence]]:
            row = segment.once(self, self._row)
            return [row.occurrences(each) if row.may_hold(each) else [] for each in sequences]

        return standing

    def _longer(self, present: set[int], row: _Row) -> set[int]:
        """The phrases of two words and more that stand in the row."""
        found: set[int] = set()
        meeting = [
            (left, right) for left in self._pairs.keys() & present for right in self._pairs[left].keys() & present
        ]
        places = row.places({slot for pair in meeting for slot in pair})
        for left, right in meeting:
            if touching(places[left], places[right], self._widest[left, right]):
                found.update(phrase for phrase in self._pairs[left][right] if row.holds(self._sequences[phrase]))
        return found

    def _together(self, phrases: set[int], row: _Row) -> set[int]:
        found: set[int] = set()
        for phrase in phrases:
            for test in self._near.get(phrase, ()):
                if phrases.issuperset(test.phrases):
                    standing = [row.occurrences(self._sequences[each]) for each in test.phrases]
                    if near(standing, test.within) is not None:
                        found.add(test.number)
        return found


def _by_rarest_phrase(tests: list[_Near]) -> Mapping[int, tuple[_Near, ...]]:
    shared = Counter(phrase for test in tests for phrase in set(test.phrases))
    filed: defaultdict[int, list[_Near]] = defaultdict(list)
    for test in tests:
        filed[min(test.phrases, key=lambda phrase: shared[phrase])].append(test)
    return {phrase: tuple(found) for phrase, found in filed.items()}


class _Row:
    """The words of one segment; places and sentences are worked out when a longer phrase may stand there."""

    def __init__(self, segment: Segment, row: list[str], vocabulary: Vocabulary) -> None:
        self._segment = segment
        self._words = row
        self._fitting = vocabulary.look_up(set(self._words))
        self.present = {slot for slots in self._fitting.values() for slot in slots}
        """The slots that some word may fill."""
        self._places: dict[int, list[int]] = {}
        self._sentences: list[int] | None = None

    def places(self, slots: Set[int]) -> Mapping[int, list[int]]:
        """Where these slots are filled, and those that were asked for before."""
        missing = slots - self._places.keys()
        if missing:
            wanted = {word: fits for word, all in self._fitting.items() if (fits := [s for s in all if s in missing])}
            self._places.update((slot, []) for slot in missing)
            for place, word in enumerate(self._words):
                if word in wanted:
                    for slot in wanted[word]:
                        self._places[slot].append(place)
        return self._places

    @property
    def _sentence_of(self) -> list[int]:
        if self._sentences is None:
            self._sentences = sentences_of_words(self._segment.folded, self._segment.clean, len(self._words))
        return self._sentences

    def may_hold(self, phrase: _Sequence) -> bool:
        """Whether each slot is filled somewhere."""
        return self.present.issuperset(phrase.slots)

    def holds(self, phrase: _Sequence) -> bool:
        return bool(occurrences(phrase.slots, phrase.gaps, self.places({*phrase.slots}))) and bool(
            self.occurrences(phrase)
        )

    def occurrences(self, phrase: _Sequence) -> list[Occurrence]:
        sentences = self._sentence_of if phrase.gaps else None
        return occurrences(phrase.slots, phrase.gaps, self.places({*phrase.slots}), sentences)
