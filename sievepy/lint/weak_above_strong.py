"""W212: a weak rule (`unless assigned`) that decides before a strong one is asked."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.conditions import AllOf, Assigned
from sievepy.ir.script import Rule
from sievepy.lint.logic.clauses import clauses, condition
from sievepy.lint.logic.proof import never
from sievepy.lint.program import acts, assigns, ends_the_run, rules
from sievepy.text import Diagnostic, Label
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W212",
    "weak-above-strong",
    """\
## What it does
Finds rules with `unless assigned` that stand above a rule with `assign …; continue`. The idiom for topics is a strong
and a weak rule a topic, and all weak rules stand below all strong ones.

## Why it is bad
The weak words decide first, and the strong rule is not asked: the letter goes to the wrong department, although there
was a sure sign of the right one.

## Example
```rules
department abon { email abon@x-com.kz }
department buh  { email buh@x-com.kz }
rule "Акты" { when subject mentions "акт сверки"; assign buh; continue }
rule "Тарифы, слабые признаки" { when text mentions "тариф*"; unless assigned; assign abon }
rule "Счета" { when subject mentions "счёт на оплату"; assign buh; continue }
otherwise { triage }
```

## Use instead
```rules
department abon { email abon@x-com.kz }
department buh  { email buh@x-com.kz }
rule "Акты" { when subject mentions "акт сверки"; assign buh; continue }
rule "Счета" { when subject mentions "счёт на оплату"; assign buh; continue }
rule "Тарифы, слабые признаки" { when text mentions "тариф*"; unless assigned; assign abon }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    strong: list[Rule] = []
    found: list[Diagnostic] = []
    for rule in reversed(rules(compilation)):
        if is_weak(rule) and ends_the_run(rule):
            below = next((s for s in reversed(strong) if not never(AllOf((condition(rule), condition(s))))), None)
            if below is not None:
                found.append(_finding(rule, below))
        elif rule.carry_on and acts(rule) and assigns(rule, also=False) and not is_weak(rule):
            strong.append(rule)
    yield from reversed(found)


def is_weak(rule: Rule) -> bool:
    """Whether the rule holds only where nothing is assigned yet."""
    alternatives = clauses(condition(rule)) or ()
    waits = [any(x.atom == Assigned() and not x.positive for x in clause) for clause in alternatives]
    return bool(waits) and all(waits)


def _finding(rule: Rule, strong: Rule) -> Diagnostic:
    labels = (Label(strong.origin, "a strong rule below it"),) if strong.origin is not None else ()
    return warning(
        CODE.id,
        f'weak rule "{rule.title}" decides before strong rule "{strong.title}" is asked',
        rule.origin,
        labels=labels,
        help="move it below all strong rules, or give it `priority 200`",
    )
