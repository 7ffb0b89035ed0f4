"""W401: a regex that has to be run on every letter."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.engine.atoms import leaves
from sievepy.engine.required import required_literals
from sievepy.ir.conditions import Matches
from sievepy.lint.logic.clauses import condition
from sievepy.lint.program import all_rules, regexes
from sievepy.text import Diagnostic, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W401",
    "regex-without-literal",
    """\
## What it does
Finds regexes of which no literal piece can be named that every match must hold, such as `/\\d{4,}/`.

## Why it is bad
The engine looks for the required pieces of all regexes in one pass over the text, and runs a regex only where its
piece was found. One without is run on the whole text of every letter.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Номер" { when subject matches /\\d{4,}/; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Номер" { when subject matches /договор\\w* № ?\\d{4,}/i; assign buh }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    places: dict[tuple[Span, str], Span] = {(t.span, r.span.text): r.span for t, r in regexes(compilation)}
    for rule in all_rules(compilation):
        for test in leaves(condition(rule)):
            if not isinstance(test, Matches):
                continue
            for regex in test.regexes:
                if not required_literals(regex.pattern):
                    place = places.get((test.origin, regex.written)) if test.origin is not None else None
                    message = "no literal piece is required by this regex, so it is run on every letter"
                    advice = "add a word that must stand beside it, or another test in an `all`"
                    yield warning(CODE.id, message, place or test.origin, help=advice)
