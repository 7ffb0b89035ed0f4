"""Each invariant is looked at: a script that breaks it alone is refused."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from sievepy.ir import conditions as ir
from sievepy.ir.conditions import Field, Test
from sievepy.ir.script import Channel, Department, Person, Rule, Script
from sievepy.ir.validate import DEEPEST, InvalidScript, validate
from sievepy.plan import Action, Assign, Defer, Discard, Notify, Propose, Reject, Tag, Triage

EMPTY = ir.Fact("empty")
SLOT = ir.Slot(frozenset({"акт"}))
ABON = Department("abon", None, (Channel("email", "abon@x-com.kz"),))
SUBJECT = Field("subject")


def script(test: Test = EMPTY, actions: tuple[Action, ...] = (Tag("t"),), **more: object) -> Script:
    return Script((Rule("R", test, actions, **more),), (Triage(),), departments=(ABON,))  # type: ignore[arg-type]


GOOD_TESTS: list[Test] = [
    ir.Mentions(SUBJECT, (ir.Phrase((SLOT, SLOT), (0,)),)),
    ir.Match(Field("header", "x-a"), "is", ("да",)),
    ir.Attachment(ir.Not(ir.Compare(Field("attachment-size"), ">", 5.0))),
    ir.AllOf((ir.Exists(Field("attachment")), ir.ReceivedTime(1080, 540))),
    functools.reduce(lambda test, _: ir.Not(test), range(DEEPEST), EMPTY),
]
BAD_TESTS: list[Test] = [
    ir.AnyOf(()),
    ir.AllOf((EMPTY, ir.AnyOf(()))),
    functools.reduce(lambda test, _: ir.Not(test), range(DEEPEST + 1), EMPTY),
    ir.Mentions(SUBJECT, ()),
    ir.Mentions(SUBJECT, (ir.Phrase((), ()),)),
    ir.Mentions(SUBJECT, (ir.Phrase((SLOT, SLOT), ()),)),
    ir.MentionsNear(SUBJECT, (ir.Phrase((SLOT,), (0,)),), 5),
    ir.MentionsExact(SUBJECT, ((),)),
    ir.Match(SUBJECT, "is", ()),
    ir.Match(SUBJECT, "is", ("",)),
    ir.Match(SUBJECT, "is", ("Ёж",)),
    ir.Match(Field("size"), "is", ("5",)),
    ir.Match(Field("header"), "is", ("да",)),
    ir.Match(Field("subject", "x"), "is", ("да",)),
    ir.Matches(SUBJECT, (ir.Regex(""),)),
    ir.Matches(Field("date"), (ir.Regex("a"),)),
    ir.AddressIs(SUBJECT, frozenset({"a@b.kz"})),
    ir.HasIp(Field("body"), ()),
    ir.ClientIp(()),
    ir.Compare(SUBJECT, ">", 5.0),
    ir.Exists(Field("weather")),
    ir.ReceivedDay(frozenset()),
    ir.ReceivedDay(frozenset({7})),
    ir.ReceivedTime(0, 0),
    ir.ReceivedTime(0, 1500),
    ir.Fact("sunny"),
    ir.Assigned(""),
    ir.Match(Field("attachment-name"), "is", ("а",)),
    ir.Attachment(EMPTY),
    ir.Attachment(ir.Attachment(ir.Exists(Field("attachment-name")))),
]


@pytest.mark.parametrize("test", GOOD_TESTS)
def test_takes_a_sound_test(test: Test) -> None:
    validate(script(test))
    validate(script(unless=test))


@pytest.mark.parametrize("test", BAD_TESTS)
def test_refuses_a_broken_test(test: Test) -> None:
    with pytest.raises(InvalidScript):
        validate(script(test))
    with pytest.raises(InvalidScript):
        validate(script(unless=test))


GOOD = script(actions=(Assign("abon"), Notify("boss")), carry_on=True)
GOOD = replace(GOOD, persons=(Person("boss", None, "boss@x-com.kz"),))
REFUSING = Rule("S", EMPTY, (Reject("no"),))
BROKEN = [
    replace(GOOD, rules=(*GOOD.rules, *GOOD.rules)),
    replace(GOOD, session_rules=(Rule("R", EMPTY, (Defer("later"),)),)),
    replace(GOOD, rules=(Rule("a", EMPTY, (Tag("t"),), priority=200), Rule("b", EMPTY, (Tag("t"),)))),
    replace(GOOD, rules=(Rule("", EMPTY, (Tag("t"),)),)),
    replace(GOOD, rules=(Rule("a", EMPTY, ()),)),
    replace(GOOD, rules=(Rule("a", EMPTY, (Tag("t"),), carry_on=True),)),
    replace(GOOD, rules=(Rule("a", EMPTY, (Assign("abon", also=True),), carry_on=True),)),
    replace(GOOD, rules=(REFUSING,)),
    replace(GOOD, session_rules=(Rule("S", EMPTY, (Tag("t"),)),)),
    replace(GOOD, otherwise=(Tag("t"),)),
    replace(GOOD, otherwise=(Discard(),)),
    replace(GOOD, otherwise=(Triage(), Reject("no"))),
    replace(GOOD, rules=(Rule("a", EMPTY, (Assign("gone"),)),)),
    replace(GOOD, otherwise=(Propose("gone"),)),
    replace(GOOD, persons=()),
    replace(GOOD, departments=(replace(ABON, channels=()),)),
    replace(GOOD, departments=(replace(ABON, channels=ABON.channels * 2),)),
    replace(GOOD, departments=(ABON, ABON)),
    replace(GOOD, departments=(ABON, replace(ABON, name="boss"))),
]


def test_takes_a_sound_script() -> None:
    validate(replace(GOOD, session_rules=(REFUSING,)))


@pytest.mark.parametrize("broken", BROKEN)
def test_refuses_a_broken_script(broken: Script) -> None:
    with pytest.raises(InvalidScript, match="broken invariant"):
        validate(broken)
