"""Rules without one of their phrases: which phrases those are that a letter could miss.

To leave a phrase out of its list changes a test only for a letter in which no other phrase of the list is met. All
phrases are looked for in one reading, so that the thousands that a letter does not hold cost nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sievepy.compiler import Compilation
from sievepy.engine.reading import Reading
from sievepy.engine.variants import Probe, Variants
from sievepy.ir.conditions import AnyOf, Atom, Mentions, Test
from sievepy.ir.script import Rule
from sievepy.rules_lang.symbols import WrittenPhrase
from sievepy.ruletest.mutants import Mutant
from sievepy.ruletest.phrases import PhraseUses, single
from sievepy.ruletest.signs import Put, condition, replaced, signed
from sievepy.text import Span


@dataclass(frozen=True, slots=True)
class _List:
    """A test that asks for any of several phrases. `singles`: the tests for one phrase each, by number; `alone`: the
    numbers of those that each written phrase alone brings in; `only`: whose each of these is."""

    singles: Mapping[int, Mentions]
    alone: Mapping[Span, frozenset[int]]
    only: Mapping[int, Span]

    def without(self, written: Span, met: frozenset[int]) -> Test:
        """For a letter in which these are met, what the test says without a phrase: what is not met has one answer,
        the same for all phrases, so that one of them speaks for all."""
        left = [number for number in self.singles if number not in self.alone[written]]
        asked = [number for number in left if number in met] + [number for number in left if number not in met][:1]
        return AnyOf(tuple(self.singles[number] for number in asked))


class PhraseMutants:
    """`tried` are the written phrases of tests that ask for several, `alive` those that nothing has noticed."""

    def __init__(self, compilation: Compilation, variants: Variants) -> None:
        assert compilation.script is not None
        self._rules = compilation.script.rules
        self._variants = variants
        self._uses = PhraseUses(compilation)
        self.tried: dict[Span, WrittenPhrase] = {}
        self._places: defaultdict[Span, dict[int, None]] = defaultdict(dict)
        self._holding: defaultdict[int, list[_List]] = defaultdict(list)
        self._lists: dict[int, _List] = {}  # by the identity of the test, which the script holds
        for place, rule in enumerate(self._rules):
            for atom in _lists(rule):
                self._note(atom, place)
                if id(atom) not in self._lists:
                    self._lists[id(atom)] = self._file(atom)
        probed: defaultdict[bool, list[Atom]] = defaultdict(list)
        for each in self._lists.values():
            for test in each.singles.values():
                probed[test.field.kind.startswith("attachment-")].append(test)
        self._outside, self._inside = (Probe(variants, probed[inside]) for inside in (False, True))
        self.alive = dict(self.tried)

    def _note(self, atom: Mentions, place: int) -> None:
        written = self._uses.of(atom).written
        for each in written:
            self._places[each.span][place] = None
            if len(written) > 1:
                self.tried[each.span] = each

    def _file(self, atom: Mentions) -> _List:
        """The list of a test, filed under the numbers of its single phrases."""
        asked = self._uses.of(atom)
        number = self._variants.index.atoms.number
        numbers = {phrase: (number(test), test) for phrase in atom.phrases for test in (single(atom, phrase),)}
        alone = {
            written.span: frozenset(numbers[phrase][0] for phrase in phrases)
            for written, phrases in zip(asked.written, asked.alone, strict=True)
        }
        only = {each: span for span, found in alone.items() for each in found}
        filed = _List(dict(numbers.values()), alone, only)
        for each in filed.singles:
            self._holding[each].append(filed)
        return filed

    def candidates(self, reading: Reading) -> Iterator[tuple[WrittenPhrase, Mutant]]:
        """The phrases, of those still alive, that some test about this letter would miss, and the rules as they are to
        this letter without each."""
        found = [self._outside.true_of(reading), *(self._inside.true_of(item) for item in reading.items)]
        met = frozenset[int]().union(*found)
        for span in dict.fromkeys(span for numbers in found for span in self._missed(numbers)):
            if span in self.alive:
                yield self.alive[span], self._mutant(self.alive[span], met)

    def _missed(self, met: set[int]) -> Iterator[Span]:
        hits: dict[int, tuple[_List, set[int]]] = {}
        for number in sorted(met):
            for each in self._holding[number]:
                hits.setdefault(id(each), (each, set()))[1].add(number)
        for each, numbers in hits.values():
            span = each.only.get(min(numbers))
            if span is not None and numbers <= each.alone[span]:
                yield span

    def _mutant(self, written: WrittenPhrase, met: frozenset[int]) -> Mutant:
        def put(atom: Atom, positive: bool) -> Test:
            asked = self._lists.get(id(atom))
            return atom if asked is None or not asked.alone.get(written.span) else asked.without(written.span, met)

        rules = {place: _replaced(self._rules[place], put) for place in self._places[written.span]}
        titles = tuple(rule.title for rule in rules.values())
        return Mutant(written.span, f"without `{written.span.text}`", titles, rules)


def _replaced(rule: Rule, put: Put) -> Rule:
    unless = None if rule.unless is None else replaced(rule.unless, put)
    return replace(rule, test=replaced(rule.test, put), unless=unless)


def _lists(rule: Rule) -> Iterable[Mentions]:
    for atom, _ in signed(condition(rule)):
        if isinstance(atom, Mentions) and not atom.every and atom.origin is not None and not rule.observe:
            yield atom
