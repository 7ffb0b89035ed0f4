"""W508: a From address that opens a door, without proof that it is genuine."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.conditions import AddressIs, Fact, Match, Mentions, Test
from sievepy.ir.script import Rule
from sievepy.lint.logic.clauses import Clause, clauses
from sievepy.lint.program import all_rules
from sievepy.plan import Defer, Discard, Quarantine, Reject
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W508",
    "forged-exemption",
    """\
## What it does
Finds rules that quarantine, discard or refuse letters `unless` (or only if `not`) they are from somebody, where nothing
asks whether the sender is `verified`.

## Why it is bad
Anybody can write any From. Those whom the rule shall hold will write the one that it lets through.

## Example
```rules
list staff { x-com.kz }
rule "Реклама" { when text mentions "раскрутим сайт"; unless from is @staff; quarantine "реклама" }
otherwise { triage }
```

## Use instead
With `hops` and `authserv-id` under `[trust]` of `sievepy.toml`:

```rules
list staff { x-com.kz }
rule "Реклама" { when text mentions "раскрутим сайт"; unless all { from is @staff; verified }; quarantine "реклама" }
otherwise { triage }
```
""",
)

_FROM = ("from", "sender", "reply-to", "from-name", "envelope-from")
_STRICT = (Quarantine, Discard, Reject, Defer)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for rule in all_rules(compilation):
        if any(isinstance(action, _STRICT) for action in rule.actions):
            test = _exemption(rule)
            if test is not None:
                message = f'rule "{rule.title}" lets letters pass for a sender that anybody can write'
                advice = "ask for proof, too: `all { from is …; verified }`"
                yield warning(CODE.id, message, test.origin or rule.origin, help=advice)


def _exemption(rule: Rule) -> Test | None:
    """The sender test that suffices to escape the rule."""
    escapes = list(clauses(rule.test, positive=False) or ())
    if rule.unless is not None:
        escapes += clauses(rule.unless) or ()
    return next((test for clause in escapes if (test := _sender_alone(clause)) is not None), None)


def _sender_alone(clause: Clause) -> Test | None:
    if any(x.positive and x.atom == Fact("verified") for x in clause):
        return None
    senders = (x.atom for x in clause if x.positive and isinstance(x.atom, AddressIs | Match | Mentions))
    return next((test for test in senders if test.field.kind in _FROM), None)
