"""What of the rules the tests reach: rules that no letter makes fire, tests in them that are never true.

The unit is what is written: a rule, and a single test at its place (`FIELD OPERATOR OPERANDS`, or a fact). A test of a
named condition counts once, however many rules use it. A test that stands for its rule is covered by a yes to a letter
for which the rule fired. One that stands against it (behind `not`, in `none`, in `unless`) is covered by a yes to a
letter that the rule would have taken without its exceptions.

Phrases are counted, too, but apart: a list holds a hundred ways to say one thing, and tests that repeat them all would
say nothing that the list does not. A phrase is met where it makes a test true that is thereby covered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sievepy.compiler import Compilation
from sievepy.engine.predicates import Predicate
from sievepy.engine.reading import Progress, Reading
from sievepy.engine.variants import OpenLetter, Turn, Variants
from sievepy.ir.conditions import Atom, Mentions
from sievepy.ir.script import Rule
from sievepy.rules_lang.symbols import WrittenPhrase
from sievepy.ruletest.phrases import PhraseUses, single, singles
from sievepy.ruletest.signs import condition, signed, without_exceptions
from sievepy.ruletest.trial import Trial
from sievepy.text import Span


@dataclass(frozen=True, slots=True)
class CoveredRule:
    """`letters`: how many made it fire."""

    title: str
    span: Span
    letters: int


@dataclass(frozen=True, slots=True)
class CoveredTest:
    """`rules`: the titles of those it stands in. `unmet`: its written phrases, of `phrases`, that no letter met."""

    span: Span
    rules: tuple[str, ...]
    exception: bool
    covered: bool
    phrases: int
    unmet: tuple[WrittenPhrase, ...]


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """Of what one file holds: how many there are, and how many are covered."""

    name: str
    rules: tuple[int, int]
    tests: tuple[int, int]
    phrases: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rules in the order of judging (session rules first), tests by place, files in the order of inclusion. Pairs are
    (covered, all)."""

    rules: tuple[CoveredRule, ...]
    tests: tuple[CoveredTest, ...]
    files: tuple[FileCoverage, ...]
    letters: int

    @property
    def counted(self) -> tuple[int, int]:
        """Rules and tests together; phrases do not count."""
        pairs = [pair for file in self.files for pair in (file.rules, file.tests)]
        return sum(covered for covered, _ in pairs), sum(all_ for _, all_ in pairs)

    @property
    def percent(self) -> float:
        return percent(*self.counted)


def percent(covered: int, of: int) -> float:
    """Of nothing, all is covered."""
    return 100.0 * covered / of if of else 100.0


def measure(compilation: Compilation, trials: Iterable[Trial]) -> Coverage:
    """What the letters of `trials` reach, passing or not. Raises ValueError for rules with errors."""
    if compilation.script is None:
        raise ValueError("rules with errors have no meaning that could be covered")
    measuring = _Measuring(compilation)
    letters = 0
    for trial in trials:
        measuring.add(trial)
        letters += 1
    return measuring.result(letters)


class _Place:
    """One test as written, and what was seen of it. Several atoms may stand for one place: `size > 1MB, 2MB`."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.rules: dict[str, None] = {}
        self.positive = False
        self.covered = False
        self.met: set[Span] = set()
        self.written: dict[Span, WrittenPhrase] = {}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One test of one rule, ready to be asked. `phrases`: the numbers of the tests for single phrases, and the places
    where each phrase is written."""

    place: _Place
    positive: bool
    says_yes: Callable[[Reading], bool]
    phrases: Sequence[tuple[Callable[[Reading], bool], Span]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A rule's tests; `takes`: what it would answer without its exceptions, None where it has none."""

    leaves: Sequence[_Leaf]
    takes: Predicate | None


class _Measuring:
    def __init__(self, compilation: Compilation) -> None:
        assert compilation.script is not None
        self._compilation = compilation
        self._script = compilation.script
        self._uses = PhraseUses(compilation)
        self._variants = Variants(self._script, singles(self._script))
        self._places: dict[Span, _Place] = {}
        self._fired: Counter[str] = Counter()
        self._asked = {rule.title: self._ask(rule) for rule in (*self._script.session_rules, *self._script.rules)}

    # ------------------------------------------------------------ what there is

    def _ask(self, rule: Rule) -> _Asked:
        leaves = [self._leaf(rule, atom, positive) for atom, positive in signed(condition(rule)) if atom.origin]
        guarded = any(not leaf.positive for leaf in leaves)
        return _Asked(leaves, self._variants.predicate(without_exceptions(rule)) if guarded else None)

    def _leaf(self, rule: Rule, atom: Atom, positive: bool) -> _Leaf:
        assert atom.origin is not None
        place = self._places.setdefault(atom.origin, _Place(atom.origin))
        place.rules[rule.title] = None
        place.positive |= positive
        asked = self._uses.of(atom)
        place.written |= {written.span: written for written in asked.written}
        return _Leaf(place, positive, self._yes(atom), self._phrases(atom, asked.written))

    def _phrases(self, atom: Atom, written: Sequence[WrittenPhrase]) -> list[tuple[Callable[[Reading], bool], Span]]:
        if not isinstance(atom, Mentions) or atom.every:
            return [(self._yes(atom), each.span) for each in written]  # all of them, or none
        return [(self._yes(single(atom, phrase)), each.span) for each in written for phrase in each.phrases]

    def _yes(self, atom: Atom) -> Callable[[Reading], bool]:
        """Whether a test is true of a letter, or of some attachment where it is about one."""
        ask = self._variants.predicate(atom)
        field = getattr(atom, "field", None)
        if field is not None and getattr(field, "kind", "").startswith("attachment-"):
            return lambda reading: any(ask(item) is True for item in reading.items)
        return lambda reading: ask(reading) is True

    # ------------------------------------------------------------ what is seen

    def add(self, trial: Trial) -> None:
        letter = self._variants.open(trial.letter, trial.context)
        turns, plan = letter.turns()
        self._fired.update(fired.title for fired in plan.fired)
        for turn in turns:
            if turn.standing == "judged":
                self._see(letter, turn)
        self._see_session(letter)

    def _see(self, letter: OpenLetter, turn: Turn) -> None:
        asked = self._asked[turn.ready.rule.title]
        if turn.truth:
            self._mark(letter, asked, turn.progress, positive=True)
        elif asked.takes is not None and letter.answer(asked.takes, turn.progress):
            self._mark(letter, asked, turn.progress, positive=False)

    def _see_session(self, letter: OpenLetter) -> None:
        """Session rules are asked until one refuses."""
        refusing = letter.refusing(self._variants.session_rules)
        for ready in self._variants.session_rules:
            asked, nothing = self._asked[ready.rule.title], Progress()
            if ready is refusing:
                self._fired[ready.rule.title] += 1
                self._mark(letter, asked, nothing, positive=True)
                return
            if asked.takes is not None and letter.answer(asked.takes, nothing):
                self._mark(letter, asked, nothing, positive=False)

    def _mark(self, letter: OpenLetter, asked: _Asked, progress: Progress, *, positive: bool) -> None:
        letter.reading.progress = progress
        for leaf in asked.leaves:
            if leaf.positive is positive and leaf.says_yes(letter.reading):
                leaf.place.covered = True
                leaf.place.met |= {span for holds, span in leaf.phrases if holds(letter.reading)}

    # ------------------------------------------------------------ what comes of it

    def result(self, letters: int) -> Coverage:
        rules = tuple(
            CoveredRule(rule.title, rule.origin, self._fired[rule.title])
            for rule in (*self._script.session_rules, *self._script.rules)
            if rule.origin is not None
        )
        places = sorted(self._places.values(), key=lambda place: (place.span.source.name, place.span.start))
        tests = tuple(map(_covered, places))
        return Coverage(rules, tests, tuple(self._files(rules, places)), letters)

    def _files(self, rules: Iterable[CoveredRule], places: Sequence[_Place]) -> Iterable[FileCoverage]:
        met = {span for place in places for span in place.met}
        written = {span for place in places for span in place.written}
        for name in dict.fromkeys(tree.source.name for tree in self._compilation.trees):
            file = FileCoverage(
                name,
                _pair(rule.letters > 0 for rule in rules if rule.span.source.name == name),
                _pair(place.covered for place in places if place.span.source.name == name),
                _pair(span in met for span in written if span.source.name == name),
            )
            if (file.rules[1], file.tests[1], file.phrases[1]) != (0, 0, 0):
                yield file


def _covered(place: _Place) -> CoveredTest:
    unmet = tuple(written for span, written in place.written.items() if span not in place.met)
    return CoveredTest(place.span, tuple(place.rules), not place.positive, place.covered, len(place.written), unmet)


def _pair(covered: Iterable[bool]) -> tuple[int, int]:
    found = list(covered)
    return sum(found), len(found)
