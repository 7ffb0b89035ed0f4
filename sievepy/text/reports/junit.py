"""JUnit XML: a test suite a file, a test case a finding; a file without findings is one case that passes.

A finding that makes the status 1 is a failure; one that does not is a case that passes and says something.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sievepy.text.diagnostic import Diagnostic
from sievepy.text.render import full
from sievepy.text.reports.findings import Findings
from sievepy.text.reports.suites import CaseReport, Failed, Suite, document


def junit(findings: Findings) -> str:
    by_file = {name: list(found) for name, found in groupby(findings.diagnostics, key=_file)}
    nowhere = by_file.pop("", [])
    suites = {name: by_file.get(name, []) for name in dict.fromkeys([*findings.files, *by_file])}
    if nowhere:
        suites = {"sievepy": nowhere, **suites}
    return document("sievepy check", [_suite(name, found, findings) for name, found in suites.items()])


def _file(diagnostic: Diagnostic) -> str:
    return diagnostic.span.source.name if diagnostic.span is not None else ""


def _suite(name: str, found: Sequence[Diagnostic], findings: Findings) -> Suite:
    cases = [_case(name, diagnostic, fails=diagnostic.severity in findings.failing) for diagnostic in found]
    return Suite(name, cases or [CaseReport("no findings", name)])


def _case(file: str, diagnostic: Diagnostic, *, fails: bool) -> CaseReport:
    span, told = diagnostic.span, full(diagnostic)
    return CaseReport(
        name=diagnostic.code + ("" if span is None else ":{}:{}".format(*span.location)),
        classname=file,
        file=None if span is None else file,
        line=None if span is None else span.location[0],
        failed=Failed(str(diagnostic.severity), diagnostic.message, told) if fails else None,
        said=None if fails else told,
    )
