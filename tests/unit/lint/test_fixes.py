"""Fixes that are carried out unasked: they take the finding away, and the rules mean what they meant."""

from __future__ import annotations

import re

import pytest

from sievepy.lint.idle_wildcard import CODE as WILDCARD
from sievepy.text import Diagnostic
from sievepy.text.edits import edited
from tests.unit.lint.programs import linted

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
