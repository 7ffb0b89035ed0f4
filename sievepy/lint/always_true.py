"""W203: a condition that always holds."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.logic.constants import constants
from sievepy.lint.program import all_rules
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W203",
    "always-true",
    """\
## What it does
Finds conditions that no letter can fail, such as a test beside its opposite in an `any`.

## Why it is bad
The rule takes every letter, and rules below it are never reached; inside a larger condition the part says nothing.
What shall happen to all other letters belongs into `otherwise`.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Все" { when any { size > 5MB; size <= 10MB }; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Большие" { when size > 5MB; assign buh }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for rule in all_rules(compilation):
        for test, truth in constants(rule.test, rule.unless):
            if truth:
                yield warning(CODE.id, "this condition always holds", test.origin or rule.origin)
