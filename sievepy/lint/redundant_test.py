"""W206: a test that says nothing beside another one of its block."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.ir.conditions import AllOf, AnyOf, Attachment, Test
from sievepy.lint.logic.clauses import subtests
from sievepy.lint.logic.proof import implies, never
from sievepy.lint.program import all_rules, conditions
from sievepy.rules_lang import ast
from sievepy.text import Diagnostic, Fix, Label, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning
from sievepy.text.edits import removal

CODE = Code(
    "W206",
    "redundant-test",
    """\
## What it does
Finds tests that another test of the same block makes superfluous: in an `any` one that holds only where another holds
anyway, in an `all` one that holds wherever another does.

## Why it is bad
The reader takes the condition to be wider or narrower than it is. Often a number or a field was meant to differ.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when any { subject mentions "счёт"; content mentions "счёт" }; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when content mentions "счёт"; assign buh }
otherwise { triage }
```
""",
)

_MOST = 64  # tests of a block that are compared pair by pair


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    yield from _written_twice(compilation)
    for rule in all_rules(compilation):
        for test in (rule.test, rule.unless):
            if test is not None:
                yield from _blocks(test)


def _written_twice(compilation: Compilation) -> Iterator[Diagnostic]:
    """Equal tests of one block: what they mean has become one test, so this looks at what was written."""
    for block in conditions(compilation):
        if isinstance(block, ast.Block | ast.AttachmentBlock):
            seen: dict[str, Span] = {}
            row = [test.span for test in block.tests]
            for number, span in enumerate(row):
                first = seen.setdefault(" ".join(span.text.split()), span)
                if first is not span:
                    edit = removal(row, number)
                    yield warning(
                        CODE.id,
                        "this test stands in the block twice",
                        span,
                        labels=(Label(first, "the same"),),
                        fixes=(Fix("remove it", (edit,), safe=True),) if edit is not None else (),
                    )


def _blocks(test: Test) -> Iterator[Diagnostic]:
    for part in subtests(test):
        if isinstance(part, Attachment):
            yield from _blocks(part.test)
        elif isinstance(part, AllOf | AnyOf) and len(part.tests) <= _MOST:
            yield from _redundant(part)


def _redundant(block: AllOf | AnyOf) -> Iterator[Diagnostic]:
    # What never or always holds implies, or is implied by, everything; it has codes of its own.
    tests = [t for t in block.tests if not never(t) and not never(t, positive=False)]
    gone: set[int] = set()
    for i, test in enumerate(tests):
        for j, other in enumerate(tests):
            if i != j and j not in gone and _says_nothing(block, test, other):
                gone.add(i)
                yield _finding(block, test, other)
                break


def _says_nothing(block: AllOf | AnyOf, test: Test, other: Test) -> bool:
    """Whether `test` may be left out beside `other`."""
    return implies(test, other) if isinstance(block, AnyOf) else implies(other, test)


def _finding(block: AllOf | AnyOf, test: Test, other: Test) -> Diagnostic:
    why = "holds only where this one does" if isinstance(block, AnyOf) else "holds wherever this one does"
    labels = (Label(other.origin, "this one"),) if other.origin is not None else ()
    return warning(CODE.id, f"this test says nothing new: it {why}", test.origin, labels=labels)
