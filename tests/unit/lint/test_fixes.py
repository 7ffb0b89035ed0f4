"""Fixes that are carried out unasked: they take the finding away, and the rules mean what they meant."""

from __future__ import annotations

import re

import pytest

from sievepy import lint
from sievepy.lint.idle_wildcard import CODE as WILDCARD
from sievepy.text import Diagnostic
from sievepy.text.edits import edited
from tests.unit.lint.programs import compiled, linted

OTHERWISE = "otherwise { triage }\n"
BUH = "department buh { email buh@x-com.kz }\n"


def rule(test: str, more: str = "") -> str:
    return f'{BUH}{more}rule "Акты" {{ when {test}; assign buh }}\n{OTHERWISE}'


def found(text: str, code: str) -> list[Diagnostic]:
    return [d for d in linted(text) if d.code == code]


def mended(text: str, code: str) -> str | None:
    """The text after the safe fix of the one finding of this code; None if it has none."""
    (finding,) = found(text, code)
    safe = [fix for fix in finding.fixes if fix.safe]
    if not safe:
        return None
    assert finding.span is not None
    result = edited(finding.span.source, safe[0].edits)
    assert found(result, code) == []
    return result


def test_a_phrase_written_twice_goes() -> None:
    text = rule("text mentions @act", 'phrases act { "акт сверки"; "счёт"; "акт сверки" }\n')
    assert mended(text, "W205") == rule("text mentions @act", 'phrases act { "акт сверки"; "счёт" }\n')
    assert mended(rule('text mentions "акт", "счёт", "акт"'), "W205") == rule('text mentions "акт", "счёт"')


def test_a_phrase_that_a_list_holds_goes() -> None:
    more = 'phrases act { "акт сверки" }\n'
    assert mended(rule('text mentions "акт сверки", @act', more), "W205") == rule("text mentions @act", more)


def test_a_phrase_that_is_only_covered_stays() -> None:
    """`contains @act` would take it for a text of its own."""
    assert mended(rule("text mentions @act", 'phrases act { "акт сверки"; "акта сверки" }\n'), "W205") is None


def test_a_comment_beside_a_phrase_keeps_it() -> None:
    more = 'phrases act {\n    "акт"  # the first\n    # the second\n    "акт"\n}\n'
    assert mended(rule("text mentions @act", more), "W205") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{ priority 100; when", "{ when"),
        ("{\n    priority 100\n    when", "{\n    when"),
        ("{\n    priority 100;\n    when", "{\n    when"),
        ("{ observe; priority 100\n when", "{ observe;  when"),
        ("{ observe\n priority 100\n when", "{ observe\n when"),
    ],
)
def test_a_priority_that_orders_nothing_goes(before: str, after: str) -> None:
    text = rule("bounce")
    assert mended(text.replace("{ when", before), "W213") == text.replace("{ when", after)


def test_a_test_written_twice_goes() -> None:
    text = rule('any { subject mentions "акт"; bounce; subject  mentions "акт" }')
    assert mended(text, "W206") == rule('any { subject mentions "акт"; bounce }')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# sievepy: ignore W201 old\n", ""),
        ("    # sievepy: ignore W201 old  \n", ""),
        ("# kept\n\n# sievepy: ignore W201, W202\n# kept, too\n", "# kept\n\n# kept, too\n"),
    ],
)
def test_a_comment_that_quiets_nothing_goes_with_its_line(before: str, after: str) -> None:
    assert mended(rule("bounce", before), "W215") == rule("bounce", after)


def test_a_comment_behind_code_goes_alone() -> None:
    text = rule("bounce", 'phrases a { "акт" }  # sievepy: ignore W201 old\n')
    assert mended(text, "W215") == rule("bounce", 'phrases a { "акт" }\n')


def test_of_several_codes_those_in_use_stay() -> None:
    line = '# sievepy: ignore W201, W205, W301 {}\nphrases act {{ "акт"; "акт" }}\n'
    text = rule("text mentions @act", line.format("it stays"))
    kept = line.format("it stays").replace("W201, W205, W301", "W205")
    assert mended(text, "W215") == rule("text mentions @act", kept)


def test_a_misspelt_ignore_is_named_and_left_to_a_person() -> None:
    (finding,) = found(rule("bounce", "# sievepy: ignroe W201 old\n"), "W215")
    assert (finding.message, finding.help) == ("`ignroe` ignores nothing", "did you mean `ignore`?")
    assert not finding.fixes[0].safe
    assert found(rule("bounce", "# sievepy: written for version 1\n"), "W215") == []


def test_what_only_the_tests_can_tell_is_not_called_unused_without_them() -> None:
    test = 'test "Т" { body "акт"; expect assign buh }\n'
    text = rule("bounce", "# sievepy: ignore W211 tried by hand\n") + rule("empty").split("\n")[1] + "\n"
    compilation = compiled(text.replace("Акты", "Ещё", 1) + test)
    assert "W215" not in {d.code for d in lint.run(compilation)}
    assert "W215" not in {d.code for d in lint.run(compilation, frozenset({"Акты"}))}
    assert "W215" in {d.code for d in lint.run(compilation, frozenset({"Акты", "Ещё"}))}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (r"/.*договор \d+/i", r"/договор \d+/i"),
        (r"/договор \d+.*/i", r"/договор \d+/i"),
        (r"/.*?договор\/акт.*.*/", r"/договор\/акт/"),
        (r"/^.*договор \d+/", None),
        (r"/договор \d+.*$/", None),
    ],
)
def test_a_wildcard_at_the_ends_goes_where_no_anchor_stands(before: str, after: str | None) -> None:
    result = mended(rule(f"subject matches {before}"), WILDCARD.id)
    assert result == (rule(f"subject matches {after}") if after else None)


@pytest.mark.parametrize("subject", ["договор 7", "наш договор 7, копия", "строка\nдоговор 7\nещё", "договор", ""])
def test_a_regex_finds_without_the_wildcard_what_it_found_with_it(subject: str) -> None:
    assert bool(re.search(r".*договор \d+.*", subject)) == bool(re.search(r"договор \d+", subject))
