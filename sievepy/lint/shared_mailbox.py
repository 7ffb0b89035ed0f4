"""W210: two departments whose letters lie in one mailbox."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.script import Department
from sievepy.text import Diagnostic, Label
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W210",
    "shared-mailbox",
    """\
## What it does
Finds departments whose primary channel leads to the same place as another department's.

## Why it is bad
Their letters cannot be told apart once delivered, and a letter for both arrives once. Mostly an address was copied and
not changed.

## Example
```rules
department buh  { email office@x-com.kz }
department abon { email office@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
rule "Тарифы" { when subject mentions "тариф"; assign abon }
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
    departments = () if compilation.script is None else compilation.script.departments
    owners: dict[tuple[str, str, object], Department] = {}
    for department in departments:
        for channel in department.channels:
            if channel.role != "primary":
                continue
            first = owners.setdefault((channel.kind, channel.target, channel.options), department)
            if first is not department:
                labels = (Label(first.origin, "the other department"),) if first.origin is not None else ()
                message = f"`{department.name}` and `{first.name}` share the mailbox {channel.target}"
                yield warning(CODE.id, message, department.origin, labels=labels)
