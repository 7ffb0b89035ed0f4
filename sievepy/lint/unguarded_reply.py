"""W510: `reply` to letters that a machine may have sent."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.conditions import Fact
from sievepy.ir.script import Rule
from sievepy.lint.logic.clauses import Clause, clauses, condition
from sievepy.lint.program import rules
from sievepy.plan import Reply
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W510",
    "unguarded-reply",
    """\
## What it does
Finds rules with `reply` that do not keep out automatic letters: `auto-reply`, `bounce` and `mailing-list`.

## Why it is bad
Two machines that answer each other do so all night. Nothing is ever sent in answer to `<>`, but the rule should say for
whom it is meant (RFC 3834).

## Example
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh; reply "принято.txt" }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Счета" {
    when subject mentions "счёт"
    unless any { auto-reply; bounce; mailing-list }
    assign buh
    reply "принято.txt"
}
otherwise { triage }
```
""",
)

_MACHINES = ("auto-reply", "bounce", "mailing-list")


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for rule in rules(compilation):
        if any(isinstance(action, Reply) for action in rule.actions):
            open_to = _open_to(rule)
            if open_to:
                yield warning(
                    CODE.id,
                    f'rule "{rule.title}" also answers letters of machines: ' + ", ".join(f"`{f}`" for f in open_to),
                    rule.origin,
                    help=f"add `unless any {{ {'; '.join(_MACHINES)} }}`",
                )


def _open_to(rule: Rule) -> list[str]:
    alternatives = clauses(condition(rule)) or (frozenset(),)
    return [fact for fact in _MACHINES if not all(_keeps_out(clause, fact) for clause in alternatives)]


def _keeps_out(clause: Clause, fact: str) -> bool:
    return any(not x.positive and x.atom == Fact(fact) for x in clause)
