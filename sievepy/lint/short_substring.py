"""W305: `contains` with a piece of a word that many other words hold."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import field_tests
from sievepy.rules_lang import ast
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W305",
    "short-substring",
    """\
## What it does
Finds `contains` with three letters or fewer on a text: `contains "акт"`.

## Why it is bad
`contains` looks inside words: «контакт», «факт», «характер».

## Example
```rules
department buh { email buh@x-com.kz }
rule "Акты" { when subject contains "акт"; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Акты" { when subject mentions "акт"; assign buh }
otherwise { triage }
```
""",
)

_SHORT = 3  # letters
_TEXTS = frozenset(
    {"subject", "body", "text", "content", "full-text", "from name", "attachment name", "attachment text"}
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for test in field_tests(compilation):
        if test.operator != "contains" or test.field.words not in _TEXTS:
            continue
        for operand in test.operands:
            if isinstance(operand, ast.String) and operand.value.isalpha() and len(operand.value) <= _SHORT:
                message = f'`contains "{operand.value}"` also finds the letters inside other words'
                yield warning(CODE.id, message, operand.span, help=f'write `mentions "{operand.value}"`')
