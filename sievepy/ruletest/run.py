"""Judge the letter of each test beside the rules and hold the plan against what the test expects.

All `expect` lines that name destinations are together the *exact* set of destinations; tags, rules and other
actions are a subset of what the plan holds; `expect not` names what it must not hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sievepy.engine.context import EvalContext
from sievepy.engine.program import Program
from sievepy.ir.cases import Case, Expect
from sievepy.mail.message import Message
from sievepy.mail.trust import NO_TRUST, Trust
from sievepy.plan import (
    ACTION_NAMES,
    DESTINATIONS,
    Action,
    Assign,
    Bitrix,
    Copy,
    Defer,
    FileInto,
    Forward,
    Notify,
    Plan,
    Propose,
    Quarantine,
    Reject,
    Triage,
)
from sievepy.ruletest.compose import Read, compose


@dataclass(frozen=True, slots=True)
class Conditions:
    """What tests beside rules are judged under: the configured zone and trust, and the first configured recipient."""

    zone: dt.tzinfo
    trust: Trust = NO_TRUST
    recipient: str = "info@test.example"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """`want` and `got` are lines of a diff, empty where the test passes; `problem` is why it could not be run. `unmet`
    are the expectations that do not hold, `unasked` the destinations that the exact set leaves out."""

    case: Case
    plan: Plan | None
    want: tuple[str, ...] = ()
    got: tuple[str, ...] = ()
    problem: str | None = None
    unmet: tuple[Expect, ...] = ()
    unasked: tuple[Action, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.want and not self.got and self.problem is None


def run_cases(program: Program, cases: Iterable[Case], conditions: Conditions, read: Read) -> Iterator[CaseResult]:
    for case in cases:
        yield run_case(program, case, conditions, read)


@dataclass(frozen=True, slots=True)
class Staged:
    """The letter of a test, and what it is judged under."""

    message: Message
    context: EvalContext


def run_case(program: Program, case: Case, conditions: Conditions, read: Read) -> CaseResult:
    """Judge one test. A `message` file that cannot be read is a `problem`, not an exception."""
    try:
        staged = stage(case, conditions, read)
    except OSError as problem:
        return CaseResult(case, None, problem=f"cannot read {case.letter.message}: {problem.strerror or problem}")
    plan = program.evaluate(staged.message, staged.context)
    return compare(case, plan, program.session(staged.message, staged.context))


def stage(case: Case, conditions: Conditions, read: Read) -> Staged:
    """Make up the letter of a test. Raises OSError where its `message` file cannot be read."""
    hops = conditions.trust.trusted_hops or 0
    made = compose(case.letter, zone=conditions.zone, hops=hops, to=conditions.recipient, read=read)
    context = EvalContext(
        now=made.received_at,
        zone=conditions.zone,
        envelope=made.envelope,
        trust=conditions.trust,
        known=case.letter.known or None,
        verified=True if case.letter.verified else None,
    )
    return Staged(Message(made.data), context)


def compare(case: Case, plan: Plan, refusal: Reject | Defer | None) -> CaseResult:
    """A test's expectations against what its letter came to."""
    held: list[Action] = [p.action for p in plan.actions] + ([refusal] if refusal is not None else [])
    want: list[str] = []
    got: list[str] = []
    unmet: list[Expect] = []
    unasked: list[Action] = []
    wanted = [e for e in case.expects if not e.negated and isinstance(e.outcome, DESTINATIONS)]
    if wanted:
        found = [a for a in held if isinstance(a, DESTINATIONS)]
        unmet = [e for e in wanted if not any(meets(a, e.outcome) for a in found)]
        unasked = [a for a in found if not any(meets(a, e.outcome) for e in wanted)]
        want += [describe(e.outcome) for e in unmet]
        got += map(describe, unasked)
    for expect in case.expects:
        if expect in wanted:
            continue
        if _holds(expect, plan, held) == expect.negated:
            unmet.append(expect)
            want.append(("not " if expect.negated else "") + describe(expect.outcome))
            got += _nearest(expect, plan, held)
    return CaseResult(case, plan, tuple(want), tuple(dict.fromkeys(got)), unmet=tuple(unmet), unasked=tuple(unasked))


def _holds(expect: Expect, plan: Plan, held: list[Action]) -> bool:
    if isinstance(expect.outcome, str):
        return expect.outcome in plan.rules
    return any(meets(action, expect.outcome) for action in held)


def _nearest(expect: Expect, plan: Plan, held: list[Action]) -> list[str]:
    """What stands in the plan where the expectation looked: all rules, or the actions of the same word."""
    if isinstance(expect.outcome, str):
        return [f'rule "{title}"' for title in plan.rules] or ["no rule"]
    kind = type(expect.outcome)
    return [describe(a) for a in held if type(a) is kind] or [f"no {ACTION_NAMES[kind]}"]


def meets(action: Action, wanted: Action | str) -> bool:
    """Whether a planned action is what a test asked for. What a test cannot see or left out does not count: `also`
    and `with content`, a reason that was not written; and a proposal is a way of triage."""
    match wanted, action:
        case Assign(department=name), Assign(department=other):
            return name == other
        case FileInto(folder=name), FileInto(folder=other):
            return name == other
        case Forward(address=""), Forward():
            return True
        case (Forward(address=name), Forward(address=other)) | (Copy(address=name), Copy(address=other)):
            return name.lower() == other.lower()
        case Quarantine(reason=None), Quarantine():
            return True
        case Triage(reason=None), Triage() | Propose():
            return True
        case Notify(name=name, with_subject=False, digest=None), Notify(name=other):
            return name == other
        case Bitrix(kind=name, portal=None, fields=()), Bitrix(kind=other):
            return name == other
        case (Reject(text=""), Reject()) | (Defer(text=""), Defer()):
            return True
    if isinstance(wanted, Bitrix) and isinstance(action, Bitrix):
        return replace(wanted, with_content=False) == replace(action, with_content=False)
    return action == wanted


def describe(action: Action | str) -> str:
    """An action as the rules language writes it; a string is a rule's title."""
    if isinstance(action, str):
        return f'rule "{action}"'
    word = ACTION_NAMES[type(action)]
    match action:
        case Assign(department=name, also=also):
            return f"also assign {name}" if also else f"assign {name}"
        case Propose(department=name) | Notify(name=name):
            return f"{word} {name}"
        case Forward(address=text) | Copy(address=text):
            return f"{word} {text}"
        case Quarantine(reason=reason) | Triage(reason=reason):
            return f'{word} "{reason}"' if reason else word
        case Bitrix(kind=kind):
            return f"{word} {kind}"
    fields = (getattr(action, name) for name in type(action).__dataclass_fields__)
    values = [v for v in fields if v and isinstance(v, str | int) and not isinstance(v, bool)]
    return " ".join(
        [word, *(f'"{v}"' if isinstance(v, str) and word not in ("tag", "sla") else str(v) for v in values)]
    )
