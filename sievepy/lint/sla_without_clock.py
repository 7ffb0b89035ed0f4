"""W509: `sla` where nothing can stop its clock."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import declarations
from sievepy.rules_lang import ast
from sievepy.text import Diagnostic, Severity, Span
from sievepy.text.codes import Code

CODE = Code(
    "W509",
    "sla-without-clock",
    """\
## What it does
Notes, once a program, that `sla` is written where nothing sees the answer to a letter.

## Why it is bad
A deadline that nobody can meet is always missed. It stays in plans, and is not watched.

## Example
```rules
department buh { email buh@x-com.kz; sla 4h }
rule "Счета" { when subject mentions "счёт"; assign buh }
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


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    first = next(_deadlines(compilation), None)
    if first is not None and not compilation.settings.sla_clock:
        message = "`sla` is not watched: nothing here can see that a letter was answered"
        yield Diagnostic(CODE.id, Severity.NOTE, message, first)


def _deadlines(compilation: Compilation) -> Iterator[Span]:
    for declaration in declarations(compilation):
        match declaration:
            case ast.DepartmentDecl(lines=lines):
                yield from (line.span for line in lines if line.kind == "sla")
            case ast.RuleDecl(actions=actions) | ast.OtherwiseDecl(actions=actions):
                yield from (action.span for action in actions if action.word == "sla")
