"""`sievepy test` as it is called: coverage, mutants, reports, and tests brought up to date."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from tests.endtoend.test_check import sievepy

RULES = """\
include "words.rules"
department buh { email buh@x-com.kz }
department tech { email tech@x-com.kz }
rule "Счета" { when any { subject mentions @bill; bounce }; unless mailing-list; assign buh }
rule "Сеть" { when text mentions "интернет"; assign tech }
otherwise { triage }
test "Счёт" { subject "О счетах"; expect assign buh }
"""
WORDS = 'phrases bill ru { "счёт"; "квитанция" }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.rules").write_text(RULES, encoding="utf-8")
    (tmp_path / "words.rules").write_text(WORDS, encoding="utf-8")
    labelled = {"id": "net", "subject": "нет интернета", "expect": ["tech"]}
    (tmp_path / "letters.jsonl").write_text(json.dumps(labelled, ensure_ascii=False), encoding="utf-8")
    return tmp_path


def run(folder: Path, *words: str) -> tuple[str, str, int]:
    done = sievepy("test", "--rules", "a.rules", *words, cwd=folder)
    return done.stdout, done.stderr, done.returncode


def test_coverage_names_places_and_figures(folder: Path) -> None:
    assert run(folder, "--coverage") == (
        "1 passed, 0 failed\n"
        "\n"
        'a.rules:5:1: rule "Сеть" never fires\n'
        "a.rules:4:51: test never true where a rule fires: bounce\n"
        "a.rules:4:68: exception never keeps a rule from firing: mailing-list\n"
        'a.rules:5:20: test never true where a rule fires: text mentions "интернет"\n'
        "\n"
        "             rules   %  tests   %  phrases   %\n"
        "words.rules                        1/2      50\n"
        "a.rules      1/2    50  1/4    25  0/1       0\n"
        "covered: 2 of 6 rules and tests (33.3 %), by 1 letter\n",
        "",
        0,
    )


def test_labelled_letters_count_beside_the_tests(folder: Path) -> None:
    out, _, status = run(folder, "--coverage", "letters.jsonl")
    assert status == 0
    assert "1 passed, 0 failed\n1 letters: 1 exact" in out
    assert 'rule "Сеть" never fires' not in out
    assert out.endswith("covered: 4 of 6 rules and tests (66.7 %), by 2 letters\n")


@pytest.mark.parametrize(("threshold", "status"), [("33", 0), ("33.3", 0), ("34", 1), ("100", 1), ("0", 0)])
def test_a_threshold_decides(folder: Path, threshold: str, status: int) -> None:
    out, _, found = run(folder, "--coverage", "--threshold", threshold)
    assert found == status
    assert (f"below the threshold of {threshold} %" in out) == (status == 1)


def test_everything_as_one_json_object(folder: Path) -> None:
    out, _, status = run(folder, "--coverage", "--mutate", "--json", "letters.jsonl")
    found = json.loads(out)
    assert status == 0 and set(found) == {"tests", "letters", "coverage", "mutation"}
    assert found["letters"][0] | {"rules": []} == {
        "filename": "letters.jsonl", "id": "net", "score": "exact", "expect": ["tech"], "accept": [],
        "got": ["tech"], "rules": [],
    }  # fmt: skip
    bill = next(test for test in found["coverage"]["tests"] if test["phrases"] == 2)
    assert [phrase["text"] for phrase in bill["unmet"]] == ["квитанция"]
    assert bill["unmet"][0]["filename"] == "words.rules" and bill["unmet"][0]["location"] == {"row": 1, "column": 27}
    survivors = found["mutation"]["survivors"]
    assert {"without `bounce`", "without its `unless`"} <= {mutant["change"] for mutant in survivors}
    assert set(run(folder, "--json")[0].split('"')) & {"coverage", "mutation", "letters"} == set()


def test_mutants_that_nothing_notices(folder: Path) -> None:
    out, _, status = run(folder, "--mutate", "-v")
    assert status == 0
    assert "a.rules:5:1: without the rule: no test notices" in out
    assert 'a.rules:4:51: without `bounce`: no test notices (rule "Счета")\n' in out
    assert "a.rules:4:1: without the rule" not in out
    assert "words.rules:1:9: 1 of 2 phrases of @bill unnoticed\n" in out
    assert out.endswith("phrases noticed when left out: 1 of 2 (50.0 %)\n")
    sampled, again = (run(folder, "--mutate", "--sample", "5")[0] for _ in range(2))
    assert sampled == again and "of 5 (" in sampled and "a sample of 12" in sampled


def test_a_failing_test_says_nothing_of_mutants(folder: Path) -> None:
    with (folder / "a.rules").open("a", encoding="utf-8") as file:
        file.write('test "Нет" { subject "интернет"; expect triage }\n')
    out, _, status = run(folder, "--mutate")
    assert status == 1
    assert out.endswith('not asked, because they fail as it is: "Нет"\n')


def test_junit_goes_into_a_file_beside_the_output(folder: Path) -> None:
    out, _, status = run(folder, "--junit", "report.xml", "letters.jsonl")
    assert status == 0 and out.startswith("1 letters: 1 exact")
    root = xml.fromstring((folder / "report.xml").read_bytes())
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [("letters.jsonl", "1")]
    _, err, status = run(folder, "--junit", "gone/report.xml")
    assert status == 2 and "cannot write gone/report.xml" in err


@pytest.mark.parametrize(
    "words",
    [
        ("--threshold", "5"),
        ("--sample", "5"),
        ("--update", "--json"),
        ("--update", "letters.jsonl"),
        ("--coverage", "--threshold", "101"),
        ("--mutate", "--sample", "0"),
    ],
)
def test_options_that_make_no_sense_together(folder: Path, words: tuple[str, ...]) -> None:
    assert run(folder, *words)[::2] == ("", 2)


def test_titles_and_ids_do_not_steer_the_terminal(folder: Path) -> None:
    with (folder / "a.rules").open("a", encoding="utf-8") as file:
        file.write('test "\\u{202e}Раз" { subject "x"; expect assign buh }\n')
    (folder / "letters.jsonl").write_text('{"id": "\\u202enet", "subject": "x", "expect": ["tech"]}', encoding="utf-8")
    for words in ((), ("--mutate",), ("letters.jsonl",)):
        out, _, status = run(folder, *words)
        assert status == 1 and "\u202e" not in out and "\ufffd" in out


# ---------------------------------------------------------------- up to date

STALE = (
    '\ufeff# old\r\ntest "Раз" {\r\n    subject "интернет"  # why\r\n    expect triage\r\n}\r\n'
    'test "Два" { subject "счёт"; expect assign buh }\r\n'
    'test "Три" { message "gone.eml"; expect triage }\r\n'
)


def test_update_rewrites_failing_tests_in_their_files_and_shows_the_diff(folder: Path) -> None:
    (folder / "tests.rules").write_bytes(STALE.encode())
    path = folder / "a.rules"
    path.write_text(RULES.replace('include "words.rules"', 'include "words.rules"\ninclude "tests.rules"'), "utf-8")
    path.chmod(0o640)
    before = path.read_bytes()
    out, err, status = run(folder, "--update")
    assert status == 1
    assert "--- a/tests.rules\n+++ b/tests.rules\n" in out
    assert "-    expect triage\n+    expect assign tech\n" in out
    assert err == (
        'tests.rules:7:1: test "Три" stays as it is: cannot read gone.eml: No such file or directory\n'
        "updated 1 of 2 failing tests\n"
    )
    assert (folder / "tests.rules").read_bytes().decode() == STALE.replace("triage\r\n}", "assign tech\r\n}")
    assert path.read_bytes() == before
    assert run(folder, "-k", "Раз")[2] == 0


def test_update_where_all_pass_changes_nothing(folder: Path) -> None:
    before = (folder / "a.rules").stat()
    assert run(folder, "--update") == ("", "no test fails\n", 0)
    after = (folder / "a.rules").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_update_of_those_whose_title_is_named(folder: Path) -> None:
    with (folder / "a.rules").open("a", encoding="utf-8") as file:
        file.write('test "Раз" { subject "x"; expect assign buh }\ntest "Два" { subject "x"; expect assign tech }\n')
    assert run(folder, "--update", "-k", "раз")[2] == 0
    text = (folder / "a.rules").read_text(encoding="utf-8")
    assert 'test "Раз" { subject "x"; expect triage }' in text
    assert 'test "Два" { subject "x"; expect assign tech }' in text
