"""W502: `discard` on nothing but words."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.conditions import AddressIs, Authentication, ClientIp, Compare, Fact, Match
from sievepy.ir.script import Rule
from sievepy.lint.logic.clauses import Literal, clauses, condition
from sievepy.lint.program import rules
from sievepy.plan import Discard
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W502",
    "broad-discard",
    """\
## What it does
Finds rules that `discard` letters without a narrow test: an address, a header's whole value, a client's address, a
failed authentication, a spam score, or a fact such as `bounce`.

## Why it is bad
Words alone are in honest letters, too. What is discarded is in nobody's daily list and expires after 30 days.

## Example
```rules
rule "Реклама" { when text mentions "раскрутим сайт"; discard }
otherwise { triage }
```

## Use instead
```rules
rule "Реклама" { when text mentions "раскрутим сайт"; quarantine "реклама" }
otherwise { triage }
```
""",
)

_NARROW_FACTS = frozenset({"bounce", "auto-reply", "auto-generated"})


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for rule in rules(compilation):
        if any(isinstance(action, Discard) for action in rule.actions) and not _is_narrow(rule):
            message = f'rule "{rule.title}" discards letters for what they say, not for where they come from'
            yield warning(CODE.id, message, rule.origin, help='use `quarantine "why"`, or add a narrow test')


def _is_narrow(rule: Rule) -> bool:
    alternatives = clauses(condition(rule)) or ()
    return bool(alternatives) and all(any(map(_narrows, clause)) for clause in alternatives)


def _narrows(part: Literal) -> bool:
    match part.atom:
        case AddressIs() | ClientIp() | Authentication(result="fail") | Match(how="is"):
            return part.positive
        case Compare(field=field, how=how):
            return field.kind == "spam-score" and how in (">", ">=")
        case Fact(name=name):
            return part.positive and name in _NARROW_FACTS
    return False
