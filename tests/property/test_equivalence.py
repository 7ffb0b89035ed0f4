"""Compiled = traced = naive reference, on generated rules and letters, three values included (promise 27)."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sievepy.engine import EvalContext, Program, build
from sievepy.ir.conditions import Assigned, Attachment, Tagged
from sievepy.ir.script import Script
from sievepy.mail.envelope import Envelope
from sievepy.mail.letter import Letter
from sievepy.mail.limits import Limits
from sievepy.mail.message import Message
from sievepy.plan import Plan
from tests.property import reference, strategies
from tests.property.hits import check_hits

EXAMPLES = int(os.environ.get("SIEVEPY_EXAMPLES", "150"))
PHASES = (Phase.explicit, Phase.generate) if os.environ.get("SIEVEPY_FIRST_FAILURE") else tuple(Phase)
KNOWN = st.sampled_from((None, (), ("buh",), ("buh", "activ")))
at_length = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    phases=PHASES,
    report_multiple_bugs=False,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def compare(script: Script, letters: list[Letter], known: tuple[str, ...] | None) -> None:
    program = build(script)
    context = EvalContext(now=strategies.NOW, zone=dt.UTC, known=known)
    for letter in letters:
        plan = program.judge(letter, context)
        _same(plan, reference.judge(script, letter, known, strategies.NOW.date()))
        assert program.explain(letter, context).plan == plan
        refusal = reference.refuse(script, letter, strategies.NOW.date())
        assert program.refuse(letter, context) == refusal
        _truths(program, letter, context, plan)
        check_hits(script, plan, letter)


def _same(plan: Plan, judgment: reference.Judgment) -> None:
    assert tuple((fired.title, fired.observed) for fired in plan.fired) == judgment.fired
    assert plan.actions == judgment.actions
    assert plan.kept == judgment.kept
    assert plan.notes == judgment.notes


def _truths(program: Program, letter: Letter, context: EvalContext, plan: Plan) -> None:
    """The trace says of each rule what the plan says of it, and of each test what the reference says of it, of the
    tests of rules that had no turn too."""
    fired = {each.title for each in plan.fired}
    attached = {each.part.number: each for each in letter.attachments.items}
    for rule in program.explain(letter, context).rules:
        assert (rule.standing == "judged" and rule.truth is True) == (rule.rule.title in fired)
        assert rule.decided_by is not None
        for answer in (*rule.answers, *rule.unless_answers):
            if not isinstance(answer.test, Assigned | Tagged | Attachment):
                inside = attached.get(answer.attachment or "")
                assert answer.truth == reference.evaluate(answer.test, letter, reference.State(), inside), answer


@at_length
@given(strategies.scripts, st.lists(strategies.letters, min_size=1, max_size=3), KNOWN)
def test_compiled_traced_and_reference_agree_on_letters_with_whole_cut_and_unknown_fields(
    script: Script, letters: list[Letter], known: tuple[str, ...] | None
) -> None:
    compare(script, letters, known)


@at_length
@given(strategies.brief_scripts, st.lists(strategies.brief_letters, min_size=1, max_size=3), KNOWN)
def test_they_agree_on_the_course_of_judging_and_on_settling_where_many_rules_meet(
    script: Script, letters: list[Letter], known: tuple[str, ...] | None
) -> None:
    compare(script, letters, known)


@at_length
@given(strategies.scripts, strategies.byte_letters(), strategies.envelopes, strategies.limits)
def test_they_agree_on_letters_of_bytes_cut_and_broken_ones_too(
    script: Script, data: bytes, envelope: Envelope, limits: Limits
) -> None:
    program = build(script)
    context = EvalContext(now=strategies.NOW, zone=dt.UTC, envelope=envelope)
    plan = program.evaluate(Message(data, limits), context)
    letter = Letter(Message(data, limits), envelope=envelope, trust=context.trust, zone=context.zone)
    _same(plan, reference.judge(script, letter, None, strategies.NOW.date()))
    assert program.evaluate(Message(data, limits), context) == plan
    traced = program.trace(Message(data, limits), context).plan
    assert replace(traced, flags=plan.flags) == plan  # the trace reads more of the letter, so that more may be flagged
    assert set(plan.flags) <= set(traced.flags)
    check_hits(script, plan, letter)
