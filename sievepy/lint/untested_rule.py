"""W211: a rule that no test beside the rules can be seen to need.

This looks at what tests expect, and judges no letter; `sievepy check --tests` knows which rules really fired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sievepy.compiler import Compilation
from sievepy.ir.cases import Case
from sievepy.ir.script import Rule
from sievepy.lint.program import all_rules
from sievepy.plan import Action, Defer, Propose, Quarantine, Reject, Triage
from sievepy.text import Diagnostic, Severity
from sievepy.text.codes import Code

CODE = Code(
    "W211",
    "untested-rule",
    """\
## What it does
Finds rules that no test beside the rules expects: neither by title (`expect rule "…"`) nor by any of their actions.
It is a note; where the file holds no test at all, it is given once.
With `sievepy check --tests` the rules that really fired in some test count instead.

## Why it is bad
Nobody will notice when a later change keeps the rule from matching.

## Example
```rules
department buh  { email buh@x-com.kz }
department abon { email abon@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
rule "Тарифы" { when subject mentions "тариф"; assign abon }
otherwise { triage }
test "Счёт" { subject "Счёт за октябрь"; expect assign buh }
```

## Use instead
```rules
department buh  { email buh@x-com.kz }
department abon { email abon@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
rule "Тарифы" { when subject mentions "тариф"; assign abon }
otherwise { triage }
test "Счёт" { subject "Счёт за октябрь"; expect assign buh }
test "Тариф" { subject "Новый тариф"; expect rule "Тарифы" }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    rules = [rule for rule in all_rules(compilation) if not rule.observe]
    if compilation.cases:
        yield from _unexpected(rules, compilation.cases)
    elif rules:
        yield _finding(rules[0], "no rule of this file has a test beside it")


def check_fired(compilation: Compilation, fired: frozenset[str]) -> Iterator[Diagnostic]:
    """The same, known from running the tests. What refuses a letter is in no plan, so session rules are looked for in
    what tests expect."""
    if compilation.script is None:
        return
    yield from _unexpected(compilation.script.session_rules, compilation.cases)
    for rule in compilation.script.rules:
        if not rule.observe and rule.title not in fired:
            yield _finding(rule, f'rule "{rule.title}" fires in no test')


def _unexpected(rules: Iterable[Rule], cases: Iterable[Case]) -> Iterator[Diagnostic]:
    outcomes = [e.outcome for case in cases for e in case.expects if not e.negated]
    titles = {outcome for outcome in outcomes if isinstance(outcome, str)}
    expected = {_meaning(outcome) for outcome in outcomes if not isinstance(outcome, str)}
    for rule in rules:
        if rule.title not in titles and expected.isdisjoint(map(_meaning, rule.actions)):
            yield _finding(rule, f'no test expects rule "{rule.title}" or what it does')


def _finding(rule: Rule, message: str) -> Diagnostic:
    advice = f'add `expect rule "{rule.title}"` to a test of a letter that it takes'
    return Diagnostic(CODE.id, Severity.NOTE, message, rule.origin, help=advice)


def _meaning(action: Action) -> tuple[str, str]:
    """What a test can name of an action: its kind and first value; reasons and reply texts may be left out."""
    first = next(iter(type(action).__dataclass_fields__), None)
    if first is None or isinstance(action, Quarantine | Triage | Propose | Reject | Defer):
        return type(action).__name__, ""
    return type(action).__name__, str(getattr(action, first)).lower()
