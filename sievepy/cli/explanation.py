"""How a trace is shown: each rule's answer, the test that decided it, and the matched words under a caret.

The place in the letter is given as in plans: the field's name and the part (a header's name or a MIME part number),
offsets into clean text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sievepy.plan import Plan
from sievepy.relay.steps import described
from sievepy.ruletest.run import describe
from sievepy.text.width import shown, width

if TYPE_CHECKING:
    from sievepy.engine.tracing import Answer, Found, RuleTrace, Trace
    from sievepy.ir.conditions import Truth

_WORDS: dict[Truth, str] = {True: "yes", False: "no", None: "unknown"}
_COLUMN = 9  # the longest of these words and a gap
_AROUND = 36  # characters of the letter's text shown on each side of a match
_LONGEST_TEST = 90  # characters


def as_text(trace: Trace, name: str) -> Iterator[str]:
    """The whole explanation: where the letter goes, each rule in the order of judging, the plan."""
    yield f"{shown(name)}: {_where(trace.plan)}"
    yield ""
    for rule in trace.rules:
        yield from _rule(rule)
    yield ""
    yield from _plan(trace.plan)


def why_not(rule: RuleTrace, plan: Plan) -> Iterator[str]:
    """One rule in full: every test that was asked, and why the rule did not act, or that it did."""
    yield f'rule "{shown(rule.rule.title)}"{_at(rule.rule.origin)}'
    yield from _tests("when", rule.answers)
    yield from _tests("unless", rule.unless_answers)
    yield f"  {_verdict(rule, plan)}"


def _verdict(rule: RuleTrace, plan: Plan) -> str:
    if rule.truth is False and rule.when is True:
        return "it does not hold: its `unless` does"
    if rule.truth is False:
        return "it does not hold"
    if rule.truth is None:
        return "it cannot be answered: something was not known"
    match rule.standing:
        case "off":
            return f"it holds, but it is off until {rule.rule.off_until}"
        case "decided above":
            return f"it holds, but a rule above decided: {', '.join(map(_quoted, plan.rules))}"
    return "it holds, and is only observed" if rule.rule.observe else "it holds, and it acted"


def _where(plan: Plan) -> str:
    departments = ", ".join(plan.departments)
    return f"assign {departments}" if plan.destination == "assign" else plan.destination


def _quoted(text: str) -> str:
    return f'"{shown(text)}"'


# ---------------------------------------------------------------- rules


def _rule(trace: RuleTrace) -> Iterator[str]:
    remark = ""
    if trace.standing != "judged":
        remark = f" ({trace.standing})"
    elif trace.rule.observe:
        remark = " (only observed)"
    yield f"{_WORDS[trace.truth]:{_COLUMN}}{_quoted(trace.rule.title)}{remark}{_at(trace.rule.origin)}"
    if trace.decided_by is not None:
        yield from _answer(trace.decided_by, " " * _COLUMN)


def _tests(word: str, answers: Iterable[Answer]) -> Iterator[str]:
    for answer in answers:
        first, *more = _answer(answer, " " * _COLUMN)
        yield f"  {word:7}{first[_COLUMN:]}"
        yield from more


def _answer(answer: Answer, indent: str) -> Iterator[str]:
    about = f", attachment {answer.attachment}" if answer.attachment is not None else ""
    yield f"{indent}{_test(answer)}: {_WORDS[answer.truth]}{about}"
    for found in answer.found:
        yield from _found(found, indent + "  ")


def _found(found: Found, indent: str) -> Iterator[str]:
    """The text around the match, the caret below, the normal form where it differs from what stands there."""
    if not found.context:
        return
    hit = found.hit
    first, last = max(0, hit.start - _AROUND), min(len(found.context), hit.end + _AROUND)
    before, matched = shown(found.context[first : hit.start]), shown(found.matched)
    start, end = "…" if first else "", "…" if last < len(found.context) else ""
    label = f"{hit.field} {hit.part}  " if hit.part not in ("", hit.field) else f"{hit.field}  "
    yield f"{indent}{shown(label)}{start}{before}{matched}{shown(found.context[hit.end : last])}{end}"
    margin = " " * (width(shown(label)) + len(start) + width(before))
    normal = f" {shown(found.normal)}" if found.normal != found.matched else ""
    yield f"{indent}{margin}{'^' * max(1, width(matched))}{normal}"


def _test(answer: Answer) -> str:
    text = _written(answer)
    return text if len(text) <= _LONGEST_TEST else text[: _LONGEST_TEST - 1] + "…"


def _written(answer: Answer) -> str:
    """The test as its author wrote it, on one line."""
    origin = answer.test.origin
    return shown(" ".join(origin.text.split())) if origin is not None else type(answer.test).__name__


def _at(origin: object) -> str:
    return f"  {shown(str(origin))}" if origin is not None else ""


# ---------------------------------------------------------------- the plan


def _plan(plan: Plan) -> Iterator[str]:
    yield "plan"
    for planned in plan.actions:
        reference = " (a reference only)" if planned.reference else ""
        by = ", ".join(map(_quoted, planned.rules))
        yield f"  {shown(describe(planned.action))}{reference}  by {by}"
    for planned in plan.kept:
        yield f"  held until release: {shown(describe(planned.action))}"
    if plan.notes:
        yield "notes"
        for note in plan.notes:
            rule = f"{_quoted(note.rule)}: " if note.rule is not None else ""
            yield f"  {rule}{shown(note.text)}"
    if plan.flags:
        yield f"flags: {', '.join(plan.flags)}"


# ---------------------------------------------------------------- for programs


def as_object(trace: Trace, name: str) -> dict[str, Any]:
    """The whole explanation as plain data."""
    return {"source": name, "rules": [rule_object(rule) for rule in trace.rules], "plan": _plan_object(trace.plan)}


def rule_object(trace: RuleTrace) -> dict[str, Any]:
    """One rule: its answer, whether it had its turn, whether it acted, every test that was asked."""
    return {
        "rule": trace.rule.title,
        "place": str(trace.rule.origin) if trace.rule.origin is not None else None,
        "answer": _WORDS[trace.truth],
        "standing": trace.standing,
        "acted": trace.acted,
        "observed": trace.rule.observe,
        "decided_by": _answer_object(trace.decided_by) if trace.decided_by is not None else None,
        "when": [_answer_object(answer) for answer in trace.answers],
        "unless": [_answer_object(answer) for answer in trace.unless_answers],
    }


def _answer_object(answer: Answer) -> dict[str, Any]:
    return {
        "test": _written(answer),
        "answer": _WORDS[answer.truth],
        "attachment": answer.attachment,
        "hits": [_found_object(found) for found in answer.found],
    }


def _found_object(found: Found) -> dict[str, Any]:
    hit = found.hit
    place = {"field": hit.field, "part": hit.part, "start": hit.start, "end": hit.end}
    return place | {"matched": found.matched, "normal": found.normal}


def _plan_object(plan: Plan) -> dict[str, Any]:
    return {
        "destination": plan.destination,
        "departments": plan.departments,
        "actions": [described(planned) | {"rules": planned.rules} for planned in plan.actions],
        "held": [described(planned) | {"rules": planned.rules} for planned in plan.kept],
        "notes": [{"kind": str(note.kind), "text": note.text, "rule": note.rule} for note in plan.notes],
        "flags": plan.flags,
        "program": plan.program,
    }
