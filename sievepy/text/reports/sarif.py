"""SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format): one run, a rule a code, a result a finding.

Columns count characters (`unicodeCodePoints`, section 3.14.17). Paths are URI references (section 3.4.3), relative ones
to the root of the sources. Fixes are there to be offered to a person, those that change the meaning too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from sievepy.text.codes import Code
from sievepy.text.diagnostic import Diagnostic, Edit, Fix, Severity
from sievepy.text.reports.findings import Findings, fingerprints
from sievepy.text.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif(findings: Findings) -> str:
    used = sorted({d.code for d in findings.diagnostics})
    run = {
        "tool": {"driver": _driver(used, findings)},
        "invocations": [{"executionSuccessful": True}],
        "artifacts": [{"location": _artifact(name)} for name in findings.files],
        "columnKind": "unicodeCodePoints",
        "results": list(_results(findings, used)),
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _driver(used: Iterable[str], findings: Findings) -> dict[str, Any]:
    severities = {d.code: d.severity for d in findings.diagnostics}
    rules = [_rule(id, findings.codes.get(id), severities[id]) for id in used]
    return {"name": "sievepy", "version": findings.version, "rules": rules}


def _rule(id: str, code: Code | None, severity: Severity) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": id, "defaultConfiguration": {"level": _LEVELS[severity]}}
    if code is not None:
        rule["name"] = code.name
        rule["shortDescription"] = {"text": _first_sentence(code.page)}
        rule["help"] = {"text": code.page, "markdown": code.page}
    return rule


def _first_sentence(page: str) -> str:
    """Of a page's first paragraph; its headings do not count."""
    paragraph = next(p for p in page.split("\n\n") if not re.fullmatch(r"#[^\n]*", p.strip()))
    text = " ".join(line for line in paragraph.split("\n") if not line.startswith("#"))
    return re.split(r"(?<=\.) ", text, maxsplit=1)[0]


def _results(findings: Findings, used: Sequence[str]) -> Iterable[dict[str, Any]]:
    for diagnostic, name in zip(findings.diagnostics, fingerprints(findings.diagnostics), strict=True):
        result: dict[str, Any] = {
            "ruleId": diagnostic.code,
            "ruleIndex": used.index(diagnostic.code),
            "level": _LEVELS[diagnostic.severity],
            "message": {"text": _message(diagnostic)},
            "locations": [{"physicalLocation": _place(diagnostic.span)}] if diagnostic.span is not None else [],
            "partialFingerprints": {"sievepy/v1": name},
        }
        if diagnostic.labels:
            result["relatedLocations"] = [
                {"id": number, "physicalLocation": _place(label.span), "message": {"text": label.text}}
                for number, label in enumerate(diagnostic.labels, 1)
            ]
        if diagnostic.fixes:
            result["fixes"] = [_fix(fix) for fix in diagnostic.fixes]
        yield result


def _message(diagnostic: Diagnostic) -> str:
    return diagnostic.message if diagnostic.help is None else f"{diagnostic.message}. {diagnostic.help}"


def _place(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(span.source.name), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    (row, column), (end_row, end_column) = span.location, span.end_location
    return {"startLine": row, "startColumn": column, "endLine": end_row, "endColumn": end_column}


def _artifact(name: str) -> dict[str, str]:
    path = PurePath(name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": _ROOT}


def _fix(fix: Fix) -> dict[str, Any]:
    files = dict.fromkeys(edit.span.source.name for edit in fix.edits)
    changes = [
        {"artifactLocation": _artifact(name), "replacements": [_replacement(e) for e in _edits_of(fix, name)]}
        for name in files
    ]
    return {"description": {"text": fix.message}, "artifactChanges": changes}


def _edits_of(fix: Fix, name: str) -> Iterable[Edit]:
    return (edit for edit in fix.edits if edit.span.source.name == name)


def _replacement(edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}}
