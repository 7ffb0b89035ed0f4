"""The second way of building a judgment: slower, and it says why.

Every rule is judged in order, without triggers, by walking its condition; each leaf keeps its answer, its hits and
the text that was matched. Used by `explain` and by tests, which hold it against the lean way: both must come to the
same plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sievepy.engine.context import EvalContext
from sievepy.engine.judging import Judging, Standing
from sievepy.engine.locate import atom_locator, first_unknown, locator
from sievepy.engine.predicates import Index, cheapest_first
from sievepy.engine.reading import Reading
from sievepy.engine.scanners import view_of
from sievepy.engine.spans import TextTest
from sievepy.ir.conditions import AddressIs, AllOf, AnyOf, Assigned, Atom, Attachment, Not, Tagged, Test, Truth
from sievepy.ir.script import Rule, Script
from sievepy.mail.letter import Letter
from sievepy.mail.normal import fold
from sievepy.mail.view import Segment
from sievepy.plan import Hit, Plan


@dataclass(frozen=True, slots=True)
class Found:
    """A hit with the clean text around it, the clean text it matched, and that text's folded normal form; all empty
    where the test is about no text."""

    hit: Hit
    context: str = ""
    matched: str = ""
    normal: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One test's answer. `test` is the IR node as its rule holds it, so that `test.origin` is where it was written."""

    test: Test
    truth: Truth
    found: tuple[Found, ...] = ()
    attachment: str | None = None
    """The part number of the attachment it was asked about, inside an attachment block."""


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """How one rule was judged.

    `standing` is `judged`, `decided above` or `off`; the truths are given for rules that had no turn too: what they
    would have answered. `truth` is `when` and not `unless`. `decided_by` is the first test that settled `truth`;
    `answers` are the tests asked, in the order asked, with their hits.
    """

    rule: Rule
    standing: Standing
    truth: Truth
    when: Truth
    unless: Truth
    decided_by: Answer | None
    answers: tuple[Answer, ...]
    unless_answers: tuple[Answer, ...] = ()

    @property
    def acted(self) -> bool:
        return self.standing == "judged" and self.truth is True and not self.rule.observe


@dataclass(frozen=True, slots=True)
class Trace:
    """All rules in the order of judging, and the plan that `evaluate` comes to."""

    rules: tuple[RuleTrace, ...]
    plan: Plan

    def rule(self, title: str) -> RuleTrace | None:
        return next((each for each in self.rules if each.rule.title == title), None)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A condition's truth, the answer that settled it, and all answers asked for."""

    truth: Truth
    by: Answer | None
    answers: tuple[Answer, ...]


def trace(script: Script, index: Index, letter: Letter, context: EvalContext, program: str) -> Trace:
    """Judge every rule and keep what was seen."""
    judging = Judging(script, context)
    reading = Reading(letter, index.scanners.scanners, judging.progress)
    rules = tuple(_judge(rule, index, reading, judging) for rule in script.rules)
    return Trace(rules, judging.plan(letter, program))


def _judge(rule: Rule, index: Index, reading: Reading, judging: Judging) -> RuleTrace:
    standing = judging.standing(rule, rule.deciding)
    when = _ask(rule.test, index, reading)
    unless = None if rule.unless is None else _ask(rule.unless, index, reading)
    truth = when.truth if unless is None else _and(when.truth, _negated(unless.truth))
    if standing == "judged":
        judging.take(
            rule, truth, lambda: locator(rule.test, index)(reading), lambda: first_unknown(rule, index, reading)
        )
    return RuleTrace(
        rule=rule,
        standing=standing,
        truth=truth,
        when=when.truth,
        unless=False if unless is None else unless.truth,
        decided_by=_settling(when, unless).by,
        answers=when.answers,
        unless_answers=() if unless is None else unless.answers,
    )


def _settling(when: _Outcome, unless: _Outcome | None) -> _Outcome:
    """Which of the two conditions settled the rule: `unless` where it alone keeps it from holding."""
    if unless is None or when.truth is False or unless.truth is False:
        return when
    return unless if unless.truth or when.truth else when


def _and(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


# ---------------------------------------------------------------- one condition


def _ask(test: Test, index: Index, reading: Reading) -> _Outcome:
    match test:
        case Not(inner):
            outcome = _ask(inner, index, reading)
            return _Outcome(_negated(outcome.truth), outcome.by, outcome.answers)
        case AllOf(tests):
            return _combined([_ask(each, index, reading) for each in cheapest_first(tests)], settling=False)
        case AnyOf(tests):
            return _combined([_ask(each, index, reading) for each in cheapest_first(tests)], settling=True)
        case Attachment(inner):
            return _ask_attachments(test, inner, index, reading)
    answer = _answer(test, index, reading)
    return _Outcome(answer.truth, answer, (answer,))


def _combined(outcomes: Sequence[_Outcome], settling: bool) -> _Outcome:
    """`any` is settled by the first yes, `all` by the first no; else by what is unknown, else by the first child."""
    answers = tuple(answer for outcome in outcomes for answer in outcome.answers)
    for truth in (settling, None):
        for outcome in outcomes:
            if outcome.truth is truth:
                return _Outcome(truth, outcome.by, answers)
    return _Outcome(not settling, outcomes[0].by if outcomes else None, answers)


def _ask_attachments(test: Attachment, inner: Test, index: Index, reading: Reading) -> _Outcome:
    """Some one attachment; where there is none, the block itself is what answered."""
    outcomes = [_ask(inner, index, item) for item in reading.items]
    if not reading.letter.attachments.complete:
        cut = Answer(test, None)
        outcomes.append(_Outcome(None, cut, (cut,)))
    if not outcomes:
        none = Answer(test, False)
        return _Outcome(False, none, (none,))
    return _combined(outcomes, settling=True)


def _answer(test: Atom, index: Index, reading: Reading) -> Answer:
    match test:
        case Assigned(department):
            progress = reading.progress
            truth: Truth = progress.assigned if department is None else department in progress.departments
        case Tagged(name):
            truth = name in reading.progress.tags
        case _:
            number = index.atoms.number(test)
            truth = reading.scan(index.scanners.of_atom[number]).truth(number)
    found = tuple(_found(test, index, reading)) if truth else ()
    part = None if isinstance(reading.subject, Letter) else reading.subject.part.number
    return Answer(test, truth, found, part)


def _found(test: Atom, index: Index, reading: Reading) -> Iterator[Found]:
    segments = {segment.part: segment for segment in _segments(test, reading)}
    for hit in atom_locator(test, index)(reading):
        segment = segments.get(hit.part)
        if segment is None:
            yield Found(hit)
        else:
            matched = segment.clean[hit.start : hit.end]
            yield Found(hit, segment.clean, matched, fold(matched))


def _segments(test: Atom, reading: Reading) -> Sequence[Segment]:
    if isinstance(test, TextTest):
        return view_of(test.field, reading.subject).segments
    if isinstance(test, AddressIs):
        return reading.letter.addresses(test.field.kind).view.segments
    return ()
