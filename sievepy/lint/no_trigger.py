"""W501: a rule that looks for words and is judged for every letter all the same."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.engine.atoms import leaves
from sievepy.engine.trigger import ALWAYS, Triggers
from sievepy.ir.conditions import HasIp, Match, Matches, Mentions, MentionsExact, MentionsNear, Test
from sievepy.lint.program import rules
from sievepy.text import Diagnostic, Severity
from sievepy.text.codes import Code

CODE = Code(
    "W501",
    "no-trigger",
    """\
## What it does
Notes rules that test words, but hold no test without whose hit they could not hold: all their word tests are negated,
or stand in an `any` beside a size, a time or a negation. Rules that test nothing but facts, sizes and times are cheap
and are not named.

## Why it is bad
The engine looks at a rule only when one of its words was found. A rule without such a trigger reads its texts and is
judged for every letter; a thousand of them are felt.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Большие и счета" { when any { body mentions "счёт"; size > 25MB }; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Большие счета" { when all { body mentions "счёт"; size > 25MB }; assign buh }
otherwise { triage }
```
""",
)

_WORDS = (Mentions, MentionsExact, MentionsNear, Match, Matches, HasIp)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    ordered = rules(compilation)
    triggers = Triggers(rule.test for rule in ordered)
    for rule in ordered:
        if _reads_words(rule.test) and triggers.of(rule.test) is ALWAYS:
            message = f'rule "{rule.title}" has no trigger: it reads and judges every letter'
            advice = "add a positive test of words in an `all`, or make two rules of it"
            yield Diagnostic(CODE.id, Severity.NOTE, message, rule.origin, help=advice)


def _reads_words(test: Test) -> bool:
    return any(isinstance(leaf, _WORDS) for leaf in leaves(test))
