"""W201: a deciding rule that no letter can reach, because rules above decide whatever it would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sievepy.compiler import Compilation
from sievepy.ir.script import Rule
from sievepy.lint.logic.clauses import Clause, clauses, condition
from sievepy.lint.logic.index import Index, clause_asks, condition_offers
from sievepy.lint.logic.proof import clause_implies, possible, timeless
from sievepy.lint.program import ends_the_run, rules
from sievepy.text import Diagnostic, Label
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W201",
    "unreachable-rule",
    """\
## What it does
Finds deciding rules that can never act: whenever their condition holds, the condition of a rule above holds too, and
that rule decides without `continue`.

## Why it is bad
The rule looks as if it worked. Letters that it was written for go where the rule above sends them.

## Example
```rules
department buh  "Бухгалтерия"       { email buh@x-com.kz }
department abon "Абонентский отдел" { email abon@x-com.kz }
rule "Все счета" { when subject mentions "счёт"; assign abon }
rule "Счета на оплату" { when subject mentions "счёт на оплату"; assign buh }
otherwise { triage }
```

## Use instead
The narrower rule above the wider one, or `continue` in the upper rule if the letter shall reach both.

```rules
department buh  "Бухгалтерия"       { email buh@x-com.kz }
department abon "Абонентский отдел" { email abon@x-com.kz }
rule "Счета на оплату" { when subject mentions "счёт на оплату"; assign buh }
rule "Все счета" { when subject mentions "счёт"; assign abon }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    yield from _check(rules(compilation))
    if compilation.script is not None:
        yield from _check(compilation.script.session_rules, session=True)


def _check(ordered: Sequence[Rule], session: bool = False) -> Iterator[Diagnostic]:
    above: Index[int] = Index()
    for position, rule in enumerate(ordered):
        if session or rule.deciding:
            shadows = _shadows(rule, above, ordered)
            if shadows:
                yield _finding(rule, shadows)
        if ends_the_run(rule) or (session and not rule.observe and rule.off_until is None):
            above.add(condition_offers(condition(rule), above.crowd), position)


def _shadows(rule: Rule, above: Index[int], ordered: Sequence[Rule]) -> list[Rule]:
    """The rules that together take every letter the rule could: one that takes all if there is one."""
    alternatives = clauses(condition(rule))
    held = [timeless(clause) for clause in possible(alternatives)] if alternatives is not None else []
    if not held:
        return []
    near = [_takers(clause, above, ordered) for clause in held]
    alone = set(near[0]).intersection(*near[1:])
    if any(_same(rule, ordered[p]) for p in alone):
        return []
    if alone:
        return [ordered[min(alone)]]
    return [ordered[p] for p in sorted({min(takers) for takers in near})] if all(near) else []


def _takers(clause: Clause, above: Index[int], ordered: Sequence[Rule]) -> list[int]:
    return [p for p in above.find(clause_asks(clause)) if clause_implies(clause, condition(ordered[p]))]


def _same(rule: Rule, shadow: Rule) -> bool:
    """A duplicate, which has its own code."""
    return (rule.test, rule.unless, rule.actions) == (shadow.test, shadow.unless, shadow.actions)


def _finding(rule: Rule, shadows: list[Rule]) -> Diagnostic:
    labels = tuple(Label(s.origin, "this rule decides first") for s in shadows if s.origin is not None)
    names = ", ".join(f'"{s.title}"' for s in shadows)
    return warning(
        CODE.id,
        f'rule "{rule.title}" is never reached: {names} above takes every letter it could',
        rule.origin,
        labels=labels,
        help=f'move it above "{shadows[0].title}", or let that rule `continue`',
    )
