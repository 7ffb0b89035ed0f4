"""W403: a regex of words in small letters that minds capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import regexes
from sievepy.rules_lang import ast
from sievepy.text import Diagnostic, Edit, Fix, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W403",
    "regex-case",
    """\
## What it does
Finds regexes with words in small letters, and none in capitals, but without the flag `i`.

## Why it is bad
`matches` alone minds capitals; all other operators do not. `/договор № ?\\d+/` misses «Договор № 5», and subjects
begin with capitals.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Договор" { when subject matches /договор № ?\\d+/; assign buh }
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

_TEXTS = frozenset({"subject", "body", "text", "content", "full-text"})
_NOT_LETTERS = re.compile(r"\\[pP]\{[^}]*\}|\\.|\[[^\]]*\]|\(\?P?<\w+>")
_WORD = re.compile(r"[^\W\d_]{3,}")


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for test, regex in regexes(compilation):
        if test.field.words in _TEXTS and _minds_capitals(regex):
            end = regex.span.end
            fix = Fix("add the flag `i`", (Edit(Span(regex.span.source, end, end), "i"),))
            message = "this regex finds its words in small letters only"
            yield warning(CODE.id, message, regex.span, help="a flag `i` behind it takes capitals, too", fixes=(fix,))


def _minds_capitals(regex: ast.RegexLiteral) -> bool:
    if "i" in regex.flags or "(?i" in regex.pattern:
        return False
    letters = _NOT_LETTERS.sub(" ", regex.pattern)
    return _WORD.search(letters) is not None and regex.pattern.lower() == regex.pattern
