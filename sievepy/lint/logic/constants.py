"""The parts of conditions that are the same for every letter."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.ir.conditions import AllOf, AnyOf, Attachment, Not, Test
from sievepy.lint.logic.proof import never


def constants(*conditions: Test | None) -> Iterator[tuple[Test, bool]]:
    """The outermost parts that can never be yes (False) or never be no (True); single atoms are not looked at."""
    for test in conditions:
        if test is not None:
            yield from _constants(test)


def _constants(test: Test) -> Iterator[tuple[Test, bool]]:
    match test:
        case AllOf(tests=parts) | AnyOf(tests=parts):
            pass
        case Not(test=inner) | Attachment(test=inner):
            parts = (inner,)
        case _:
            return
    if never(test):
        yield test, False
    elif never(test, positive=False):
        yield test, True
    else:
        yield from constants(*parts)
