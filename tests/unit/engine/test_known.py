"""Which scripts ask where a letter's thread lives."""

from __future__ import annotations

import pytest

from sievepy.engine.context import asks_for_known
from sievepy.ir.conditions import AllOf, Fact, Not
from sievepy.ir.script import Rule, Script
from sievepy.plan import Assign, AssignSame, Reject, Tag, Triage
from tests.unit.engine.make import ALWAYS_TRUE

KNOWN = Fact("reply-to-known")
BUH = (Assign("buh"),)


def asks(*rules: Rule, otherwise: tuple[AssignSame | Triage, ...] = (Triage(),)) -> bool:
    return asks_for_known(Script(rules, otherwise))


@pytest.mark.parametrize(
    "rule",
    [
        Rule("условие", KNOWN, BUH),
        Rule("внутри", AllOf((ALWAYS_TRUE, Not(KNOWN))), BUH),
        Rule("кроме", ALWAYS_TRUE, BUH, unless=KNOWN),
        Rule("действие", ALWAYS_TRUE, (Tag("x"), AssignSame())),
        Rule("наблюдение", KNOWN, BUH, observe=True),
    ],
)
def test_a_condition_or_an_action_asks(rule: Rule) -> None:
    assert asks(Rule("другое", Fact("bounce"), BUH), rule)


def test_otherwise_may_ask() -> None:
    assert asks(otherwise=(AssignSame(),))


def test_other_facts_and_session_rules_do_not_ask() -> None:
    assert not asks(Rule("другое", Fact("bounce"), BUH, unless=Fact("auto-reply")))
    session = Rule("сессия", KNOWN, (Reject("no"),))
    assert not asks_for_known(Script((), (Triage(),), session_rules=(session,)))
