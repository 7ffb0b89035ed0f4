"""What would become of letters by other rules: both sets judge a letter, and what differs is told.

Differences are those that somebody would notice: where the letter goes, and what is done beside it. The reason in a
quarantine, a rule's title, and where in a letter its words were met are none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sievepy.engine.context import EvalContext
from sievepy.engine.program import Program
from sievepy.ir.script import Script
from sievepy.mail.letter import Letter
from sievepy.plan import (
    DESTINATIONS,
    Action,
    Assign,
    Defer,
    Discard,
    Plan,
    Planned,
    Quarantine,
    Reject,
    Triage,
)
from sievepy.ruletest.labelled import Label, Score, outcome, score
from sievepy.ruletest.run import describe
from sievepy.ruletest.second_look import SecondLook

_LOST = (Quarantine, Discard, Reject, Defer)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a letter. `done` are all actions, as far as they make a difference, each with whether it carries
    a reference only; `place` names the destinations, `beside` the rest. `lost`: no department and no person gets it."""

    done: frozenset[tuple[Action, bool]]
    place: str
    beside: frozenset[str]
    lost: bool
    rules: tuple[str, ...]
    departments: tuple[str, ...]
    label: frozenset[str]


def outcome_of(plan: Plan, refusal: Reject | Defer | None) -> Outcome:
    """Of a letter that session rules refuse, nothing else is done."""
    if refusal is not None:
        refused = _noticed(refusal)
        word = describe(refused).split()[0]
        return Outcome(frozenset({(refused, False)}), word, frozenset(), True, (), (), frozenset({word}))
    done = frozenset((_noticed(planned.action), planned.reference) for planned in plan.actions)
    destinations = [planned for planned in plan.actions if isinstance(planned.action, DESTINATIONS)]
    return Outcome(
        done=done,
        place=", ".join(sorted(dict.fromkeys(map(_place, destinations)))),
        beside=frozenset(_words(p) for p in plan.actions if not isinstance(p.action, DESTINATIONS)),
        lost=any(isinstance(planned.action, _LOST) for planned in destinations),
        rules=plan.rules,
        departments=plan.departments,
        label=outcome(plan),
    )


def _noticed(action: Action) -> Action:
    """The action without what nobody would notice."""
    match action:
        case Assign():
            return replace(action, also=False)
        case Quarantine() | Triage():
            return replace(action, reason=None)
        case Reject() | Defer():
            return replace(action, text="")
    return action


def _place(planned: Planned) -> str:
    action = planned.action
    word = action.department if isinstance(action, Assign) else describe(_noticed(action))
    return word + _manner(planned)


def _words(planned: Planned) -> str:
    return describe(planned.action) + _manner(planned)


def _manner(planned: Planned) -> str:
    content = " with content" if getattr(planned.action, "with_content", False) else ""
    return content + (" (a reference)" if planned.reference else "")


@dataclass(frozen=True, slots=True)
class Change:
    """One letter that other rules would treat differently."""

    letter: str
    before: Outcome
    after: Outcome
    label: Label | None = None
    subject: str | None = None

    @property
    def moves(self) -> bool:
        return self.before.place != self.after.place

    @property
    def newly_lost(self) -> bool:
        return self.after.lost and not self.before.lost

    @property
    def scores(self) -> tuple[Score, Score] | None:
        """How well a labelled letter is sorted before, and after."""
        if self.label is None:
            return None
        before, after = (score(o.label, self.label.expect, self.label.accept) for o in (self.before, self.after))
        return before, after


@dataclass(frozen=True, slots=True)
class Group:
    """The letters that go from one place to another; where the two are the same, other things change."""

    before: str
    after: str
    changes: Sequence[Change]

    @property
    def newly_lost(self) -> bool:
        return any(change.newly_lost for change in self.changes)

    @property
    def rules(self) -> Counter[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Which rules acted before, and which after."""
        return Counter((change.before.rules, change.after.rules) for change in self.changes)

    @property
    def labels(self) -> Counter[str]:
        named = (" + ".join(sorted(change.label.expect)) for change in self.changes if change.label is not None)
        return Counter(named)

    @property
    def beside(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is done beside it after and was not before, and the other way round."""
        more = {word for change in self.changes for word in change.after.beside - change.before.beside}
        less = {word for change in self.changes for word in change.before.beside - change.after.beside}
        return tuple(sorted(more)), tuple(sorted(less))


def grouped(changes: Iterable[Change]) -> list[Group]:
    """By pair of places: first what is newly lost, then what moves, then what stays; the larger first."""
    pairs: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        pairs.setdefault((change.before.place, change.after.place), []).append(change)
    groups = [Group(before, after, found) for (before, after), found in pairs.items()]
    return sorted(groups, key=lambda g: (not g.newly_lost, g.before == g.after, -len(g.changes), g.before, g.after))


class Backtest:
    """Two programs and the letters they are compared on: `judged` of them, `twice` by both."""

    def __init__(self, old: Program, new: Program) -> None:
        self._old = old
        self._new = new
        self._look = SecondLook(old.script, new.script)
        self._other_session = old.script.session_rules != new.script.session_rules
        self.rerouted = tuple(_rerouted(old.script, new.script))
        self.judged = 0
        self.twice = 0

    @property
    def same(self) -> bool:
        """Whether no letter can be treated differently."""
        return self._look.same and not self._other_session and not self.rerouted

    def compare(self, letter: Letter, context: EvalContext) -> tuple[Outcome, Outcome]:
        """What becomes of a letter before, and after. The new rules judge it where they might say something else."""
        plan, refusal = self._old.judge(letter, context), self._old.refuse(letter, context)
        self.judged += 1
        before = outcome_of(plan, refusal)
        again = self._look.needed(plan, letter, context)
        if not again and not self._other_session:
            return before, before
        if again:
            self.twice += 1
            plan = self._new.judge(letter, context)
        return before, outcome_of(plan, self._new.refuse(letter, context))


@dataclass(frozen=True, slots=True)
class Rerouted:
    """A department or person that is reached otherwise, whatever the rules say of letters."""

    name: str
    before: str
    after: str


def _rerouted(old: Script, new: Script) -> Iterator[Rerouted]:
    before, after = _routes(old), _routes(new)
    return (Rerouted(n, before[n], after[n]) for n in before if n in after and before[n] != after[n])


def _routes(script: Script) -> dict[str, str]:
    """How each is reached, in words."""
    routes = {d.name: ", ".join(map(str, d.channels)) for d in script.departments}
    return routes | {person.name: f"email {person.email}" for person in script.persons}
