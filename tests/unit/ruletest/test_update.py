"""Failing tests rewritten: what an update makes of each kind of line, in each kind of layout."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.compiler import build_program, compile_file
from sievepy.rules_lang.settings import Settings
from sievepy.ruletest.run import Conditions, run_cases
from sievepy.ruletest.update import Inexpressible, updates
from sievepy.text.edits import edited

RULES = """\
department buh { email buh@x-com.kz }
department tech { email tech@x-com.kz }
rule "Акты" { when text mentions "акт сверки"; assign buh; continue; tag money, late }
rule "Сеть" { when text mentions "интернет"; assign tech; continue; notify buh, tech with subject }
rule "Шефу" { when subject mentions "шефу"; forward boss@x-com.kz }
rule "Кавычки \\"x\\"" { when subject contains "папка"; file "Архив \\"2026\\"" }
rule "Спам" { when subject contains "казино"; quarantine "спам" }
session rule "Чужие" { when helo contains "bad"; reject "не ждём" }
otherwise { triage }
"""


def read(path: str) -> bytes:
    raise FileNotFoundError(2, "No such file", path)


def updated(test: str) -> str:
    """The test after the update, which it passes."""
    text = _once(test)
    assert _once(text) == text, "an updated test passes"
    return text


def _once(test: str) -> str:
    compilation = compile_file("a.rules", {"a.rules": (RULES + test).encode()}.__getitem__, Settings(edge=True))
    assert compilation.ok, [d.message for d in compilation.diagnostics if d.severity == "error"]
    (result,) = run_cases(build_program(compilation), compilation.cases, Conditions(dt.UTC), read)
    if result.passed:
        return test
    return edited(compilation.trees[0].source, updates(compilation, result)).removeprefix(RULES)


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        # destinations: an exact set
        ('subject "интернет"; expect assign buh', 'subject "интернет"; expect assign tech'),
        (
            'subject "акт сверки, интернет"; expect assign buh',
            'subject "акт сверки, интернет"; expect assign buh, tech',
        ),
        ('subject "интернет"; expect assign buh, tech', 'subject "интернет"; expect assign tech'),
        ('subject "интернет"; expect assign tech; expect assign buh', 'subject "интернет"; expect assign tech'),
        ('subject "интернет"; expect triage; expect assign buh', 'subject "интернет"; expect assign tech'),
        ('expect triage; expect assign buh; subject "интернет"', 'expect assign tech; subject "интернет"'),
        ('subject "x"; expect assign buh', 'subject "x"; expect triage'),
        ('subject "x"; expect assign same', 'subject "x"; expect triage'),
        ('subject "казино"; expect triage', 'subject "казино"; expect quarantine'),
        ('subject "казино"; expect quarantine "иное"', 'subject "казино"; expect quarantine "спам"'),
        ('subject "шефу"; expect forward a@x-com.kz', 'subject "шефу"; expect forward boss@x-com.kz'),
        ('subject "папка"; expect triage', 'subject "папка"; expect file "Архив \\"2026\\""'),
        # what should not be, and is
        ('subject "x"; expect not triage', 'subject "x"; expect triage'),
        ('subject "x"; expect triage; expect not triage', 'subject "x"; expect triage'),
        (
            'subject "интернет"; expect not assign buh, tech',
            'subject "интернет"; expect not assign buh; expect assign tech',
        ),
        ('subject "интернет"; expect not rule "Сеть"', 'subject "интернет"; expect rule "Сеть"'),
        # everything else
        ('subject "x"; expect tag money', 'subject "x"; expect not tag money'),
        ('subject "акт сверки"; expect not tag late', 'subject "акт сверки"; expect tag late'),
        (
            'subject "акт сверки"; expect tag money, urgent, late',
            'subject "акт сверки"; expect tag money, late; expect not tag urgent',
        ),
        ('subject "x"; expect notify buh with subject', 'subject "x"; expect not notify buh with subject'),
        ('subject "x"; expect reject', 'subject "x"; expect not reject'),
        ('subject "x"; helo bad; expect not reject', 'subject "x"; helo bad; expect reject'),
        ('subject "x"; expect bitrix task', 'subject "x"; expect not bitrix task'),
        # rules: one that asked for a destination takes the place
        ('subject "интернет"; expect rule "Акты"', 'subject "интернет"; expect rule "Сеть"'),
        ('subject "папка"; expect rule "Акты"', 'subject "папка"; expect rule "Кавычки \\"x\\""'),
        ('subject "x"; expect rule "Акты"', 'subject "x"; expect rule "otherwise"'),
        (
            'subject "интернет"; expect rule "Сеть"; expect rule "Акты"',
            'subject "интернет"; expect rule "Сеть"; expect not rule "Акты"',
        ),
    ],
)
def test_lines(lines: str, after: str) -> None:
    assert updated(f'test "t" {{ {lines} }}\n') == f'test "t" {{ {after} }}\n'


def test_comments_and_layout_stay() -> None:
    before = """\
# about it
test "t" {
    subject "акт сверки, интернет"  # both

    # where it goes
    expect triage   # why
    expect tag money, urgent   # tags
    expect not assign buh  # never
    expect not rule "Сеть";
\texpect assign tech

    # the end
}
"""
    assert (
        updated(before)
        == """\
# about it
test "t" {
    subject "акт сверки, интернет"  # both

    # where it goes
    expect assign buh   # why
    expect tag money
    expect not tag urgent   # tags
    # never
    expect rule "Сеть";
\texpect assign tech

    # the end
}
"""
    )


def test_a_line_with_nothing_beside_it_goes_whole() -> None:
    before = 'test "t" {\n    subject "интернет"\n    expect triage\n    expect assign buh\n}\n'
    assert updated(before) == 'test "t" {\n    subject "интернет"\n    expect assign tech\n}\n'


def test_a_test_whose_letter_cannot_be_read_is_refused() -> None:
    with pytest.raises(Inexpressible, match=r"cannot read gone\.eml"):
        _once('test "t" { message "gone.eml"; expect triage }\n')


def test_a_comment_is_not_lost_with_a_line_that_has_to_go() -> None:
    before = 'test "t" {\n    subject "интернет"; expect triage # one\n    ; expect assign buh\n}\n'
    with pytest.raises(Inexpressible, match="a comment stands in the way"):
        _once(before)
