"""The order of rules: who is judged, who acts, and when the deciding run ends."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.ir.conditions import AllOf, AnyOf, Assigned, Fact, Not, Tagged
from sievepy.plan import (
    Assign,
    AssignSame,
    Copy,
    Discard,
    FileInto,
    Fired,
    Note,
    NoteKind,
    Quarantine,
    Tag,
    Triage,
)
from tests.unit.engine.make import (
    ALWAYS_TRUE,
    NEVER_TRUE,
    SUBJECT,
    UNKNOWN,
    done,
    holding,
    judged,
    letter,
    rule,
)

BUH, ABON, IP = Assign("buh"), Assign("abon"), Assign("ip", also=True)
YES, NO = ALWAYS_TRUE, NEVER_TRUE
TAG = Tag("т")


def test_the_first_deciding_rule_that_holds_ends_the_deciding_run() -> None:
    plan = judged(rule("нет", NO, ABON), rule("да", YES, BUH), rule("поздно", YES, ABON))
    assert done(plan) == [BUH]
    assert plan.rules == ("да",)


def test_continue_lets_later_deciding_rules_add_theirs() -> None:
    plan = judged(rule("раз", YES, BUH, carry_on=True), rule("два", YES, ABON), rule("три", YES, FileInto("А")))
    assert done(plan) == [BUH, ABON]


def test_adding_rules_are_judged_wherever_they_stand() -> None:
    plan = judged(
        rule("до", YES, IP), rule("решает", YES, BUH), rule("после", YES, TAG), rule("и ещё", YES, Copy("a@x.kz"))
    )
    assert done(plan) == [IP, BUH, TAG, Copy("a@x.kz")]
    assert plan.rules == ("до", "решает", "после", "и ещё")


def test_otherwise_runs_if_and_only_if_there_is_no_destination() -> None:
    plan = judged(rule("метка", YES, TAG))
    assert done(plan) == [Triage(), TAG, Tag("unsorted")]
    assert plan.fired[-1] == Fired("otherwise")
    assert plan.notes[-1].kind is NoteKind.NO_DESTINATION
    assert "otherwise" not in judged(rule("добавляет", YES, IP)).rules


# ---------------------------------------------------------------- unknown


def test_an_unknown_deciding_rule_sends_the_letter_to_triage_and_ends_the_deciding_run() -> None:
    plan = judged(rule("выше", YES, BUH, carry_on=True), rule("спам", UNKNOWN, Discard()), rule("ниже", YES, ABON))
    reason = 'rule "спам" could not be answered: spam score is not known'
    assert done(plan) == [BUH, Triage(reason)]
    assert plan.notes == (Note(NoteKind.UNKNOWN, reason, "спам"),)
    assert plan.rules == ("выше",)


def test_continue_does_not_help_an_unknown_rule() -> None:
    plan = judged(rule("тема", UNKNOWN, BUH, carry_on=True), rule("ниже", YES, ABON))
    assert plan.destination == "triage"


def test_an_unknown_adding_rule_does_not_act() -> None:
    plan = judged(rule("метка", UNKNOWN, TAG), rule("решает", YES, BUH))
    assert done(plan) == [BUH]
    assert plan.notes == (Note(NoteKind.UNKNOWN_ADDING, "not known: spam score; the rule did not act", "метка"),)


def test_an_unknown_unless_leaves_the_rule_unknown_but_a_no_stays_a_no() -> None:
    assert judged(rule("а", YES, BUH, unless=UNKNOWN)).destination == "triage"
    assert judged(rule("а", NO, BUH, unless=UNKNOWN)).notes[0].kind is NoteKind.NO_DESTINATION
    assert judged(rule("а", UNKNOWN, BUH, unless=YES)).notes[0].kind is NoteKind.NO_DESTINATION
    assert done(judged(rule("а", YES, BUH, unless=NO))) == [BUH]


@pytest.mark.parametrize(
    ("test", "acts"),
    [
        (AnyOf((UNKNOWN, YES)), True),
        (AllOf((UNKNOWN, NO)), False),
        (Not(AnyOf((UNKNOWN, YES))), False),
        (Not(AllOf((UNKNOWN, NO))), True),
        (AnyOf(()), False),
        (AllOf(()), True),
    ],
)
def test_what_is_known_settles_what_is_not(test: AnyOf | AllOf | Not, acts: bool) -> None:
    plan = judged(rule("а", test, BUH))
    assert (plan.destination == "assign") is acts
    assert NoteKind.UNKNOWN not in {note.kind for note in plan.notes}


# ---------------------------------------------------------------- observe, off until


def test_an_observed_rule_is_named_and_does_nothing_else() -> None:
    plan = judged(
        rule("смотрим", YES, Quarantine(), TAG, observe=True),
        rule("помечено", Tagged("т"), Copy("a@x.kz")),
        rule("решает", YES, BUH),
    )
    assert done(plan) == [BUH]
    assert [(fired.title, fired.observed) for fired in plan.fired] == [("смотрим", True), ("решает", False)]
    assert plan.rules == ("решает",)


def test_an_observed_rule_that_is_unknown_leaves_no_trace_and_ends_nothing() -> None:
    plan = judged(rule("смотрим", UNKNOWN, Quarantine(), observe=True), rule("решает", YES, BUH))
    assert done(plan) == [BUH]
    assert plan.notes == ()


def test_an_observed_deciding_rule_has_no_turn_once_the_run_has_ended() -> None:
    plan = judged(rule("решает", YES, BUH), rule("смотрим", YES, ABON, observe=True))
    assert [fired.title for fired in plan.fired] == ["решает"]


@pytest.mark.parametrize(("day", "acts"), [(14, True), (15, True), (16, False)])
def test_a_rule_is_off_until_its_day_begins_in_the_zone(day: int, acts: bool) -> None:
    plan = judged(rule("а", YES, BUH, off_until=dt.date(2026, 1, day)))
    assert (plan.destination == "assign") is acts


# ---------------------------------------------------------------- what rules above have done


def test_assigned_sees_assign_above_and_not_also() -> None:
    weak = rule("слабое", YES, ABON, unless=Assigned())
    assert done(judged(rule("сильное", YES, BUH, carry_on=True), weak)) == [BUH]
    assert done(judged(rule("добавляет", YES, IP), weak)) == [IP, ABON]
    assert done(judged(weak, rule("ниже", YES, IP))) == [ABON, IP]


def test_assigned_of_a_department_sees_both_ways() -> None:
    plan = judged(
        rule("добавляет", YES, IP), rule("видит", Assigned("ip"), TAG), rule("нет", Assigned("buh"), Tag("н"))
    )
    assert plan.tags == ("т", "unsorted") or plan.tags == ("т",)


def test_tagged_sees_only_what_was_set_above() -> None:
    plan = judged(
        rule("рано", Tagged("т"), Tag("рано")), rule("метит", YES, TAG), rule("поздно", Tagged("т"), Tag("поздно"))
    )
    assert plan.tags == ("т", "поздно", "unsorted")


def test_an_adding_rule_below_the_decision_sees_it() -> None:
    assert "т" in judged(rule("решает", YES, BUH), rule("видит", Assigned(), TAG)).tags


# ---------------------------------------------------------------- assign same


def test_assign_same_goes_where_the_thread_lives() -> None:
    plan = judged(rule("ответ", YES, AssignSame()), rule("видит", Assigned("abon"), TAG), known=("buh", "abon"))
    assert done(plan) == [BUH, ABON, TAG]
    assert plan.notes == (Note(NoteKind.THREAD, "the thread lives in buh, abon", "ответ"),)


@pytest.mark.parametrize("known", [None, ()])
def test_assign_same_of_a_thread_nobody_knows_comes_to_otherwise(known: tuple[str, ...] | None) -> None:
    plan = judged(rule("ответ", YES, AssignSame()), rule("ниже", YES, BUH), known=known)
    assert [note.kind for note in plan.notes] == [NoteKind.THREAD, NoteKind.NO_DESTINATION]
    assert done(plan) == [Triage(), Tag("unsorted")]


def test_a_plan_is_never_without_a_destination() -> None:
    plan = judged(rule("нет", NO, BUH), otherwise=(AssignSame(),))
    assert done(plan) == [Triage("no destination")]


# ---------------------------------------------------------------- one rule, several tests


def test_rules_are_judged_in_order_whatever_woke_them() -> None:
    rules = [
        rule("тело", holding(SUBJECT, "акт"), TAG),
        rule("факт", Fact("bounce"), Tag("б")),
        rule("всегда", YES, Tag("в")),
        rule("снова тело", holding(SUBJECT, "сверки"), Tag("г")),
    ]
    plan = judged(*rules, of=letter({"subject": "акт сверки"}, facts={"bounce": True}))
    assert plan.rules == ("тело", "факт", "всегда", "снова тело", "otherwise")
