"""`sievepy explain` as it is called: a file or a pipe, one rule or all, for people and programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.endtoend.test_process import ACT, RULES, sievepy


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "a.rules").write_text(RULES, encoding="utf-8")
    (tmp_path / "letter.eml").write_bytes(ACT)
    return tmp_path


def test_a_letter(home: Path) -> None:
    done = sievepy(home, "explain", "letter.eml", "--rules", "a.rules")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("letter.eml: assign buh\n")
    assert '         subject mentions "акт сверки": yes\n' in done.stdout
    assert "Прошу акты сверки\n                          ^^^^^^^^^^^\n" in done.stdout


def test_a_letter_from_a_pipe_for_a_program(home: Path) -> None:
    done = sievepy(home, "explain", "-", "--rules", "a.rules", "--json", data=ACT)
    found = json.loads(done.stdout)
    assert found["plan"]["departments"] == ["buh"]
    assert [rule["rule"] for rule in found["rules"]] == ["Наблюдаем", "Акты", "Удостоверения"]


def test_why_not(home: Path) -> None:
    done = sievepy(home, "explain", "letter.eml", "--rules", "a.rules", "--why-not", "Удостоверения")
    assert done.stdout.splitlines()[-1] == "  it does not hold"
    done = sievepy(home, "explain", "letter.eml", "--rules", "a.rules", "--why-not", "Удостоверения", "--json")
    assert json.loads(done.stdout)["answer"] == "no"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.eml",), "cannot read nowhere.eml: No such file or directory"),
        (
            ("letter.eml", "--why-not", "Удостоверение"),
            'there is no rule "Удостоверение"; did you mean "Удостоверения"?',
        ),
        (("letter.eml", "--why-not", "zzz"), 'there is no rule "zzz"\n'),
    ],
)
def test_what_is_not_there(home: Path, arguments: tuple[str, ...], message: str) -> None:
    done = sievepy(home, "explain", *arguments, "--rules", "a.rules")
    assert done.returncode == 2
    assert message in done.stderr
