"""W213: a `priority` that orders nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import declarations
from sievepy.rules_lang import ast
from sievepy.text import Diagnostic, Edit, Fix, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning
from sievepy.text.edits import own_line

CODE = Code(
    "W213",
    "idle-priority",
    """\
## What it does
Finds a `priority 100`, which is what every rule has anyway, and priorities in a program where all rules have the same.

## Why it is bad
Rules are judged by priority, then by position. Who reads a number expects that it moves the rule.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Счета" { priority 100; when subject mentions "счёт"; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
otherwise { triage }
```
""",
)

_DEFAULT = "100"


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    rules = [d for d in declarations(compilation) if isinstance(d, ast.RuleDecl) and not d.session]
    all_the_same = len({r.priority.text if r.priority else _DEFAULT for r in rules}) == 1
    for rule in rules:
        if rule.priority is None:
            continue
        if rule.priority.text == _DEFAULT:
            yield _finding(rule.priority, "is what every rule has")
        elif all_the_same:
            yield _finding(rule.priority, "changes nothing: all rules have it")


def _finding(priority: ast.Value, why: str) -> Diagnostic:
    source, end = priority.span.source, priority.span.end
    written = source.span(source.text.rfind("priority", 0, priority.span.start), end)
    ended = source.span(written.start, end + 1) if source.text[end : end + 1] == ";" else written
    fix = Fix("remove it", (Edit(own_line(ended) or _with_separator(ended), ""),), safe=True)
    return warning(CODE.id, f"`priority {priority.text}` {why}", written, fixes=(fix,))


def _with_separator(ended: Span) -> Span:
    """Up to the statement behind it: a blank behind `;`, or the line end."""
    more = ended.source.text[ended.end : ended.end + 1]
    takes = more == "\n" or (more == " " and ended.text.endswith(";"))
    return ended.source.span(ended.start, ended.end + 1) if takes else ended
