"""W204: two rules that are the same rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sievepy.compiler import Compilation
from sievepy.ir.script import Rule
from sievepy.lint.program import all_rules
from sievepy.text import Diagnostic, Label
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W204",
    "duplicate-rule",
    """\
## What it does
Finds rules with the same condition and the same actions as a rule above.

## Why it is bad
The second one changes nothing, until somebody edits one of the two and wonders why the other still acts.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh; continue }
rule "Счета ещё раз" { when subject mentions "счёт"; assign buh; continue }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh; continue }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    seen: dict[Any, Rule] = {}
    for rule in all_rules(compilation):
        meaning = (rule.test, rule.unless, frozenset(rule.actions), rule.observe, rule.off_until)
        first = seen.setdefault(meaning, rule)
        if first is not rule:
            labels = (Label(first.origin, "the first one"),) if first.origin is not None else ()
            message = f'rule "{rule.title}" does what "{first.title}" does, under the same condition'
            yield warning(CODE.id, message, rule.origin, labels=labels, help="remove one of them")
