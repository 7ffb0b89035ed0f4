"""W504: a restricted department's letters sent, with content, to a strange domain."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.script import Script
from sievepy.plan import Copy, Forward
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W504",
    "content-abroad",
    """\
## What it does
Finds `forward … with content` and `copy … with content` to addresses outside our own domains (those of the intake
addresses and of the departments), in programs with a restricted department.

## Why it is bad
A restricted department gets personal documents. Without `with content` other destinations get a mere reference; with it
the passport leaves the house.

## Example
```rules
department activ { email activ@x-com.kz; restricted }
rule "Удостоверения" { when text mentions "удостоверение личности"; assign activ; continue }
rule "Партнёр" { when from is partner.example; copy archive@partner.example with content }
otherwise { triage }
```

## Use instead
```rules
department activ { email activ@x-com.kz; restricted }
rule "Удостоверения" { when text mentions "удостоверение личности"; assign activ; continue }
rule "Партнёр" { when from is partner.example; copy archive@partner.example }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    script = compilation.script
    if script is None or not script.restricted:
        return
    own = own_domains(script, compilation.settings.intake)
    for rule in script.rules:
        for action in rule.actions:
            if isinstance(action, Forward | Copy) and action.with_content and _domain(action.address) not in own:
                message = f'rule "{rule.title}" sends letters of a restricted department, whole, to {action.address}'
                yield warning(CODE.id, message, rule.origin, help="leave `with content` out: a reference goes there")


def own_domains(script: Script, intake: frozenset[str]) -> frozenset[str]:
    addresses = [c.target for d in script.departments for c in d.channels if c.kind == "email"]
    return frozenset(_domain(address) for address in (*addresses, *intake))


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
