"""W207: `file`, `forward` or `discard` in a rule beside which a department may be added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sievepy.compiler import Compilation
from sievepy.ir.conditions import Assigned, Tagged
from sievepy.ir.script import Rule
from sievepy.lint.logic.clauses import Clause, clauses, condition
from sievepy.lint.logic.proof import contradictory
from sievepy.lint.program import acts, assigns, is_assignment, rules
from sievepy.plan import ACTION_NAMES, Action, Assign, Discard, FileInto, Forward
from sievepy.text import Diagnostic, Label
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W207",
    "softened-destination",
    """\
## What it does
Names each rule whose `file` or `forward` may be skipped, or whose `discard` may become a quarantine, and the rules that
do it: rules that add a department to the same letter. Conflicts are settled on the finished set of actions: a
department outranks a folder, a forward and the bin.

## Why it is bad
It need not be, if it was meant. But who reads the rule alone believes that the letter is filed.

## Example
```rules
network ours { 91.235.177.0/24 }
department abuse { email abuse@x-com.kz }
rule "Наши адреса" { when content has ip in @ours; also assign abuse }
rule "Рассылки" { when mailing-list; file "Рассылки" }
otherwise { triage }
```

## Use instead
Let the adding rule leave these letters alone (or say with `# sievepy: ignore W207` that the department shall win).

```rules
network ours { 91.235.177.0/24 }
department abuse { email abuse@x-com.kz }
rule "Наши адреса" { when content has ip in @ours; unless mailing-list; also assign abuse }
rule "Рассылки" { when mailing-list; file "Рассылки" }
otherwise { triage }
```
""",
)

_MOST_NAMED = 5


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    ordered = rules(compilation)
    for position, rule in enumerate(ordered):
        soft = [a for a in rule.actions if isinstance(a, FileInto | Forward | Discard)]
        if not soft or not acts(rule):
            continue
        adders = [rule] if assigns(rule) else list(islice(_adders(ordered, position), _MOST_NAMED + 1))
        if adders:
            yield _finding(rule, soft[0], adders)


def _adders(ordered: Sequence[Rule], position: int) -> Iterator[Rule]:
    """The rules that may add a department to a letter that the rule at `position` decides."""
    rule = ordered[position]
    alternatives = clauses(condition(rule))
    for place, other in enumerate(ordered):
        judged_too = not other.deciding or (place < position and other.carry_on)
        if place == position or not (judged_too and acts(other) and assigns(other)):
            continue
        if alternatives is None or _may_meet(alternatives, other):
            yield other


def _may_meet(alternatives: Sequence[Clause], other: Rule) -> bool:
    """Whether nothing is seen to keep the two rules from holding for one letter."""
    theirs = clauses(condition(other))
    if theirs is None:
        return True
    return any(
        not _waits_for_nobody(clause, other) and not contradictory(_timeless(clause) | _timeless(their))
        for clause in alternatives
        for their in theirs
    )


def _waits_for_nobody(clause: Clause, other: Rule) -> bool:
    """Whether the clause holds only if the other rule has assigned nothing."""
    departments = {a.department for a in other.actions if isinstance(a, Assign)}
    unassigned = {x.atom.department for x in clause if isinstance(x.atom, Assigned) and not x.positive}
    topics = any(is_assignment(a, also=False) for a in other.actions)
    return other.deciding and ((None in unassigned and topics) or bool(unassigned & departments))


def _timeless(clause: Clause) -> Clause:
    return frozenset(x for x in clause if not isinstance(x.atom, Assigned | Tagged))


def _finding(rule: Rule, action: Action, adders: Sequence[Rule]) -> Diagnostic:
    fate = "becomes a quarantine" if isinstance(action, Discard) else "is skipped"
    names = ", ".join(f'"{r.title}"' for r in adders[:_MOST_NAMED])
    more = " and others" if len(adders) > _MOST_NAMED else ""
    if adders[0] is rule:
        names, more = "it", " itself"
    labels = tuple(
        Label(r.origin, "adds a department") for r in adders[:_MOST_NAMED] if r is not rule and r.origin is not None
    )
    word = ACTION_NAMES[type(action)]
    message = f'`{word}` of rule "{rule.title}" {fate} where {names}{more} adds a department'
    return warning(CODE.id, message, rule.origin, labels=labels, help=_advice(rule, adders))


def _advice(rule: Rule, adders: Sequence[Rule]) -> str:
    if adders[0] is rule:
        return "keep either the department or the other destination"
    if all(a.deciding for a in adders):
        return "add `unless assigned` to this rule, or take its letters out of the others with `unless`"
    return "take this rule's letters out of the other rule with `unless`"
