"""Which single changes of the rules no test notices.

A mutant is noticed if some letter whose test passes would fail by it. Letters are judged again only where that can be:
where a changed rule, asked at the moment of its turn, would answer or act otherwise than the rule did. Nothing is
compiled for a mutant but its own rules (see `engine.variants`).

Phrases are tried, too, each left out of its list by itself. That changes something only for letters in which no other
phrase of the list is met, and these are known from one reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sievepy.compiler import Compilation
from sievepy.engine.judging import OTHERWISE
from sievepy.engine.predicates import Predicate
from sievepy.engine.program import Ready
from sievepy.engine.variants import OpenLetter, Turn, Variants
from sievepy.ir.conditions import Test, Truth
from sievepy.rules_lang.symbols import WrittenPhrase
from sievepy.ruletest.mutants import Mutant, mutants
from sievepy.ruletest.phrase_mutants import PhraseMutants
from sievepy.ruletest.phrases import singles
from sievepy.ruletest.signs import at_most, condition
from sievepy.ruletest.trial import Trial


@dataclass(frozen=True, slots=True)
class Mutation:
    """`tried` of `all` mutants; `survivors` are those that nothing noticed, by place. `phrases`: how many were tried,
    and `unnoticed` those that can be left out. `letters` passed and were asked, `judged` counts judgements of mutants,
    `failing` names the tests that fail as it is, and say nothing."""

    all: int
    tried: int
    survivors: tuple[Mutant, ...]
    phrases: int
    unnoticed: tuple[WrittenPhrase, ...]
    letters: int
    judged: int
    failing: tuple[str, ...]


def mutate(compilation: Compilation, trials: Iterable[Trial], sample: int | None = None) -> Mutation:
    """Try all single changes; `sample`: only so many, always the same ones while the rules stay. Raises ValueError for
    rules with errors."""
    made = mutants(compilation)
    chosen = made if sample is None else _sampled(made, sample)
    run = _Run(compilation, chosen)
    for trial in trials:
        run.add(trial)
    return Mutation(
        all=len(made),
        tried=len(chosen),
        survivors=tuple(each.mutant for each in run.alive),
        phrases=len(run.phrases.tried),
        unnoticed=tuple(run.phrases.alive.values()),
        letters=run.letters,
        judged=run.judged,
        failing=tuple(run.failing),
    )


def _sampled(made: Sequence[Mutant], sample: int) -> list[Mutant]:
    """By a hash of what is changed: edits elsewhere change little of the choice."""
    kept = {id(mutant) for mutant in sorted(made, key=lambda mutant: mutant.key)[:sample]}
    return [mutant for mutant in made if id(mutant) in kept]


@dataclass(frozen=True, slots=True)
class _Changed:
    """A mutant, ready to be asked. `could`: of a rule that is moved, whether it could hold at all."""

    mutant: Mutant
    ready: Mapping[int, Ready]
    could: Predicate | None = None


_NOTHING = None
_Effect = tuple[object, ...] | None


class _Run:
    def __init__(self, compilation: Compilation, chosen: Sequence[Mutant]) -> None:
        assert compilation.script is not None
        self._script = compilation.script
        changed = [rule for mutant in chosen for rule in mutant.rules.values()]
        more: list[Test] = [condition(rule) for rule in changed]
        self._variants = Variants(self._script, [*more, *singles(self._script)])
        self.phrases = PhraseMutants(compilation, self._variants)
        self.alive = [self._changed(mutant) for mutant in chosen]
        self.letters = 0
        self.judged = 0
        self.failing: list[str] = []

    def _changed(self, mutant: Mutant) -> _Changed:
        ready = {place: self._variants.ready(rule) for place, rule in mutant.rules.items()}
        if mutant.last is None:
            return _Changed(mutant, ready)
        return _Changed(mutant, ready, self._variants.predicate(at_most(self._script.rules[mutant.last])))

    def add(self, trial: Trial) -> None:
        opened = self._variants.open(trial.letter, trial.context)
        turns, plan = opened.turns()
        refusal = opened.refuse(self._variants.session_rules)
        if not trial.passes(plan, refusal):
            self.failing.append(trial.name)
            return
        self.letters += 1
        letter = _Tried(self._variants, opened, turns, OTHERWISE in plan.rules, trial)
        self.alive = [each for each in self.alive if not letter.notices(each)]
        for written, mutant in self.phrases.candidates(opened.reading):
            if letter.notices(self._changed(mutant)):
                del self.phrases.alive[written.span]
        self.judged += letter.judged


class _Tried:
    """One letter whose test passes, and the mutants it is asked about."""

    def __init__(
        self, variants: Variants, opened: OpenLetter, turns: Sequence[Turn], reaches_otherwise: bool, trial: Trial
    ) -> None:
        self._script = variants.script
        self._rules = variants.rules
        self._session_rules = variants.session_rules
        self._opened = opened
        self._turns = turns
        self._trial = trial
        self._reaches_otherwise = reaches_otherwise
        self.judged = 0

    def notices(self, changed: _Changed) -> bool:
        return self._differs(changed) and self._fails(changed)

    def _differs(self, changed: _Changed) -> bool:
        """Whether anything can come of the change: its first effect, if it has one, is at some rule's own turn."""
        mutant = changed.mutant
        if mutant.session:
            return True
        if mutant.otherwise is not None:
            return self._reaches_otherwise
        if mutant.last is not None:
            assert changed.could is not None
            return self._opened.answer(changed.could, self._turns[mutant.last].progress) is not False
        return any(self._acts_otherwise(self._turns[place], ready) for place, ready in changed.ready.items())

    def _acts_otherwise(self, turn: Turn, ready: Ready) -> bool:
        return self._effect(turn, ready, None) != self._effect(turn, turn.ready, turn)

    def _effect(self, turn: Turn, ready: Ready, known: Turn | None) -> _Effect:
        """What a rule does at a turn. `known`: the turn, where it was the rule itself that was asked."""
        if turn.standing == "off" or (ready.deciding and turn.decided) or ready.rule.observe:
            return _NOTHING
        truth: Truth
        if known is not None and known.standing == "judged":
            truth = known.truth
        else:
            truth = self._opened.answer(ready.holds, turn.progress)
        if truth:
            return ready.rule.actions, ready.rule.carry_on
        # What was not known is told in the plan, and may be told otherwise of other tests.
        return (id(ready),) if truth is None and ready.deciding else _NOTHING

    def _fails(self, changed: _Changed) -> bool:
        mutant, script = changed.mutant, self._script
        self.judged += 1
        rules, session_rules = self._rules, self._session_rules
        if mutant.session:
            session_rules = _with(session_rules, changed.ready)
        else:
            rules = _with(rules, changed.ready)
        if mutant.last is not None:
            rules = (*rules[: mutant.last], *rules[mutant.last + 1 :], rules[mutant.last])
        if mutant.otherwise is not None:
            script = replace(script, otherwise=mutant.otherwise)
        plan = self._opened.judge(rules, script)
        return not self._trial.passes(plan, self._opened.refuse(session_rules))


def _with(rules: tuple[Ready, ...], changed: Mapping[int, Ready]) -> tuple[Ready, ...]:
    return tuple(changed.get(place, ready) for place, ready in enumerate(rules)) if changed else rules
