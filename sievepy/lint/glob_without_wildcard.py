"""W308: `like` with a pattern that has no wildcard."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import field_tests
from sievepy.rules_lang import ast
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W308",
    "glob-without-wildcard",
    """\
## What it does
Finds `like` patterns without `*` and `?`.

## Why it is bad
`like` compares the whole value: without a wildcard it is `is`, where mostly "holds this somewhere" was meant.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Реестр" { when attachment name like "реестр"; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Реестр" { when attachment name like "реестр*.xlsx"; assign buh }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for test in field_tests(compilation):
        if test.operator != "like":
            continue
        for operand in test.operands:
            if isinstance(operand, ast.String) and not set("*?") & set(operand.value):
                message = f'`like "{operand.value}"` has no wildcard, so the whole value must be just this'
                advice = f'write `is "{operand.value}"`, or `like "*{operand.value}*"`'
                yield warning(CODE.id, message, operand.span, help=advice)
