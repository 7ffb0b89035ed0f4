"""The Program over real bytes: pure, and never raising; session rules."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy import plan as p
from sievepy.engine import build
from sievepy.engine.context import EvalContext
from sievepy.ir import conditions as ir
from sievepy.ir.script import Script
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from tests.unit.engine.make import ALWAYS_TRUE, OTHERWISE, UNKNOWN, context, holding, phrase, rule

TEXT = ir.Field("text")
LETTER = """\
From: Иван <ivan@client.kz>
To: info@x-com.kz
Subject: Акт сверки
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Добрый день! Вышлите, пожалуйста, акт за октябрь.
""".encode()
SCRIPT = Script(
    (
        rule("акт", ir.Mentions(TEXT, (phrase("акт", "октябрь", gap=4),)), p.Assign("buh")),
        rule("клиент", ir.AddressIs(ir.Field("from"), domains=frozenset({"client.kz"})), p.Tag("клиент")),
    ),
    OTHERWISE,
)


def test_a_letter_becomes_a_plan_with_the_places_of_its_hits() -> None:
    made = build(SCRIPT).evaluate(Message(LETTER), context())
    assert [planned.action for planned in made.actions] == [p.Assign("buh"), p.Tag("клиент")]
    assert [(hit.field, hit.part) for fired in made.fired for hit in fired.hits] == [("text", "1"), ("from", "from")]
    assert made.program == build(SCRIPT).hash


def test_the_same_program_letter_and_context_give_the_same_plan() -> None:
    program, message = build(SCRIPT), Message(LETTER)
    plans = [program.evaluate(message, context()), program.evaluate(message, context())]
    plans += [build(SCRIPT).evaluate(Message(LETTER), context()), program.trace(Message(LETTER), context()).plan]
    assert all(plan == plans[0] for plan in plans)


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"\r\n\r\n", b"Subject: =?x?B?", LETTER[:90]])
def test_any_bytes_get_a_destination(data: bytes) -> None:
    assert build(SCRIPT).evaluate(Message(data), context()).destination in ("triage", "assign")


# ---------------------------------------------------------------- session rules

REJECT, DEFER = p.Reject("no"), p.Defer("later")
HELO = holding(ir.Field("helo"), "spam")


def refused(*rules: object, helo: str | None = "spam.example") -> p.Reject | p.Defer | None:
    program = build(Script((), OTHERWISE, session_rules=rules))  # type: ignore[arg-type]
    made = EvalContext(now=context().now, zone=dt.UTC, envelope=Envelope(helo=helo))
    return program.session(Message(LETTER), made)


def test_the_first_session_rule_that_holds_answers() -> None:
    assert refused(rule("а", HELO, DEFER), rule("б", ALWAYS_TRUE, REJECT)) == DEFER
    assert refused(rule("а", HELO, DEFER), rule("б", ALWAYS_TRUE, REJECT), helo="mail") == REJECT
    assert refused(rule("а", HELO, DEFER), helo="mail") is None


def test_a_session_rule_that_is_unknown_observed_or_off_does_not_act() -> None:
    assert refused(rule("а", UNKNOWN, REJECT)) is None
    assert refused(rule("а", HELO, REJECT), helo=None) is None
    assert refused(rule("а", ALWAYS_TRUE, REJECT, observe=True)) is None
    assert refused(rule("а", ALWAYS_TRUE, REJECT, off_until=dt.date(2026, 1, 16))) is None
    assert refused(rule("а", ALWAYS_TRUE, REJECT, off_until=dt.date(2026, 1, 15))) == REJECT


def test_session_rules_leave_the_plan_alone() -> None:
    program = build(Script(SCRIPT.rules, OTHERWISE, session_rules=(rule("а", ALWAYS_TRUE, REJECT),)))
    assert program.evaluate(Message(LETTER), context()) == build(SCRIPT).evaluate(Message(LETTER), context())
