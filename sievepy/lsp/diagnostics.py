"""Which findings are shown in which file."""

from __future__ import annotations

from dataclasses import dataclass

from sievepy.lsp.documents import Document
from sievepy.lsp.projects import State
from sievepy.text import Diagnostic


@dataclass(frozen=True, slots=True)
class Findings:
    """All there is to say about one file; `document` is the text that was looked at."""

    document: Document
    findings: tuple[Diagnostic, ...]


def by_file(state: State) -> dict[str, Findings]:
    """The findings of every file of every program, also of those without any. What two programs find in a file that
    both include is shown once; what has no place stands at the beginning of the program's entry file."""
    found: dict[str, dict[tuple[object, ...], Diagnostic]] = {}
    for analysis in state.analyses:
        for path in (analysis.entry, *analysis.documents):
            found.setdefault(path, {})
        for finding in analysis.findings:
            path = analysis.entry if finding.span is None else finding.span.source.name
            found.setdefault(path, {})[finding.sort_key, finding.message] = finding
    for document, problems in state.misconfigured:
        found[document.path] = {(problem.sort_key, problem.message): problem for problem in problems}
    return {
        path: Findings(state.document(path) or Document(path, ""), tuple(findings.values()))
        for path, findings in found.items()
    }
