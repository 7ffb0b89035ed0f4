"""GitLab: a code quality report, a JSON array of `description check_name fingerprint severity location`.

GitLab compares the fingerprints of two branches to say what a merge request adds and what it mends. Every entry must
have a place: what is about none stands in the first line of the entry file.
"""

from __future__ import annotations

import json
from typing import Any

from sievepy.text.diagnostic import Diagnostic, Severity
from sievepy.text.reports.findings import Findings, fingerprints

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def gitlab(findings: Findings) -> str:
    names = fingerprints(findings.diagnostics)
    entries = [_entry(d, name, findings) for d, name in zip(findings.diagnostics, names, strict=True)]
    return json.dumps(entries, ensure_ascii=False, indent=2)


def _entry(diagnostic: Diagnostic, fingerprint: str, findings: Findings) -> dict[str, Any]:
    span = diagnostic.span
    path = span.source.name if span is not None else findings.files[0] if findings.files else "sievepy.toml"
    begin, end = (span.location[0], span.end_location[0]) if span is not None else (1, 1)
    return {
        "description": f"{diagnostic.code}: {diagnostic.message}",
        "check_name": diagnostic.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {"path": path.removeprefix("./"), "lines": {"begin": begin, "end": end}},
    }
