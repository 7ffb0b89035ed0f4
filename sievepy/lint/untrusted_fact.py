"""W507: facts from headers that anybody can write, where nothing says which ones are ours."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.engine.atoms import leaves
from sievepy.ir.conditions import Authentication, ClientIp, Compare, Fact, Test
from sievepy.lint.logic.clauses import condition
from sievepy.lint.program import rules
from sievepy.rules_lang.settings import Settings
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W507",
    "untrusted-fact",
    """\
## What it does
Finds `spam score`, `spf`, `dkim`, `dmarc`, `verified` and `client ip` in a project whose configuration does not say
which headers are written by our own servers (`hops` and, for authentication, `authserv-id` under `[trust]`).

## Why it is bad
The headers are then not believed, and the test is *unknown* for every letter: a deciding rule sends all that reach
it to triage, an adding one never acts.

## Example
Without `[trust]` in `sievepy.toml`:

```rules
rule "Спам" { when spam score > 9; quarantine "спам" }
otherwise { triage }
```

## Use instead
Set `hops` under `[trust]`, or test what needs no trust.

```rules
rule "Спам" { when subject mentions "раскрутим сайт"; quarantine "спам" }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for rule in rules(compilation):
        seen: set[str] = set()
        for test in leaves(condition(rule)):
            missing = _missing(test, compilation.settings)
            if missing is not None and missing not in seen:
                seen.add(missing)
                message = f"this is unknown for every letter: the configuration has no `{missing}`"
                advice = f"set `{missing}` under `[trust]` of `sievepy.toml`"
                yield warning(CODE.id, message, test.origin or rule.origin, help=advice)


def _missing(test: Test, settings: Settings) -> str | None:
    """The key of the configuration without which the test is never answered."""
    match test:
        case Authentication() | Fact(name="verified"):
            if settings.trusted_hops is not None:
                return "authserv-id" if settings.authserv_id is None else None
        case Compare(field=field) if field.kind != "spam-score":
            return None
        case ClientIp() | Compare():
            pass
        case _:
            return None
    return "hops" if settings.trusted_hops is None else None
