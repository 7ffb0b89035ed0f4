"""W402: a regex that is only a piece of text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import regexes
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W402",
    "literal-regex",
    """\
## What it does
Finds regexes without any operator: `/счёт на оплату/i`.

## Why it is bad
`contains` says the same, is read at a glance, and takes ё and е for one; `mentions` finds the other forms, too.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Оплата" { when subject matches /на оплату/i; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Оплата" { when subject contains "на оплату"; assign buh }
otherwise { triage }
```
""",
)

_LITERAL = re.compile(r"(?:[^\\.^$*+?{}\[\]|()]|\\[^\w\s])+")


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for _, regex in regexes(compilation):
        if _LITERAL.fullmatch(regex.pattern) and (regex.flags == "i" or regex.pattern.lower() == regex.pattern.upper()):
            text = re.sub(r"\\(.)", r"\1", regex.pattern)
            yield warning(
                CODE.id,
                "this regex is a plain piece of text",
                regex.span,
                help=f'write `contains "{text}"`, or `mentions` to find the other forms, too',
            )
