"""Which written phrases a test asks for, and each of them as a test of its own.

A phrase is written once, in a `phrases` block or in a test, and may stand for several phrases of the IR (one a
language); many tests may ask for it. `mentions "a", "b"` answers what `any { mentions "a"; mentions "b" }` would,
unless it is said of `every` value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sievepy.compiler import Compilation
from sievepy.ir.conditions import Atom, Mentions, MentionsNear, Phrase
from sievepy.ir.script import Script
from sievepy.rules_lang.symbols import WrittenPhrase
from sievepy.ruletest.signs import condition, signed
from sievepy.text import SourceFile, Span

_ASKING = (Mentions, MentionsNear)


def single(test: Mentions, phrase: Phrase) -> Mentions:
    """The test for one of its phrases."""
    return Mentions(test.field, (phrase,))


def singles(script: Script) -> Iterator[Mentions]:
    """For each test of a script that asks for any of several phrases, those for one."""
    for rule in (*script.rules, *script.session_rules):
        for atom, _ in signed(condition(rule)):
            if isinstance(atom, Mentions) and not atom.every:
                yield from (single(atom, phrase) for phrase in atom.phrases)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one test asks for: each written phrase, with what it alone brings in."""

    written: Sequence[WrittenPhrase]
    alone: Sequence[frozenset[Phrase]]


@dataclass(slots=True)
class _Uses:
    """The places of one file where phrases are asked for."""

    places: list[tuple[int, int, tuple[WrittenPhrase, ...]]] = field(default_factory=list)

    def within(self, span: Span) -> list[WrittenPhrase]:
        found = (written for start, end, written in self.places if span.start <= start and end <= span.end)
        return list({phrase.span: phrase for phrases in found for phrase in phrases}.values())


class PhraseUses:
    """The written phrases of a compiled program, by the tests that ask for them."""

    def __init__(self, compilation: Compilation) -> None:
        self._uses: defaultdict[SourceFile, _Uses] = defaultdict(_Uses)
        symbols = compilation.symbols
        for symbol in symbols.phrases.values():
            for use in symbol.uses:
                self._add(use, symbol.value)
        for written in symbols.inline:
            self._add(written.span, (written,))
        self._asked: dict[Span, Asked] = {}

    def _add(self, place: Span, written: tuple[WrittenPhrase, ...]) -> None:
        self._uses[place.source].places.append((place.start, place.end, written))

    def of(self, atom: Atom) -> Asked:
        """What a test as it stands in the rules asks for; nothing where it asks for no phrases."""
        if not isinstance(atom, _ASKING) or atom.origin is None:
            return Asked((), ())
        found = self._asked.get(atom.origin)
        if found is None:
            written = self._uses[atom.origin.source].within(atom.origin)
            found = self._asked[atom.origin] = Asked(written, _alone(written))
        return found


def _alone(written: Iterable[WrittenPhrase]) -> list[frozenset[Phrase]]:
    written = list(written)
    brought: defaultdict[Phrase, int] = defaultdict(int)
    for each in written:
        for phrase in set(each.phrases):
            brought[phrase] += 1
    return [frozenset(phrase for phrase in each.phrases if brought[phrase] == 1) for each in written]
