"""Judging a letter by changed rules only where they might say something else comes to what judging all of them twice
comes to; and changed rules judged over one reading of a letter come to what a program of them comes to."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sievepy.engine import EvalContext, build
from sievepy.engine.variants import Variants
from sievepy.ir.script import Rule, Script
from sievepy.mail.letter import Letter
from sievepy.ruletest.backtest import Backtest, outcome_of
from tests.property import strategies
from tests.property.test_equivalence import KNOWN, at_length

EDITS = ("remove", "insert", "rule", "test", "unless", "move", "rename", "continue", "observe", "renumber", "off")
DAYS = tuple(strategies.NOW.date() + dt.timedelta(days=days) for days in (0, 1))


@st.composite
def edited(draw: st.DrawFn, scripts: st.SearchStrategy[Script]) -> tuple[Script, Script]:
    """A script, and what became of it by a few edits."""
    script, other = draw(scripts), draw(scripts)
    rules = list(script.rules)
    for number in range(draw(st.integers(0, 3))):
        _edit(draw, rules, other.rules, number)
    new = replace(script, rules=tuple(rules))
    if draw(st.integers(0, 5)) == 0:
        new = replace(new, otherwise=other.otherwise)
    if draw(st.integers(0, 5)) == 0:
        new = replace(new, departments=other.departments)
    if draw(st.integers(0, 5)) == 0:
        new = replace(new, session_rules=other.session_rules)
    return script, new


def _edit(draw: st.DrawFn, rules: list[Rule], others: tuple[Rule, ...], number: int) -> None:
    if not rules:
        return
    place, other = draw(st.integers(0, len(rules) - 1)), draw(st.sampled_from(others))
    match draw(st.sampled_from(EDITS)):
        case "remove":
            del rules[place]
        case "insert":
            rules.insert(place, replace(other, title=f"inserted {number}"))
        case "move":
            rules.insert(draw(st.integers(0, len(rules) - 1)), rules.pop(place))
        case edit:
            rules[place] = _edited_rule(draw, edit, rules[place], other, number)


def _edited_rule(draw: st.DrawFn, edit: str, rule: Rule, other: Rule, number: int) -> Rule:
    match edit:
        case "rule":
            return replace(other, title=rule.title)
        case "test":
            return replace(rule, test=other.test)
        case "unless":
            return replace(rule, unless=other.unless)
        case "rename":
            return replace(rule, title=f"renamed {number}")
        case "continue":
            return replace(rule, carry_on=not rule.carry_on)
        case "observe":
            return replace(rule, observe=not rule.observe)
        case "off":
            return replace(rule, off_until=draw(st.sampled_from([None, *DAYS])))
        case _:
            return replace(rule, priority=rule.priority + 1)


def compare(pair: tuple[Script, Script], letters: list[Letter], known: tuple[str, ...] | None) -> None:
    old, new = map(build, pair)
    context = EvalContext(now=strategies.NOW, zone=dt.UTC, known=known)
    backtest = Backtest(old, new)
    for letter in letters:
        before, after = backtest.compare(letter, context)
        assert before == outcome_of(old.judge(letter, context), old.refuse(letter, context))
        judged = outcome_of(new.judge(letter, context), new.refuse(letter, context))
        assert (after.done, after.place, after.beside, after.lost) == (
            judged.done,
            judged.place,
            judged.beside,
            judged.lost,
        )
        if backtest.same:
            assert before.done == judged.done
    assert backtest.twice <= backtest.judged == len(letters)


@at_length
@given(edited(strategies.scripts), st.lists(strategies.letters, min_size=1, max_size=3), KNOWN)
def test_a_second_judgement_is_left_out_only_where_it_would_say_the_same(
    pair: tuple[Script, Script], letters: list[Letter], known: tuple[str, ...] | None
) -> None:
    compare(pair, letters, known)


@at_length
@given(edited(strategies.brief_scripts), st.lists(strategies.brief_letters, min_size=1, max_size=3), KNOWN)
def test_so_it_is_where_many_rules_meet(
    pair: tuple[Script, Script], letters: list[Letter], known: tuple[str, ...] | None
) -> None:
    compare(pair, letters, known)


@at_length
@given(edited(strategies.brief_scripts), st.lists(strategies.brief_letters, min_size=1, max_size=2), KNOWN)
def test_variants_over_one_reading_come_to_what_programs_of_them_come_to(
    pair: tuple[Script, Script], letters: list[Letter], known: tuple[str, ...] | None
) -> None:
    script, new = pair
    variants = Variants(script, [t for r in new.rules for t in (r.test, r.unless) if t is not None])
    context = EvalContext(now=strategies.NOW, zone=dt.UTC, known=known)
    changed = [variants.ready(rule) for rule in new.rules]
    for letter in letters:
        opened = variants.open(letter, context)
        turns, plan = opened.turns()
        expected = build(script).judge(letter, context)
        assert (plan.actions, plan.rules, plan.notes) == (expected.actions, expected.rules, expected.notes)
        held = [t.ready.rule.title for t in turns if t.truth and not t.ready.rule.observe]
        assert held == [title for title in expected.rules if title != "otherwise"]
        again, judged = opened.judge(changed, new), build(new).judge(letter, context)
        assert (again.actions, again.rules, again.notes) == (judged.actions, judged.rules, judged.notes)
        assert opened.turns()[1] == plan
        assert opened.refuse(variants.session_rules) == build(script).refuse(letter, context)
