"""W202: a condition that can never hold."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.conditions import AllOf, Test
from sievepy.lint.logic.clauses import condition
from sievepy.lint.logic.constants import constants
from sievepy.lint.logic.proof import never
from sievepy.lint.program import all_rules
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W202",
    "never-true",
    """\
## What it does
Finds conditions that no letter can fulfil: a test and its opposite, two different values of a field that has only one,
a size that is to be both large and small, an `unless` that shuts out all that its `when` lets in.

## Why it is bad
The rule (or the part of it) does nothing. Mostly an `all` stands where an `any` was meant, or a number is wrong.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Большие" { when all { size > 25MB; size < 5MB }; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Большие" { when all { size > 5MB; size < 25MB }; assign buh }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for rule in all_rules(compilation):
        found = [(test, truth) for test, truth in constants(rule.test, rule.unless) if not truth]
        for test, _ in found:
            yield warning(CODE.id, "this condition can never hold", test.origin or rule.origin, help=_advice(test))
        if not found and rule.unless is not None and never(condition(rule)):
            yield warning(
                CODE.id,
                f'rule "{rule.title}" can never act: its `unless` shuts out everything that its `when` lets in',
                rule.unless.origin or rule.origin,
            )


def _advice(test: Test) -> str | None:
    return "its tests contradict each other; was `any` meant?" if isinstance(test, AllOf) else None
