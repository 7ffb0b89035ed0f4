"""When changed rules must be asked, one reason at a time; and how rarely that is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sievepy import plan
from sievepy.engine import build
from sievepy.ir import conditions as ir
from sievepy.ir.script import Channel, Department, Rule, Script
from sievepy.ruletest.backtest import Backtest, grouped, outcome_of
from sievepy.ruletest.second_look import SecondLook, rule_changes
from tests.unit.engine.make import OTHERWISE, SUBJECT, UNKNOWN, context, holding, letter, rule

ACT, NET, BILL = (holding(SUBJECT, text) for text in ("акт", "сеть", "счёт".replace("ё", "е")))
BUH, TECH, ABON = (plan.Assign(name) for name in ("buh", "tech", "abon"))
MONEY = plan.Tag("money")
BASE = (
    rule("Акты", ACT, BUH, carry_on=True),
    rule("Сеть", NET, TECH),
    rule("Счета", BILL, ABON),
    rule("Метка", BILL, MONEY),
)
DEPARTMENTS = tuple(Department(name, None, (Channel("email", f"{name}@x.kz"),)) for name in ("buh", "tech", "abon"))
SUBJECTS = ("акт", "сеть", "счет", "сеть, счет", "акт, счет", "ничего")


def script(*rules: Rule, otherwise: tuple[plan.Action, ...] = OTHERWISE, **more: object) -> Script:
    return Script(rules, otherwise, departments=DEPARTMENTS, **more)  # type: ignore[arg-type]


def asked(old: Script, new: Script) -> list[str]:
    """The subjects that are judged twice; what comes of each is held against judging everything twice."""
    first, second = build(old), build(new)
    backtest, found = Backtest(first, second), []
    for subject in SUBJECTS:
        written = letter({"subject": subject})
        before = backtest.twice
        one, other = backtest.compare(written, context())
        for told, program in ((one, first), (other, second)):
            judged = outcome_of(program.judge(written, context()), None)
            assert (told.done, told.place, told.beside) == (judged.done, judged.place, judged.beside)
        if backtest.twice > before:
            found.append(subject)
    return found


def with_rule(place: int, changed: Rule) -> Script:
    return script(*BASE[:place], changed, *BASE[place + 1 :])


def inserted(place: int, new: Rule) -> Script:
    return script(*BASE[:place], new, *BASE[place:])


@pytest.mark.parametrize(
    ("new", "twice"),
    [
        (script(*BASE), []),
        (with_rule(1, replace(BASE[1], title="Линия", priority=50)), []),
        (with_rule(1, replace(BASE[1], actions=(ABON,))), ["сеть", "сеть, счет"]),
        (script(*BASE[1:]), ["акт", "акт, счет"]),
        (with_rule(0, replace(BASE[0], carry_on=False)), ["акт", "акт, счет"]),
        (with_rule(2, replace(BASE[2], off_until=dt.date(2027, 1, 1))), ["счет", "акт, счет"]),
        (with_rule(2, replace(BASE[2], observe=True)), ["счет", "акт, счет"]),
        (script(*BASE, rule("Новое", NET, ABON, observe=True)), []),
        # Below what ends the deciding run a deciding rule has no turn; behind `continue`, and an adding rule, it has.
        (script(*BASE, rule("Новое", BILL, BUH)), []),
        (inserted(2, rule("Новое", BILL, BUH)), ["счет", "акт, счет"]),
        (inserted(1, rule("Новое", ACT, TECH)), ["акт", "акт, счет"]),
        (script(*BASE, rule("Новое", NET, MONEY)), ["сеть", "сеть, счет"]),
        # What it asks of rules above is taken for granted.
        (script(*BASE, rule("Новое", ir.AllOf((NET, ir.Assigned("tech"))), MONEY)), ["сеть", "сеть, счет"]),
        (script(*BASE, rule("Новое", ir.Tagged("money"), plan.Print("office"))), list(SUBJECTS)),
        (script(*BASE, rule("Новое", BILL, MONEY, unless=ir.Not(ir.Assigned()))), ["счет", "сеть, счет", "акт, счет"]),
        # Unknown: a deciding rule sends the letter to a person, an adding one does nothing.
        (inserted(0, rule("Новое", ir.AllOf((NET, UNKNOWN)), BUH)), ["сеть", "сеть, счет"]),
        (inserted(0, rule("Новое", ir.AllOf((NET, UNKNOWN)), MONEY)), []),
        (script(*BASE, otherwise=(plan.Triage(),)), ["ничего"]),
        (script(BASE[0], BASE[2], BASE[1], BASE[3]), ["счет", "сеть, счет", "акт, счет"]),
    ],
)
def test_only_letters_whose_deciding_rules_changed_are_judged_twice(new: Script, twice: list[str]) -> None:
    assert asked(script(*BASE), new) == twice


def test_a_letter_that_an_unknown_rule_left_to_a_person_is_judged_again_where_that_rule_changes() -> None:
    unsure = rule("Неясно", ir.AllOf((NET, UNKNOWN)), BUH)
    assert asked(script(unsure, *BASE), script(*BASE)) == ["сеть", "сеть, счет"]
    assert asked(script(unsure, *BASE), script(unsure, *BASE, rule("Новое", NET, ABON))) == []


def test_departments_count_where_plans_speak_of_them() -> None:
    old = script(*BASE)
    closed = replace(DEPARTMENTS[1], restricted=True)
    told = replace(DEPARTMENTS[2], notify=("buh",))
    assert asked(old, replace(old, departments=(DEPARTMENTS[0], closed, DEPARTMENTS[2]))) == ["сеть", "сеть, счет"]
    look = SecondLook(old, replace(old, departments=(*DEPARTMENTS[:2], told)))
    written = letter({"subject": "счет"})
    assert look.needed(build(old).judge(written, context()), written, context())


def test_so_they_do_where_a_thread_leads_to_them() -> None:
    old = script(rule("Ответ", NET, plan.AssignSame()))
    new = replace(old, departments=(*DEPARTMENTS[:2], replace(DEPARTMENTS[2], notify=("boss",))))
    written, known = letter({"subject": "сеть"}), replace(context(), known=("abon",))
    backtest = Backtest(build(old), build(new))
    assert backtest.compare(written, known)[1] == outcome_of(build(new).judge(written, known), None)
    assert backtest.twice == 1


def test_a_department_that_is_reached_otherwise_moves_no_letter() -> None:
    old = script(*BASE)
    moved = replace(DEPARTMENTS[0], channels=(Channel("email", "acc@x.kz"),))
    backtest = Backtest(build(old), build(replace(old, departments=(moved, *DEPARTMENTS[1:]))))
    assert not backtest.same
    assert [(r.name, r.before, r.after) for r in backtest.rerouted] == [("buh", "email buh@x.kz", "email acc@x.kz")]
    one, other = backtest.compare(letter({"subject": "акт"}), context())
    assert one == other and backtest.twice == 0


def test_rules_that_were_moved_are_found_by_order() -> None:
    changes = rule_changes(script(*BASE), script(BASE[1], BASE[0], *BASE[2:]))
    assert len(changes.gone) == len(changes.new) == 1
    assert set(changes.kept) == {r.title for r in BASE} - set(changes.gone)


def test_session_rules_are_asked_where_they_changed_and_a_refused_letter_is_lost() -> None:
    old = script(*BASE)
    refusing = replace(old, session_rules=(rule("Чужие", NET, plan.Reject("no")),))
    backtest = Backtest(build(old), build(refusing))
    one, other = backtest.compare(letter({"subject": "сеть"}), context())
    assert (one.place, other.place, other.lost, backtest.twice) == ("tech", "reject", True, 0)
    one, other = backtest.compare(letter({"subject": "акт"}), context())
    assert one.done == other.done


def test_losses_stand_first_then_moves_then_what_changes_beside() -> None:
    from sievepy.ruletest.backtest import Change, Outcome

    def outcome(place: str, *beside: str, lost: bool = False) -> Outcome:
        return Outcome(frozenset(), place, frozenset(beside), lost, ("a",), (), frozenset())

    changes = [
        Change("1", outcome("buh"), outcome("buh", "tag x")),
        Change("2", outcome("buh"), outcome("tech")),
        Change("3", outcome("buh"), outcome("tech")),
        Change("4", outcome("abon"), outcome("tech")),
        Change("5", outcome("abon"), outcome("quarantine", lost=True)),
        Change("6", outcome("quarantine", lost=True), outcome("discard", lost=True)),
    ]
    groups = grouped(changes)
    assert [(g.before, g.after) for g in groups] == [
        ("abon", "quarantine"),
        ("buh", "tech"),
        ("abon", "tech"),
        ("quarantine", "discard"),
        ("buh", "buh"),
    ]
    assert [g.newly_lost for g in groups] == [True, False, False, False, False]
    assert groups[-1].beside == (("tag x",), ())
