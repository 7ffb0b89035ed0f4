"""W506: a changed subject breaks signatures."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import actions
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W506",
    "changed-subject",
    """\
## What it does
Finds `subject prefix`.

## Why it is bad
DKIM signatures cover the subject. Once it is changed the signature no longer verifies, and where the letter is passed
on it looks forged (DMARC).

## Example
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh; subject prefix "[счёт] " }
otherwise { triage }
```

## Use instead
A tag, which becomes a header of its own.

```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh; tag bill }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for action in actions(compilation):
        if action.word == "subject prefix":
            message = "a changed subject breaks the sender's DKIM signature"
            yield warning(CODE.id, message, action.span, help="use `tag`, which becomes a header of its own")
