"""W209: a department or person that no letter and no notice can reach."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.script import Script
from sievepy.plan import Assign, Notify, Propose
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W209",
    "unused-department",
    """\
## What it does
Finds departments and persons of the entry file that no rule assigns, proposes or notifies, and nobody is replaced by.

## Why it is bad
The mailbox waits for letters that never come; mostly a rule was forgotten, or names another department by mistake.

## Example
```rules
department buh  { email buh@x-com.kz }
department abon { email abon@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh  { email buh@x-com.kz }
department abon { email abon@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
rule "Тарифы" { when subject mentions "тариф"; assign abon }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    if compilation.script is None or not compilation.trees:
        return
    reached = _reached(compilation.script)
    entry = compilation.trees[-1].source
    symbols = compilation.symbols
    named = [("department", s) for s in symbols.departments.values()] + [
        ("person", s) for s in symbols.persons.values()
    ]
    for kind, symbol in named:
        if symbol.value.name not in reached and symbol.span.source is entry:
            yield warning(CODE.id, f"no rule leads to the {kind} `{symbol.name}`", symbol.span)


def _reached(script: Script) -> set[str]:
    found: set[str] = set()
    for actions in (script.otherwise, *(rule.actions for rule in script.rules)):
        for action in actions:
            match action:
                case Assign(department=name) | Propose(department=name) | Notify(name=name):
                    found.add(name)
    for department in script.departments:
        found |= set(department.notify)
    for person in script.persons:
        found |= {away.substitute for away in person.away}
    return found
