"""`sievepy check --fix` and `--diff`, the reports for programs, and the figures."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from tests.endtoend.test_check import BROKEN, GOOD, WARNED, sievepy

MENDABLE = """\
phrases bill { "счёт"; "квитанция"; "счёт" }
department abon { email abon@x-com.kz }
# sievepy: ignore W201 no longer so
rule "Счета" { priority 100; when any { subjeсt mentions @bill; bounce; bounce }; assign abom }
rule "Договор" { when subject matches /.*договор \\d+/i; tag x; assign abon }
otherwise { triage }
test "Счёт" { subject "О счетах"; expect assign abon }
"""
MENDED = """\
phrases bill { "счёт"; "квитанция" }
department abon { email abon@x-com.kz }
rule "Счета" { when any { subject mentions @bill; bounce }; assign abon }
rule "Договор" { when subject matches /договор \\d+/i; tag x; assign abon }
otherwise { triage }
test "Счёт" { subject "О счетах"; expect assign abon }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.rules").write_text(MENDABLE, encoding="utf-8")
    return tmp_path


def text_of(folder: Path, name: str = "a.rules") -> str:
    return (folder / name).read_bytes().decode()


def test_all_that_is_safe_is_mended_round_after_round(folder: Path) -> None:
    done = sievepy("check", "--fix", "--output-format", "concise", "a.rules", cwd=folder)
    assert text_of(folder) == MENDED
    assert done.returncode == 0, done.stdout
    mended = [line.split()[2] for line in done.stderr.splitlines() if line.startswith("mended a.rules")]
    assert sorted(mended) == ["E010", "E101", "W205", "W206", "W213", "W215", "W405"]
    assert done.stderr.endswith("mended 7 findings in 1 file\n")
    assert "1 note" in done.stdout


def test_mending_twice_changes_nothing(folder: Path) -> None:
    sievepy("check", "--fix", "a.rules", cwd=folder)
    done = sievepy("check", "--fix", "a.rules", cwd=folder)
    assert done.stderr == "mended 0 findings in 0 files\n"
    assert text_of(folder) == MENDED


def test_diff_shows_it_and_writes_nothing(folder: Path) -> None:
    done = sievepy("check", "--diff", "a.rules", cwd=folder)
    assert done.returncode == 1
    assert '+phrases bill { "счёт"; "квитанция" }\n' in done.stdout
    assert "would mend 7 findings in 1 file" in done.stderr
    assert text_of(folder) == MENDABLE
    (folder / "a.rules").write_text(MENDED, encoding="utf-8")
    done = sievepy("check", "--diff", "a.rules", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_only_a_person_can_decide_stays(folder: Path) -> None:
    text = GOOD.replace("assign buh }\nother", "assign bookkeeping }\nother")
    (folder / "a.rules").write_text(text, encoding="utf-8")
    done = sievepy("check", "--fix", "a.rules", cwd=folder)
    assert done.returncode == 1
    assert "there is no department or person `bookkeeping`" in done.stdout
    assert text_of(folder) == text
    assert sievepy("check", "--diff", "a.rules", cwd=folder).returncode == 1


def test_the_manner_of_the_file_stays(folder: Path) -> None:
    (folder / "a.rules").write_bytes(b"\xef\xbb\xbf" + MENDABLE.replace("\n", "\r\n").encode())
    sievepy("check", "--fix", "a.rules", cwd=folder)
    assert (folder / "a.rules").read_bytes() == b"\xef\xbb\xbf" + MENDED.replace("\n", "\r\n").encode()


def test_included_files_are_mended_where_they_are(folder: Path) -> None:
    (folder / "lists.rules").write_text('phrases bill { "счёт"; "счёт" }\n', encoding="utf-8")
    main = 'include "lists.rules"\n' + GOOD.replace('"счёт"', "@bill", 1)
    (folder / "a.rules").write_text(main, encoding="utf-8")
    done = sievepy("check", "--fix", "a.rules", cwd=folder)
    assert done.returncode == 0
    assert text_of(folder, "lists.rules") == 'phrases bill { "счёт" }\n'
    assert text_of(folder) == main


def test_a_comment_that_another_program_needs_stays(folder: Path) -> None:
    """A rule of a shared file is never reached in `a`; in `b` it is, and the comment quiets nothing there."""
    department = "department buh { email buh@x-com.kz }\n"
    shared = "# sievepy: ignore W201 only where first.rules stands above\n"
    shared += 'rule "Счета" { when subject mentions "счёт на оплату"; assign buh }\n'
    files = {
        "shared": shared,
        "first": 'rule "Первое" { when subject mentions "счёт"; assign buh }\n',
        "a": 'include "first.rules"\ninclude "shared.rules"\n' + department + "otherwise { triage }\n",
        "b": 'include "shared.rules"\n' + department + "otherwise { triage }\n",
    }
    for name, text in files.items():
        (folder / f"{name}.rules").write_text(text, encoding="utf-8")
    assert "-# sievepy: ignore W201" in sievepy("check", "--diff", "b.rules", cwd=folder).stdout
    assert "mended 0 findings" in sievepy("check", "--fix", "a.rules", "b.rules", cwd=folder).stderr
    assert text_of(folder, "shared.rules") == shared


def test_standard_input_is_no_file_to_mend(folder: Path) -> None:
    for option in ("--fix", "--diff"):
        assert sievepy("check", option, "-", cwd=folder, stdin=GOOD).returncode == 2


# ---------------------------------------------------------------- reports and figures


@pytest.mark.parametrize("how", ["sarif", "gitlab", "junit"])
def test_a_document_stands_alone_on_standard_output(folder: Path, how: str) -> None:
    (folder / "a.rules").write_text(WARNED + BROKEN, encoding="utf-8")
    done = sievepy("check", "--output-format", how, "--order", "--stats", "a.rules", cwd=folder)
    assert done.returncode == 1
    found = xml.fromstring(done.stdout) if how == "junit" else json.loads(done.stdout)
    assert len(found) > 0
    assert "a.rules" in done.stderr


def test_github_commands_and_a_summary(folder: Path) -> None:
    (folder / "a.rules").write_text(BROKEN, encoding="utf-8")
    lines = sievepy("check", "--output-format", "github", "a.rules", cwd=folder).stdout.splitlines()
    assert lines[0].startswith("::error file=a.rules,line=2,endLine=2,col=21,endColumn=28,")
    assert lines[-1] == "2 errors, 1 note"


def test_strict_makes_warnings_failures_of_junit(folder: Path) -> None:
    (folder / "a.rules").write_text(WARNED, encoding="utf-8")
    failures = [
        xml.fromstring(sievepy("check", "--output-format", "junit", *more, "a.rules", cwd=folder).stdout).get(
            "failures"
        )
        for more in ((), ("--strict",))
    ]
    assert failures == ["0", "1"]


def test_stats_name_the_rules_without_a_trigger(folder: Path) -> None:
    text = GOOD.replace("otherwise", 'rule "Большие" { when size > 25MB; tag big }\notherwise', 1)
    (folder / "a.rules").write_text(text, encoding="utf-8")
    lines = sievepy("check", "--stats", "a.rules", cwd=folder).stdout.splitlines()
    at = lines.index("a.rules")
    assert [line.split()[:-1] for line in lines[at + 1 : at + 2]] == [["files"]]
    assert "  rules                         2  1 decide, 1 add, 0 refuse" in lines
    assert '    a.rules:3:1  "Большие"' in lines
    assert "  rules without a trigger       1  judged for every letter" in lines


def test_stats_of_rules_with_errors(folder: Path) -> None:
    (folder / "a.rules").write_text(BROKEN, encoding="utf-8")
    assert "a.rules: no figures, because of its errors" in sievepy("check", "--stats", "a.rules", cwd=folder).stdout
