"""`sievepy check` and `sievepy rule` as they are called: what they print, and their status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = """\
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
otherwise { triage }
test "Счёт" { subject "О счетах за октябрь"; expect assign buh }
test "Прочее" { subject "Привет"; expect triage }
"""
WARNED = GOOD.replace("otherwise", 'rule "Оплата" { when subject mentions "счёт на оплату"; assign buh }\notherwise')
BROKEN = GOOD.replace("subject mentions", "subjeсt mentions") + 'rule "Ещё" { when bounce; assign buhg }\n'


def sievepy(*words: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "sievepy", *words],
        check=False,
        cwd=cwd,
        env=environment,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("good", GOOD), ("warned", WARNED), ("broken", BROKEN)):
        (tmp_path / f"{name}.rules").write_text(text, encoding="utf-8")
    return tmp_path


def codes(output: str) -> list[str]:
    return [finding["code"] for finding in json.loads(output) if finding["severity"] != "note"]


def test_good_rules(folder: Path) -> None:
    done = sievepy("check", "good.rules", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "error[" not in done.stdout and "warning[" not in done.stdout


def test_a_warning_is_no_failure_unless_strict(folder: Path) -> None:
    assert sievepy("check", "warned.rules", cwd=folder).returncode == 0
    done = sievepy("check", "--strict", "warned.rules", cwd=folder)
    assert done.returncode == 1
    assert "1 warning" in done.stdout


def test_a_finding_is_shown_with_its_source(folder: Path) -> None:
    shown = sievepy("check", "warned.rules", cwd=folder).stdout
    assert 'warning[W201]: rule "Оплата" is never reached' in shown
    assert " --> warned.rules:3:1\n" in shown
    assert '3 | rule "Оплата" {' in shown
    assert "  | ^^^^^^^^^^^^^\n" in shown
    assert "----- this rule decides first" in shown


def test_all_errors_of_all_files_in_one_run(folder: Path) -> None:
    (folder / "other.rules").write_text("department a { email }\nrule", encoding="utf-8")
    done = sievepy("check", "--output-format", "concise", ".", cwd=folder)
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if re.search(r": (error|warning)\[", line)]
    assert {line.split(":")[0] for line in lines} == {"broken.rules", "other.rules", "warned.rules"}
    assert len([line for line in lines if line.startswith("broken.rules")]) == 2
    assert all(re.match(r"[\w.]+:\d+:\d+: (error|warning)\[[EW]\d{3}\] ", line) for line in lines)


def test_json_is_a_list_of_objects(folder: Path) -> None:
    done = sievepy("check", "--output-format", "json", "broken.rules", "warned.rules", cwd=folder)
    findings = json.loads(done.stdout)
    keys = ["code", "severity", "message", "filename", "location", "end_location", "help", "fix"]
    assert all(list(finding) == keys for finding in findings)
    first = next(f for f in findings if f["filename"] == "broken.rules" and f["severity"] == "error")
    assert first["location"]["row"] == 2


def test_json_of_nothing_is_an_empty_list(folder: Path) -> None:
    (folder / "sievepy.toml").write_text('[sinks]\nchannels = ["email"]\nplaces = ["triage"]\n', encoding="utf-8")
    assert json.loads(sievepy("check", "--output-format", "json", "good.rules", cwd=folder).stdout) == []


def test_standard_input(folder: Path) -> None:
    done = sievepy("check", "-", "--output-format", "concise", cwd=folder, stdin=WARNED)
    assert "<stdin>:3:1: warning[W201]" in done.stdout
    assert done.returncode == 0


def test_included_files_are_no_programs_of_their_own(folder: Path) -> None:
    (folder / "lists.rules").write_text('phrases bill { "счёт" }\n', encoding="utf-8")
    main = 'include "lists.rules"\n' + GOOD.replace('"счёт"', "@bill", 1)
    (folder / "good.rules").write_text(main, encoding="utf-8")
    done = sievepy("check", "--output-format", "json", "lists.rules", "good.rules", cwd=folder)
    assert codes(done.stdout) == []
    assert done.returncode == 0


def test_the_projects_rules_are_found_from_below(folder: Path) -> None:
    (folder / "sievepy.toml").write_text('rules = "broken.rules"\n', encoding="utf-8")
    (folder / "deep").mkdir()
    done = sievepy("check", cwd=folder / "deep")
    assert done.returncode == 1
    assert "broken.rules:2" in done.stdout


def test_tests_are_run_where_asked(folder: Path) -> None:
    wrong = GOOD.replace("expect triage", "expect assign buh")
    (folder / "good.rules").write_text(wrong, encoding="utf-8")
    assert sievepy("check", "good.rules", cwd=folder).returncode == 0
    done = sievepy("check", "--tests", "good.rules", cwd=folder)
    assert done.returncode == 1
    assert 'error[E161]: test "Прочее" fails: want assign buh; got triage' in done.stdout
    assert "good.rules:5:1" in done.stdout


def test_rules_that_fire_in_no_test(folder: Path) -> None:
    more = GOOD.replace("otherwise", 'rule "Ещё" { when body mentions "акт"; assign buh }\notherwise', 1)
    (folder / "good.rules").write_text(more, encoding="utf-8")
    assert "W211" not in sievepy("check", "good.rules", cwd=folder).stdout
    assert 'note[W211]: rule "Ещё" fires in no test' in sievepy("check", "--tests", "good.rules", cwd=folder).stdout


def test_the_order_of_judging(folder: Path) -> None:
    text = GOOD.replace("otherwise", 'rule "Первое" { priority 5; when bounce; tag x }\notherwise', 1)
    (folder / "good.rules").write_text(text, encoding="utf-8")
    lines = sievepy("check", "--order", "good.rules", cwd=folder).stdout.splitlines()
    rules = [line.split(maxsplit=3) for line in lines if "good.rules:" in line and line[:4].strip().isdigit()]
    assert [(number, priority) for number, priority, *_ in rules] == [("1", "5"), ("2", "100")]
    assert '"Первое"  (adds)' in rules[0][3] and '"Счета"  (decides)' in rules[1][3]


@pytest.mark.parametrize("words", [("absent.rules",), ("--output-format", "xml"), ("--stric",)])
def test_what_cannot_be_done_is_status_2(folder: Path, words: tuple[str, ...]) -> None:
    assert sievepy("check", *words, cwd=folder).returncode == 2


def test_a_folder_without_rules_is_status_2(tmp_path: Path) -> None:
    done = sievepy("check", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert "no .rules file" in done.stderr


# ---------------------------------------------------------------- sievepy rule


def test_a_code_has_its_page(tmp_path: Path) -> None:
    done = sievepy("rule", "W201", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("# W201 unreachable-rule\n\n## What it does\n")
    assert "## Use instead" in done.stdout
    assert (
        sievepy("rule", "unreachable-rule", cwd=tmp_path).stdout
        == done.stdout
        == sievepy("rule", "w201", cwd=tmp_path).stdout
    )


def test_all_codes_are_listed(tmp_path: Path) -> None:
    lines = sievepy("rule", cwd=tmp_path).stdout.splitlines()
    listed = [line.split()[0] for line in lines]
    assert listed == sorted(set(listed))
    assert {code[:2] for code in listed} == {"E0", "E1", "W2", "W3", "W4", "W5"}
    assert len(listed) >= 25


@pytest.mark.parametrize(
    ("word", "near"), [("W2001", "W201"), ("unreachable-rules", "unreachable-rule"), ("Z999", None)]
)
def test_an_unknown_code_is_status_2(tmp_path: Path, word: str, near: str | None) -> None:
    done = sievepy("rule", word, cwd=tmp_path)
    assert done.returncode == 2
    assert f"no code {word}" in done.stderr
    assert ("did you mean " + near if near else "did you mean") in done.stderr or near is None


def test_every_code_that_is_reported_has_a_page(folder: Path) -> None:
    done = sievepy("check", "--output-format", "json", "--tests", ".", cwd=folder)
    listed = {line.split()[0] for line in sievepy("rule", cwd=folder).stdout.splitlines()}
    assert {finding["code"] for finding in json.loads(done.stdout)} <= listed
