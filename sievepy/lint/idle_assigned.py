"""W214: `assigned` where no rule above could have assigned anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sievepy.compiler import Compilation
from sievepy.engine.atoms import leaves
from sievepy.ir.conditions import Assigned
from sievepy.ir.script import Rule
from sievepy.lint.logic.clauses import condition
from sievepy.lint.program import acts, is_assignment, rules
from sievepy.plan import Assign, AssignSame
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W214",
    "idle-assigned",
    """\
## What it does
Finds `assigned` and `assigned DEPARTMENT` in rules above which nothing assigns a department (or not this one) and lets
the run go on: facts about other rules see only what rules *above* have done.

## Why it is bad
The test is always *no*: as a condition it never holds, in `unless` it shuts out nothing.

## Example
```rules
department abon { email abon@x-com.kz }
department buh  { email buh@x-com.kz }
rule "Тарифы, слабые признаки" { when text mentions "тариф*"; unless assigned; assign abon }
rule "Акты" { when subject mentions "акт сверки"; assign buh }
otherwise { triage }
```

## Use instead
```rules
department abon { email abon@x-com.kz }
department buh  { email buh@x-com.kz }
rule "Акты" { when subject mentions "акт сверки"; assign buh; continue }
rule "Тарифы, слабые признаки" { when text mentions "тариф*"; unless assigned; assign abon }
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    ordered = rules(compilation)
    for position, rule in enumerate(ordered):
        facts = [leaf for leaf in leaves(condition(rule)) if isinstance(leaf, Assigned)]
        for fact in facts:
            if not _may_hold(fact, rule, ordered[:position]):
                what = "a department" if fact.department is None else f"`{fact.department}`"
                message = f"no rule above assigns {what} and lets this one be judged"
                yield warning(CODE.id, message, fact.origin or rule.origin)


def _may_hold(fact: Assigned, rule: Rule, above: Sequence[Rule]) -> bool:
    """A deciding rule sees what was assigned by rules that did not end the run; an adding one also sees what did."""
    judged = (r for r in above if acts(r) and (r.carry_on or not r.deciding or not rule.deciding))
    return any(_sets(fact, r) for r in judged)


def _sets(fact: Assigned, rule: Rule) -> bool:
    if fact.department is None:
        return any(is_assignment(action, also=False) for action in rule.actions)
    return any(
        isinstance(action, AssignSame) or (isinstance(action, Assign) and action.department == fact.department)
        for action in rule.actions
    )
