"""W405: `.*` at the beginning or end of a regex."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import regexes
from sievepy.rules_lang import ast
from sievepy.text import Diagnostic, Edit, Fix
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W405",
    "idle-wildcard",
    """\
## What it does
Finds regexes that begin or end with `.*`.

## Why it is bad
`matches` looks anywhere in the text anyway; the wildcard changes nothing but the span that is shown as the reason.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Договор" { when subject matches /.*договор № ?\\d+.*/i; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Договор" { when subject matches /договор № ?\\d+/i; assign buh }
otherwise { triage }
```
""",
)

_AT_START = re.compile(r"\^?\.\*\??.")
_PLAIN_START = re.compile(r"^(?:\.\*\??)+(?![*+?{])")
_PLAIN_END = re.compile(r"(?<!\\)(?:\.\*\??)+$")
_AT_END = re.compile(r"(?<!\\)\.\*\??\$?$")


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for _, regex in regexes(compilation):
        if "|" not in regex.pattern and (_AT_START.match(regex.pattern) or _AT_END.search(regex.pattern)):
            message = "`.*` at the ends changes nothing: `matches` looks anywhere in the text"
            yield warning(CODE.id, message, regex.span, help="leave it out", fixes=_fixes(regex))


def _fixes(regex: ast.RegexLiteral) -> tuple[Fix, ...]:
    """Leave it out where that cannot matter: beside an anchor it says that a line may not end in between."""
    source, start = regex.span.source, regex.span.start + 1
    pattern = source.text[start : source.text.rindex("/", start, regex.span.end)]
    core = _PLAIN_START.sub("", _PLAIN_END.sub("", pattern))
    if core in ("", pattern) or pattern.startswith("^") or pattern.endswith("$"):
        return ()
    edit = Edit(source.span(start, start + len(pattern)), core)
    return (Fix(f"write `/{core}/{regex.flags}`", (edit,), safe=True),)
