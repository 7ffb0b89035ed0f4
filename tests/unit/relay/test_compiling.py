"""Rules compiled and tested for a relay: what it gets, and what it is told where they do not stand."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from sievepy.relay.compiling import Compiled, Rules, compile_aside, compile_rules
from sievepy.rules_lang.settings import Settings
from sievepy.ruletest.run import Conditions

GOOD = """
department buh "Бухгалтерия" { email buh@x.kz }
rule "Акты" { when subject mentions "акт"; assign buh }
otherwise { triage }
test "Акты" { subject "Два акта"; expect assign buh }
test "Прочее" { subject "привет"; expect triage }
"""


def rules(folder: Path, text: str) -> Rules:
    path = folder / "main.rules"
    path.write_text(text, encoding="utf-8")
    return Rules(str(path), Settings(), Conditions(dt.UTC))


def compiled(folder: Path, text: str = GOOD) -> Compiled:
    return compile_rules(rules(folder, text))


def test_good_rules_come_with_the_name_of_their_program_and_the_number_of_their_tests(tmp_path: Path) -> None:
    found = compiled(tmp_path)
    assert found.script is not None
    assert [rule.title for rule in found.script.rules] == ["Акты"]
    assert (found.problems, found.tests) == ((), 2)
    assert found.program == compiled(tmp_path).program != ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("buh@x.kz", "other@x.kz"),
        ("email buh@x.kz }", "email buh@x.kz; restricted }"),
        ('"Акты" {', '"Акты!" {'),
        ('mentions "акт"', 'mentions "акт", "счёт"'),
        ("otherwise { triage }", "otherwise { triage; tag new }"),
    ],
)
def test_whatever_changes_has_another_name(tmp_path: Path, old: str, new: str) -> None:
    assert (changed := GOOD.replace(old, new, 1)) != GOOD
    assert compiled(tmp_path, changed).script is not None
    assert compiled(tmp_path, changed).program != compiled(tmp_path).program


def test_every_mistake_is_named_with_its_place_and_nothing_is_run(tmp_path: Path) -> None:
    found = compiled(tmp_path, GOOD.replace("assign buh }", "assign bhu }").replace("otherwise { triage }", ""))
    assert (found.script, found.program, found.tests) == (None, "", 0)
    places = [problem.partition("main.rules:")[2].partition(":")[0] for problem in found.problems]
    assert places == ["3", "5", "6"]  # the test that still expects it is told, too
    assert all("error[E" in problem for problem in found.problems)


def test_each_test_that_fails_stands_in_the_way(tmp_path: Path) -> None:
    found = compiled(tmp_path, GOOD.replace("expect assign buh", "expect triage").replace('"привет"', '"акт"'))
    assert found.script is None
    assert found.problems == (
        'test "Акты" fails: want triage; got assign buh',
        'test "Прочее" fails: want triage; got assign buh',
    )
    assert found.tests == 2


def test_a_test_whose_letter_is_not_there_stands_in_the_way(tmp_path: Path) -> None:
    found = compiled(tmp_path, GOOD + 'test "Файл" { message "gone.eml"; expect triage }')
    assert found.script is None
    assert any("gone.eml" in problem for problem in found.problems)


def test_a_file_that_is_not_there_is_a_problem_not_an_error(tmp_path: Path) -> None:
    found = compile_rules(Rules(str(tmp_path / "gone.rules"), Settings(), Conditions(dt.UTC)))
    assert found.script is None
    assert any("gone.rules" in problem for problem in found.problems)


def test_another_process_comes_to_the_same(tmp_path: Path) -> None:
    given = rules(tmp_path, GOOD)
    assert asyncio.run(compile_aside(given)) == compile_rules(given)
