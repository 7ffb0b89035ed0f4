"""W503: a letter sent to an address at which letters come in."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.script import Script
from sievepy.plan import Copy, Forward
from sievepy.text import Diagnostic, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W503",
    "forward-loop",
    """\
## What it does
Finds `forward` and `copy` to, and departments and persons at, an address that the configuration names as intake.

## Why it is bad
The letter comes in again and goes out again, until somebody's hop count ends the loop and a bounce goes to the
customer.

## Example
With `addresses = ["info@x-com.kz"]` under `[intake]` of `sievepy.toml`:

```rules
rule "Всё важное" { when subject mentions "срочно"; forward info@x-com.kz }
otherwise { triage }
```

## Use instead
An address of which nothing comes back.

```rules
rule "Всё важное" { when subject mentions "срочно"; forward duty@x-com.kz }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    if compilation.script is None:
        return
    for address, who, span in _targets(compilation.script):
        if address in compilation.settings.intake:
            message = f"{who} sends letters to {address}, where they come in again"
            yield warning(CODE.id, message, span, help="name an address that is not among the intake addresses")


def _targets(script: Script) -> Iterator[tuple[str, str, Span | None]]:
    for rule in script.rules:
        for action in rule.actions:
            if isinstance(action, Forward | Copy):
                yield action.address, f'rule "{rule.title}"', rule.origin
    for action in script.otherwise:
        if isinstance(action, Forward | Copy):
            yield action.address, "`otherwise`", None
    for department in script.departments:
        for channel in department.channels:
            if channel.kind == "email":
                yield channel.target, f"department `{department.name}`", department.origin
    for person in script.persons:
        yield person.email, f"person `{person.name}`", person.origin
