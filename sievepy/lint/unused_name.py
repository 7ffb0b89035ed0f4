"""W208: a list, phrases, network, hours or condition that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sievepy.compiler import Compilation
from sievepy.rules_lang.symbols import Symbol
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W208",
    "unused-name",
    """\
## What it does
Finds names declared in the entry file that nothing refers to. Files that are included may serve several programs;
what they declare may stay unused.

## Why it is bad
Either a rule lost its reference, or the list is dead and somebody will go on keeping it up.

## Example
```rules
phrases act { "акт сверки" }
phrases bill { "счёт на оплату" }
department buh { email buh@x-com.kz }
rule "Акты" { when text mentions @act; assign buh }
otherwise { triage }
```

## Use instead
```rules
phrases act { "акт сверки" }
phrases bill { "счёт на оплату" }
department buh { email buh@x-com.kz }
rule "Акты" { when text mentions @act, @bill; assign buh }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    symbols = compilation.symbols
    tables: tuple[tuple[str, Mapping[str, Symbol[Any]]], ...] = (
        ("list", symbols.lists),
        ("phrases", symbols.phrases),
        ("network", symbols.networks),
        ("hours", symbols.hours),
        ("condition", symbols.conditions),
    )
    entry = compilation.trees[-1].source if compilation.trees else None
    for kind, table in tables:
        for symbol in table.values():
            if not symbol.uses and symbol.span.source is entry:
                yield warning(CODE.id, f"nothing uses the {kind} `{symbol.name}`", symbol.span)
