"""GitHub Actions: workflow commands, which become annotations beside the lines.

`::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message`. GitHub makes at most ten annotations of a kind
from one step, so errors come first, and what is above ten of a kind is printed plainly: it is in the log, and a line
before it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sievepy.text.diagnostic import Diagnostic, Severity
from sievepy.text.render import concise
from sievepy.text.reports.findings import Findings
from sievepy.text.width import shown

MOST_OF_A_KIND = 10

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def github(findings: Findings) -> str:
    """Workflow commands, errors first, and then a line a finding that no annotation is made of."""
    lines: list[str] = []
    rest: list[Diagnostic] = []
    for severity in _COMMANDS:
        of_kind = [d for d in findings.diagnostics if d.severity is severity]
        lines += [_command(d, findings) for d in of_kind[:MOST_OF_A_KIND]]
        rest += of_kind[MOST_OF_A_KIND:]
    if rest:
        lines += [_over(rest), *map(concise, rest)]
    return "\n".join(lines)


def _command(diagnostic: Diagnostic, findings: Findings) -> str:
    code = findings.codes.get(diagnostic.code)
    title = f"{diagnostic.code} {code.name}" if code is not None else diagnostic.code
    properties = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in _properties(diagnostic, title))
    text = diagnostic.message if diagnostic.help is None else f"{diagnostic.message}\nhelp: {diagnostic.help}"
    visible = "\n".join(map(shown, text.split("\n")))
    return f"::{_COMMANDS[diagnostic.severity]} {properties}::{_escaped(visible, _DATA)}"


def _properties(diagnostic: Diagnostic, title: str) -> Iterator[tuple[str, str]]:
    if diagnostic.span is not None:
        (row, column), (end_row, end_column) = diagnostic.span.location, diagnostic.span.end_location
        yield "file", diagnostic.span.source.name
        yield "line", str(row)
        yield "endLine", str(end_row)
        if row == end_row:  # columns of several lines are refused
            yield "col", str(column)
            yield "endColumn", str(end_column)
    yield "title", title


def _over(rest: Sequence[Diagnostic]) -> str:
    counts = {severity: sum(d.severity is severity for d in rest) for severity in _COMMANDS}
    more = ", ".join(f"{n} {severity}{'' if n == 1 else 's'}" for severity, n in counts.items() if n)
    return f"{more} more than GitHub annotates ({MOST_OF_A_KIND} of a kind in one step):"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)
