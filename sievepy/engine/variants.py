"""A script and changed forms of its rules, judged over the same letters.

All of them share one index of atoms, so a changed rule costs its own closures and nothing of the others, and a letter's
fields are scanned once, whatever is judged over it. Rules are asked in order, without triggers, as a trace does; where
their tests hit is not looked for. Used to hold tests against rules: for what they cover, and what they would notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sievepy.engine.atoms import Atoms
from sievepy.engine.context import EvalContext
from sievepy.engine.judging import Judging, Standing
from sievepy.engine.locate import first_unknown
from sievepy.engine.predicates import Index, Predicate, predicate, rule_predicate
from sievepy.engine.program import Ready
from sievepy.engine.reading import Progress, Reading
from sievepy.engine.scanners import build_scanners
from sievepy.ir.conditions import Atom, Test, Truth
from sievepy.ir.script import Rule, Script
from sievepy.mail.letter import Letter
from sievepy.plan import Defer, Plan, Reject


@dataclass(frozen=True, slots=True)
class Turn:
    """A rule when its turn came: whether it had one, what it answered (None also where it was not asked), and what the
    rules above it had done. `progress` must not be changed."""

    ready: Ready
    standing: Standing
    truth: Truth
    progress: Progress
    decided: bool


class _Remembered(Atoms):
    """Atoms that are asked for by the same objects again and again: to find one by meaning is to hash its phrases."""

    def __init__(self, tests: Iterable[Test]) -> None:
        super().__init__(tests)
        self._by_identity: dict[int, tuple[Atom, int]] = {}  # the atom is kept alive beside its number

    def number(self, atom: Atom) -> int:
        found = self._by_identity.get(id(atom))
        if found is None:
            found = self._by_identity[id(atom)] = (atom, super().number(atom))
        return found[1]


class Variants:
    """`more` are tests beyond those of the script that changed rules may hold."""

    def __init__(self, script: Script, more: Iterable[Test] = ()) -> None:
        tests = [
            test
            for rule in (*script.rules, *script.session_rules)
            for test in (rule.test, rule.unless)
            if test is not None
        ]
        atoms = _Remembered([*tests, *more])
        self.script = script
        self.index = Index(atoms, build_scanners(atoms))
        self.rules = tuple(map(self.ready, script.rules))
        self.session_rules = tuple(map(self.ready, script.session_rules))

    def ready(self, rule: Rule) -> Ready:
        """A rule of known atoms, ready to be judged; KeyError for others."""
        return Ready(rule, rule_predicate(rule, self.index), rule.deciding)

    def predicate(self, test: Test) -> Predicate:
        """One test of known atoms; KeyError for others."""
        return predicate(test, self.index)

    def open(self, letter: Letter, context: EvalContext) -> OpenLetter:
        """A letter whose envelope and trust are joined to it already."""
        return OpenLetter(self, letter, context)


class Probe:
    """Many tests, of which few are true of any one letter. All are about the letter, or all about one attachment."""

    def __init__(self, variants: Variants, tests: Iterable[Atom]) -> None:
        index = variants.index
        self._numbers = frozenset(map(index.atoms.number, tests))
        self._scanners = tuple(dict.fromkeys(index.scanners.of_atom[number] for number in sorted(self._numbers)))

    def true_of(self, reading: Reading) -> set[int]:
        """The numbers of the tests that are true of a letter, or of an attachment."""
        scans = (reading.scan(scanner) for scanner in self._scanners)
        return {n for scan in scans for n, truth in scan.truths.items() if truth and n in self._numbers}


class OpenLetter:
    """One letter with all that was read of it."""

    def __init__(self, variants: Variants, letter: Letter, context: EvalContext) -> None:
        self._variants = variants
        self._letter = letter
        self._context = context
        self.reading = Reading(letter, variants.index.scanners.scanners, Progress())

    def judge(self, rules: Sequence[Ready], script: Script) -> Plan:
        """The plan by these rules in this order; `script` gives what stands beside them (`otherwise`, departments)."""
        judging = self._begin(script)
        for ready in rules:
            if judging.standing(ready.rule, ready.deciding) == "judged":
                self._take(judging, ready, ready.holds(self.reading))
        return judging.plan(self._letter, "")

    def turns(self) -> tuple[tuple[Turn, ...], Plan]:
        """The script as it is: how each rule's turn went, and the plan."""
        judging = self._begin(self._variants.script)
        turns: list[Turn] = []
        seen = _copy(judging.progress)
        for ready in self._variants.rules:
            standing = judging.standing(ready.rule, ready.deciding)
            truth = ready.holds(self.reading) if standing == "judged" else None
            turns.append(Turn(ready, standing, truth, seen, judging.decided))
            if standing == "judged":
                self._take(judging, ready, truth)
                if truth and ready.rule.actions:
                    seen = _copy(judging.progress)
        return tuple(turns), judging.plan(self._letter, "")

    def refuse(self, rules: Sequence[Ready]) -> Reject | Defer | None:
        """What the first of these session rules that holds says to the sender."""
        refusing = self.refusing(rules)
        return None if refusing is None else next(a for a in refusing.rule.actions if isinstance(a, Reject | Defer))

    def refusing(self, rules: Sequence[Ready]) -> Ready | None:
        """The first of these session rules that holds, and refuses the letter."""
        judging = self._begin(self._variants.script)
        for ready in rules:
            if ready.rule.observe or judging.standing(ready.rule, deciding=False) == "off":
                continue
            if ready.holds(self.reading):
                return ready
        return None

    def answer(self, ask: Predicate, progress: Progress) -> Truth:
        """What a rule or a test answers where rules above have done this."""
        self.reading.progress = progress
        return ask(self.reading)

    def _begin(self, script: Script) -> Judging:
        judging = Judging(script, self._context)
        self.reading.progress = judging.progress
        return judging

    def _take(self, judging: Judging, ready: Ready, truth: Truth) -> None:
        index = self._variants.index
        judging.take(ready.rule, truth, lambda: (), lambda: first_unknown(ready.rule, index, self.reading))


def _copy(progress: Progress) -> Progress:
    copied = Progress()
    copied.assigned = progress.assigned
    copied.departments = set(progress.departments)
    copied.tags = set(progress.tags)
    return copied
