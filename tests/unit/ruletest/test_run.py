"""Tests beside rules: destinations are an exact set, everything else a subset, and what differs is shown both ways."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.compiler import build_program, compile_file
from sievepy.rules_lang.settings import Settings
from sievepy.ruletest.run import CaseResult, Conditions, run_cases

RULES = """
department buh "Бухгалтерия" { email buh@x-com.kz }
department tech { email tech@x-com.kz }
rule "Акты" { when text mentions "акт сверки"; assign buh; continue; tag money }
rule "Сеть" { when text mentions "интернет"; assign tech; continue }
rule "Шефу" { when subject mentions "шефу"; forward boss@x-com.kz }
rule "Спам" { when subject contains "казино"; quarantine "спам" }
session rule "Чужие" { when client ip in @bad; reject "не ждём" }
network bad { 203.0.113.0/24 }
otherwise { triage }
"""


def run(test: str) -> CaseResult:
    rules = RULES + f'test "t" {{ {test} }}\n'
    compilation = compile_file("a.rules", {"a.rules": rules.encode()}.__getitem__, Settings(edge=True))
    assert compilation.ok, [str(d.message) for d in compilation.diagnostics]
    (result,) = run_cases(build_program(compilation), compilation.cases, Conditions(dt.UTC), _no_file)
    return result


def _no_file(path: str) -> bytes:
    raise FileNotFoundError(2, "No such file", path)


@pytest.mark.parametrize(
    "test",
    [
        'subject "акта сверки"; expect assign buh',
        'subject "акта сверки"; expect assign buh; expect tag money; expect rule "Акты"; expect not rule "Сеть"',
        'body "нет интернета, и вышлите акт сверки"; expect assign buh, tech',
        'subject "шефу"; expect forward',
        'subject "шефу"; expect forward boss@x-com.kz',
        'subject "КАЗИНО"; expect quarantine',
        'subject "КАЗИНО"; expect quarantine "спам"',
        'subject "x"; expect triage; expect not assign buh',
        'client-ip 203.0.113.7; subject "x"; expect reject',
        'client-ip 198.51.100.7; subject "x"; expect not reject',
    ],
)
def test_what_holds_passes(test: str) -> None:
    result = run(test)
    assert result.passed, (result.want, result.got)


@pytest.mark.parametrize(
    ("test", "want", "got"),
    [
        ('body "нет интернета"; expect assign buh', ("assign buh",), ("assign tech",)),
        ('body "интернет, акт сверки"; expect assign buh', (), ("assign tech",)),
        ('body "интернет"; expect assign buh, tech', ("assign buh",), ()),
        ('subject "акт сверки"; expect tag urgent', ("tag urgent",), ("tag money",)),
        ('subject "акт сверки"; expect not rule "Акты"', ('not rule "Акты"',), ('rule "Акты"',)),
        ('subject "x"; expect rule "Акты"', ('rule "Акты"',), ('rule "otherwise"',)),
        ('subject "казино"; expect quarantine "иное"', ('quarantine "иное"',), ('quarantine "спам"',)),
        ('subject "x"; expect reject', ("reject",), ("no reject", "triage")),
    ],
)
def test_what_does_not_hold_is_shown_both_ways(test: str, want: tuple[str, ...], got: tuple[str, ...]) -> None:
    result = run(test)
    assert not result.passed
    assert result.want == want
    assert set(result.got) <= set(got)


def test_a_letter_that_cannot_be_read_is_a_problem_and_no_pass() -> None:
    result = run('message "gone.eml"; expect triage')
    assert not result.passed
    assert result.problem is not None
    assert "gone.eml" in result.problem
