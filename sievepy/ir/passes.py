"""Simplifications of tests, each by a law that holds with three values (Kleene's strong logic).

No pass uses the law of the excluded middle: `a or not a` is unknown where `a` is. Nor does a pass merge tests that were
written apart, so that `explain` can still point at the one that held.
"""

from __future__ import annotations

from dataclasses import replace

from sievepy.ir.conditions import AllOf, AnyOf, Attachment, Not, Test
from sievepy.ir.script import Rule, Script


def simplify(script: Script) -> Script:
    """The same script with simpler tests. Equal objects stay one object."""
    known: dict[int, tuple[Test, Test]] = {}  # by identity; the key test is kept alive beside its result

    def simpler(test: Test) -> Test:
        found = known.get(id(test))
        if found is None:
            found = known[id(test)] = (test, simplified(test))
        return found[1]

    def rule(old: Rule) -> Rule:
        test = simpler(old.test)
        unless = simpler(old.unless) if old.unless is not None else None
        return old if test is old.test and unless is old.unless else replace(old, test=test, unless=unless)

    return replace(
        script,
        rules=tuple(rule(old) for old in script.rules),
        session_rules=tuple(rule(old) for old in script.session_rules),
    )


def simplified(test: Test) -> Test:
    """The simplest form of a test; itself, the same object, where there is none simpler."""
    match test:
        case Not(inner):
            return _negated(test, simplified(inner))
        case AllOf(tests) | AnyOf(tests):
            return _joined(test, tests)
        case Attachment(inner):
            simpler = simplified(inner)
            return test if simpler is inner else Attachment(simpler, test.origin)
    return test


def _negated(test: Not, inner: Test) -> Test:
    # not not a = a
    if isinstance(inner, Not):
        return inner.test
    return test if inner is test.test else Not(inner, test.origin)


def _joined(test: AllOf | AnyOf, tests: tuple[Test, ...]) -> Test:
    kind = type(test)
    parts: list[Test] = []
    for part in map(simplified, tests):
        # any(any(a, b), c) = any(a, b, c), and the same of all
        parts.extend(part.tests if isinstance(part, kind) else (part,))
    # any(a, a) = a, and the same of all
    distinct = tuple(dict.fromkeys(parts))
    # any(a) = a, and the same of all
    if len(distinct) == 1:
        return distinct[0]
    same = len(distinct) == len(tests) and all(a is b for a, b in zip(distinct, tests, strict=True))
    return test if same else kind(distinct, test.origin)
