"""What an editor offers to do about the findings at a place: their fixes, and a comment that keeps one quiet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sievepy import lint
from sievepy.lint.suppress import CODE as UNUSED_IGNORE
from sievepy.lint.suppress import ignores
from sievepy.text import Diagnostic, Edit, Fix, Severity, SourceFile, Span
from sievepy.text.edits import compatible

_OPINIONS = frozenset(code.id for code in lint.CODES) - {UNUSED_IGNORE.id}
"""What a comment can keep quiet."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do about one finding. `preferred`: it is safe, so that an editor may do it at one key stroke."""

    title: str
    edits: tuple[Edit, ...]
    finding: Diagnostic
    preferred: bool = False


def quick_fixes(findings: Iterable[Diagnostic], start: int, end: int) -> Iterator[Action]:
    """What can be done about those findings of one file that touch `start:end`."""
    for finding in findings:
        span = finding.span
        if span is None or span.end < start or end < span.start:
            continue
        for fix in finding.fixes:
            yield Action(_capital(fix.message), fix.edits, finding, fix.safe)
        if finding.code in _OPINIONS and finding.severity is not Severity.ERROR:
            yield Action(f"Ignore {finding.code} here", (_ignoring(finding.code, span),), finding)


def safe_fixes(findings: Iterable[Diagnostic]) -> tuple[Edit, ...]:
    """The edits that mend everything that can be mended without a second thought, as far as they go together."""
    fixes: list[Fix] = compatible(fix for finding in findings for fix in finding.fixes if fix.safe)
    return tuple(edit for fix in fixes for edit in fix.edits)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ignoring(code: str, span: Span) -> Edit:
    """A comment above the line of the finding; where one speaks of that line already, the code is added to it."""
    source, row = span.source, span.location[0]
    for ignore in ignores(source):
        if row in ignore.rows and ignore.codes:
            end = _end_of_codes(source, ignore.span, ignore.codes)
            return Edit(source.span(end, end), f", {code}")
    line = source.line(row)
    indent = line[: len(line) - len(line.lstrip())]
    start = span.start - span.location[1] + 1
    return Edit(source.span(start, start), f"{indent}# sievepy: ignore {code}\n")


def _end_of_codes(source: SourceFile, comment: Span, codes: tuple[str, ...]) -> int:
    end = comment.start
    for code in codes:
        end = source.text.index(code, end) + len(code)
    return end
