"""Short ways to write rules and letters in the engine's tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sievepy import plan
from sievepy.engine import EvalContext, Program, build
from sievepy.ir import conditions as ir
from sievepy.ir.script import Department, Rule, Script
from sievepy.mail.view import Segment
from tests.property.letters import Stored, StoredLetter, Values

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
SUBJECT, BODY, TEXT = ir.Field("subject"), ir.Field("body"), ir.Field("text")
OTHERWISE = (plan.Triage(), plan.Tag("unsorted"))


def context(known: tuple[str, ...] | None = None) -> EvalContext:
    return EvalContext(now=NOON, zone=dt.UTC, known=known)


def holding(field: ir.Field, text: str, every: bool = False) -> ir.Match:
    return ir.Match(field, "contains", (text,), every)


ALWAYS_TRUE = ir.Compare(ir.Field("size"), ">", 0)
NEVER_TRUE = ir.Compare(ir.Field("size"), "<", 0)
UNKNOWN = ir.Compare(ir.Field("spam-score"), ">", 5)
"""The stored letters of these tests have no trusted spam score, so that nobody knows."""


def phrase(*words: str, gap: int = 0) -> ir.Phrase:
    slots = tuple(ir.Slot(words=frozenset(word.split("|"))) for word in words)
    return ir.Phrase(slots, (gap,) * (len(slots) - 1))


def segment(text: str) -> Segment:
    return Segment("1", text)


def rule(title: str, test: ir.Test, *actions: plan.Action, **more: object) -> Rule:
    return Rule(title, test, actions, **more)  # type: ignore[arg-type]


def program(*rules: Rule, otherwise: tuple[plan.Action, ...] = OTHERWISE, restricted: tuple[str, ...] = ()) -> Program:
    departments = tuple(Department(name, None, (), restricted=True) for name in restricted)
    return build(Script(rules, otherwise, departments=departments))


def letter(fields: Mapping[str, str | Values] | None = None, **more: object) -> StoredLetter:
    """A letter with these fields; a string is a field's one, whole value. Headers are named `header X-Name`."""
    made = {}
    for name, value in (fields or {}).items():
        kind, _, header = name.partition(" ")
        made[kind, header.lower() or None] = Values((value,)) if isinstance(value, str) else value
    return StoredLetter(Stored(fields=made, **more))  # type: ignore[arg-type]


def judged(
    *rules: Rule, of: StoredLetter | None = None, known: tuple[str, ...] | None = None, **more: object
) -> plan.Plan:
    return program(*rules, **more).judge(of or letter(), context(known))  # type: ignore[arg-type]


def done(made: plan.Plan) -> list[plan.Action]:
    return [planned.action for planned in made.actions]
