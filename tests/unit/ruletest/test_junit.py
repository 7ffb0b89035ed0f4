"""JUnit XML of tests and labelled letters."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as xml

from sievepy.compiler import build_program, compile_file
from sievepy.plan import Assign, Fired, Plan, Planned
from sievepy.ruletest.junit import junit
from sievepy.ruletest.labelled import Labelled, scored
from sievepy.ruletest.run import Conditions, run_cases

RULES = """\
include "more.rules"
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
otherwise { triage }
test "Счёт" { subject "О счетах"; expect assign buh }
test "Не <так> & \\u{1}" { subject "секрет"; expect assign buh }
test "Нет файла" { message "gone.eml"; expect triage }
"""


def read(path: str) -> bytes:
    found = {"a.rules": RULES.encode(), "more.rules": 'test "Прочее" { subject "x"; expect triage }'.encode()}
    if path not in found:
        raise FileNotFoundError(2, "No such file", path)
    return found[path]


def letter(id: str, *expect: str) -> Labelled:
    return Labelled(id, b"", frozenset(expect), frozenset())


def test_a_suite_a_file_and_a_case_a_test_or_letter() -> None:
    compilation = compile_file("a.rules", read)
    cases = list(run_cases(build_program(compilation), compilation.cases, Conditions(dt.UTC), read))
    plan = Plan((Planned(Assign("buh"), ("Счета",)),), fired=(Fired("Счета"),))
    letters = [scored("l.jsonl", letter("1", "buh"), plan), scored("l.jsonl", letter("2", "tech"), plan)]
    root = xml.fromstring(junit(cases, letters))
    assert {k: root.get(k) for k in ("name", "tests", "failures", "errors")} == {
        "name": "sievepy test",
        "tests": "6",
        "failures": "2",
        "errors": "1",
    }
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["more.rules", "a.rules", "l.jsonl"]
    assert [(c.get("name"), c.get("line")) for c in suites["a.rules"]] == [
        ("Счёт", "5"),
        ("Не <так> & \ufffd", "6"),
        ("Нет файла", "7"),
    ]
    passing, failing, broken = suites["a.rules"]
    assert len(passing) == 0
    assert failing[0].tag == "failure" and failing[0].get("message") == "want assign buh; got triage"
    assert failing[0].text == 'want  assign buh\ngot   triage\nrules "otherwise"'
    assert broken[0].tag == "error" and "gone.eml" in broken[0].get("message", "")
    assert "секрет" not in junit(cases, letters)
    good, wrong = suites["l.jsonl"]
    assert len(good) == 0 and wrong[0].get("type") == "wrong"
    assert wrong[0].text == "want tech  got buh  by 'Счета'"
