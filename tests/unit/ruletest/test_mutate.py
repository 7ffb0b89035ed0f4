"""Mutants: what is changed, that nothing is said of them which compiling each and running all tests would not say, and
that next to nothing is judged for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sievepy.compiler import Compilation, compile_file
from sievepy.engine import build
from sievepy.ir.cases import Case
from sievepy.ir.script import Script
from sievepy.rules_lang.settings import Settings
from sievepy.ruletest.mutants import Mutant, mutants
from sievepy.ruletest.mutate import Mutation, mutate
from sievepy.ruletest.run import Conditions, run_case
from sievepy.ruletest.trial import trials_of

CONDITIONS = Conditions(dt.UTC)
RULES = """\
department buh { email buh@x-com.kz }
department tech { email tech@x-com.kz }
department abon { email abon@x-com.kz }
phrases act { "акт сверки"; "счёт"; "накладная" }
phrases bill { "квитанция"; "накладная" }
condition broken when any { text mentions "не работает", "сломался"; all { text mentions "сеть"; not bounce } }
condition small when size < 1MB
session rule "Чужие" { when any { helo contains "bad"; client ip in 203.0.113.0/24 }; reject "no" }
rule "Спам" { when subject contains "казино", "покер"; quarantine "спам" }
rule "Акты" {
    when any { subject mentions @act, @bill; attachment { name contains "akt"; kind is pdf } }
    unless mailing-list
    assign buh; continue
    tag money
}
rule "Сеть" { when all { condition broken; condition small }; unless assigned; assign tech; continue }
rule "Шум" { when none { condition broken; subject contains "тихо" }; also assign abon }
rule "Рядом" { when text mentions all of "тариф", "новый", "год" within 8; assign abon }
rule "Поздно" { when received time is 20:00-23:00, 23:30-24:00; tag late }
rule "Смотрим" { observe; when bounce; tag seen }
rule "Знак" { when tagged money; unless header "X-Spam" absent; tag sign }
otherwise { triage; tag unsorted }
test "1" { subject "О счёте"; expect assign buh, abon; expect tag money }
test "2" { subject "тихо: сломался роутер"; expect assign tech; expect not tag unsorted }
test "3" { subject "казино"; expect quarantine; expect not tag money }
test "4" { body "тариф на новый год"; expect assign abon; expect not tag late }
test "5" { subject "тихо"; attachment "akt.pdf"; expect assign buh }
test "6" { subject "тихо"; at 2026-01-15 21:00; expect tag late; expect tag unsorted; expect triage }
test "7" { subject "тихо, накладная"; header "X-Spam" "yes"; expect tag sign; expect rule "Акты" }
test "8" { helo bad; subject "тихо"; expect reject }
test "9" { subject "тихо, акт сверки"; body "сеть не работает"; expect assign buh }
test "10" { subject "тихо"; expect assign buh }
"""


@pytest.fixture(scope="module")
def compilation() -> Compilation:
    found = compile_file("a.rules", {"a.rules": RULES.encode()}.__getitem__, Settings(edge=True))
    assert found.ok, [d.message for d in found.diagnostics if d.severity == "error"]
    return found


def run(compilation: Compilation, sample: int | None = None) -> Mutation:
    return mutate(compilation, trials_of(compilation.cases, CONDITIONS, lambda path: b""), sample)


def changed(script: Script, mutant: Mutant) -> Script:
    """The script of a mutant, to be compiled from nothing."""
    row = list(script.session_rules if mutant.session else script.rules)
    for place, rule in mutant.rules.items():
        row[place] = rule
    if mutant.last is not None:
        row.append(row.pop(mutant.last))
    new = replace(script, session_rules=tuple(row)) if mutant.session else replace(script, rules=tuple(row))
    return new if mutant.otherwise is None else replace(new, otherwise=mutant.otherwise)


def failing(script: Script, cases: tuple[Case, ...]) -> set[str]:
    program = build(script)
    return {case.title for case in cases if not run_case(program, case, CONDITIONS, lambda path: b"").passed}


def test_survivors_are_those_that_compiling_each_mutant_would_find(compilation: Compilation) -> None:
    assert compilation.script is not None
    found = run(compilation)
    before = failing(compilation.script, compilation.cases)
    assert before == {"10"} == set(found.failing)
    survivors = {id(mutant): mutant for mutant in found.survivors}
    expected = [m for m in mutants(compilation) if failing(changed(compilation.script, m), compilation.cases) <= before]
    assert [(str(m.span), m.change, m.titles) for m in found.survivors] == [
        (str(m.span), m.change, m.titles) for m in expected
    ]
    assert 0 < len(survivors) < found.all == found.tried


def test_letters_are_judged_again_only_where_something_can_come_of_it(compilation: Compilation) -> None:
    found = run(compilation)
    every = (found.all + found.phrases) * found.letters
    assert found.letters == 9
    assert 0 < found.judged < every / 4


def test_what_is_changed_is_told_in_the_words_of_the_language(compilation: Compilation) -> None:
    told = {(m.span.location[0], m.change, len(m.titles)) for m in mutants(compilation)}
    assert {
        (6, 'without `text mentions "не работает", "сломался"`', 2),
        (6, 'without `all { text mentions "сеть"; not bounce }`', 2),
        (6, "without the `not` of `not bounce`", 2),
        (16, "`not` before `condition small`", 1),
        (8, "without the rule", 1),
        (8, 'without `helo contains "bad"`', 1),
        (10, "without its `unless`", 1),
        (10, "without `continue`", 1),
        (10, "without `tag money`", 1),
        (10, "`assign tech` for `assign buh`", 1),
        (10, "judged below all other rules", 1),
        (11, 'without `name contains "akt"`', 1),
        (16, "without `condition small`", 1),
        (16, "`not` before `assigned`", 1),
        (17, '`any` for the `none` of `none { condition broken; subject contains "тихо" }`', 1),
        (17, "`also assign buh` for `also assign abon`", 1),
        (18, 'without phrase 2 of `text mentions all of "тариф", "новый", "год" within 8`', 1),
        (19, "`not` before `received time is 20:00-23:00, 23:30-24:00`", 1),
        (21, '`exists` for the `absent` of `header "X-Spam" absent`', 1),
        (22, "without `tag unsorted`", 1),
    } - told == set()
    assert not any(row == 20 for row, _, _ in told), "an observed rule shows in no plan"
    assert not any("without `tag seen`" in change for _, change, _ in told)


def test_a_mutant_is_no_rule_as_it_was(compilation: Compilation) -> None:
    script = compilation.script
    assert script is not None
    made = mutants(compilation)
    assert len({(str(m.span), m.change, m.titles) for m in made}) == len(made)
    for mutant in made:
        assert changed(script, mutant) != script, mutant.change


def test_phrases_are_left_out_one_at_a_time(compilation: Compilation) -> None:
    """`накладная` stands in two lists of one test, so that neither alone is missed. Each is held against rules in which
    it is written otherwise."""
    found = run(compilation)
    assert found.phrases == 7
    unnoticed = [phrase.text for phrase in found.unnoticed]
    assert sorted(unnoticed) == ["квитанция", "накладная", "накладная", "не работает"]
    for written in ('"акт сверки"', '"счёт"', '"сломался"', *(phrase.span.text for phrase in found.unnoticed)):
        at = (
            next(p.span for p in found.unnoticed if p.span.text == written) if written.strip('"') in unnoticed else None
        )
        start = RULES.index(written) if at is None else at.start
        text = RULES[:start] + '"zyx"' + RULES[start + len(written) :]
        other = compile_file("a.rules", {"a.rules": text.encode()}.__getitem__, Settings(edge=True))
        assert other.script is not None
        assert (failing(other.script, other.cases) == {"10"}) == (at is not None), written


def test_a_sample_is_the_same_each_time_and_little_moved_by_edits_elsewhere(compilation: Compilation) -> None:
    found = run(compilation, 20)
    assert (found.tried, found.all) == (20, len(mutants(compilation)))
    assert run(compilation, 20) == found
    text = "# a line above\n" + RULES.replace("otherwise {", 'rule "Ещё" { when empty; tag more }\notherwise {')
    other = compile_file("a.rules", {"a.rules": text.encode()}.__getitem__, Settings(edge=True))
    keys = [sorted(m.key for m in mutants(each)) for each in (compilation, other)]
    assert len(set(keys[0][:20]) & set(keys[1][:20])) >= 18
