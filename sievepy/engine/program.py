"""The Program: a compiled script, immutable, that turns a letter into a plan.

`evaluate` is pure: the same program, letter and context give the same plan. A program holds closures and automata and
is not meant to be pickled: another process builds its own from the IR. Whoever (re)loads programs does well to call
`gc.freeze`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush

from sievepy.engine import tracing
from sievepy.engine.atoms import Atoms
from sievepy.engine.context import EvalContext
from sievepy.engine.judging import Judging
from sievepy.engine.locate import Locator, first_unknown, locator
from sievepy.engine.predicates import Index, Predicate, rule_predicate
from sievepy.engine.reading import Progress, Reading
from sievepy.engine.scanners import build_scanners
from sievepy.engine.tracing import Trace
from sievepy.engine.trigger import ALWAYS, Triggers
from sievepy.engine.waking import Waker, build_wakers
from sievepy.ir.conditions import Test
from sievepy.ir.dump import digest
from sievepy.ir.script import Rule, Script
from sievepy.mail.letter import Letter
from sievepy.mail.message import Message
from sievepy.plan import Defer, Plan, Reject


def build(script: Script, hash: str | None = None) -> Program:
    """Compile a validated script. `hash`: that of a program built from the same script before, if it is known."""
    index = _index([*script.rules, *script.session_rules])
    ready = tuple(Ready(rule, rule_predicate(rule, index), rule.deciding) for rule in script.rules)
    chooser = Triggers(rule.test for rule in script.rules)
    triggers = [chooser.of(rule.test) for rule in script.rules]
    return Program(
        script=script,
        index=index,
        ready=ready,
        always=tuple(i for i, trigger in enumerate(triggers) if trigger is ALWAYS),
        wakers=tuple(_Turn(waker, ready) for waker in build_wakers(triggers, index.atoms, index.scanners)),
        refusing=tuple(Ready(rule, rule_predicate(rule, index), True) for rule in script.session_rules),
        known_hash=hash,
    )


def _index(rules: Sequence[Rule]) -> Index:
    conditions: list[Test] = []
    for rule in rules:
        conditions += [rule.test] if rule.unless is None else [rule.test, rule.unless]
    atoms = Atoms(conditions)
    return Index(atoms, build_scanners(atoms))


@dataclass(eq=False)
class Ready:
    """A rule made ready to be judged."""

    rule: Rule
    holds: Predicate
    deciding: bool
    _locator: Locator | None = field(default=None, init=False)

    def locator(self, index: Index) -> Locator:
        """Made when the rule first fires: most of many rules never do."""
        if self._locator is None:
            self._locator = locator(self.rule.test, index)
        return self._locator


class _Turn:
    """A waker, and from where on it may be needed."""

    def __init__(self, waker: Waker, ready: Sequence[Ready]) -> None:
        self.wake = waker.wake
        self.first = min(waker.rules)
        self.adds = any(not ready[rule].deciding for rule in waker.rules)


@dataclass(frozen=True, eq=False)
class Program:
    """See `build`. `always` are the places of the rules without a trigger."""

    script: Script
    index: Index
    ready: tuple[Ready, ...]
    always: tuple[int, ...]
    wakers: tuple[_Turn, ...]
    refusing: tuple[Ready, ...]
    known_hash: str | None = None

    @cached_property
    def hash(self) -> str:
        """Names the meaning of the rules and the dictionary's version."""
        return digest(self.script) if self.known_hash is None else self.known_hash

    # ------------------------------------------------------------ judging

    def evaluate(self, message: Message, context: EvalContext) -> Plan:
        """What is to be done with a letter. Never raises, whatever the letter's bytes."""
        return self.judge(_letter(message, context), context)

    def judge(self, letter: Letter, context: EvalContext) -> Plan:
        """`evaluate` for a letter whose envelope and trust are already joined to it."""
        judging = Judging(self.script, context)
        reading = Reading(letter, self.index.scanners.scanners, judging.progress)
        for rule in self._agenda(reading, judging):
            if judging.standing(rule.rule, rule.deciding) == "judged":
                judging.take(
                    rule.rule,
                    rule.holds(reading),
                    lambda rule=rule: rule.locator(self.index)(reading),  # type: ignore[misc]
                    lambda rule=rule: first_unknown(rule.rule, self.index, reading),  # type: ignore[misc]
                )
        return judging.plan(letter, self.hash)

    def _agenda(self, reading: Reading, judging: Judging) -> Iterator[Ready]:
        """The rules to be looked at, in order. A field is read when a rule that it may wake could be next, and not at
        all if only deciding rules wait for it and the deciding run has ended."""
        woken = list(self.always)
        turns = iter(self.wakers)
        turn = next(turns, None)
        last = -1
        while woken or turn is not None:
            if turn is not None and (not woken or turn.first <= woken[0]):
                if turn.adds or not judging.decided:
                    for rule in turn.wake(reading):
                        heappush(woken, rule)
                turn = next(turns, None)
                continue
            place = heappop(woken)
            if place != last:
                last = place
                yield self.ready[place]

    def holding(self, message: Message, context: EvalContext) -> tuple[Rule, ...]:
        """The rules that hold for a letter, those included whose turn did not come because one above had decided."""
        letter = _letter(message, context)
        judging = Judging(self.script, context)
        reading = Reading(letter, self.index.scanners.scanners, judging.progress)
        held: list[Rule] = []
        for each in self.ready:
            truth = each.holds(reading)
            if truth:
                held.append(each.rule)
            if judging.standing(each.rule, each.deciding) == "judged":
                judging.take(each.rule, truth, tuple, str)  # nobody asks why
        return tuple(held)

    # ------------------------------------------------------------ session rules

    def session(self, message: Message, context: EvalContext) -> Reject | Defer | None:
        """What the first session rule that holds says to the sender; None: nothing. What is unknown does not act."""
        return self.refuse(_letter(message, context), context)

    def refuse(self, letter: Letter, context: EvalContext) -> Reject | Defer | None:
        """`session` for a letter whose envelope and trust are already joined to it."""
        judging = Judging(self.script, context)
        reading = Reading(letter, self.index.scanners.scanners, Progress())
        for ready in self.refusing:
            if ready.rule.observe or judging.standing(ready.rule, deciding=False) == "off":
                continue
            if ready.holds(reading):
                return next((a for a in ready.rule.actions if isinstance(a, Reject | Defer)), None)
        return None

    # ------------------------------------------------------------ explaining

    def trace(self, message: Message, context: EvalContext) -> Trace:
        """The same judgment with its reasons: every rule, in order, without triggers."""
        return self.explain(_letter(message, context), context)

    def explain(self, letter: Letter, context: EvalContext) -> Trace:
        """`trace` for a letter whose envelope and trust are already joined to it."""
        return tracing.trace(self.script, self.index, letter, context, self.hash)


def _letter(message: Message, context: EvalContext) -> Letter:
    return Letter(
        message,
        envelope=context.envelope,
        trust=context.trust,
        zone=context.zone,
        known=context.known,
        verified=context.verified,
    )
