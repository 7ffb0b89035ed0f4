"""On which side a test stands in its rule: for it, or against it (behind `not`, in `none`, in `unless`).

A yes of a test that stands for its rule can only help the rule to hold, a yes of one that stands against it can only
keep it from holding: Kleene's logic is monotone in the order no < unknown < yes, and `not` turns the order round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sievepy.ir.conditions import AllOf, AnyOf, Assigned, Atom, Attachment, Not, Tagged, Test
from sievepy.ir.script import Rule

YES: Test = AllOf(())
NO: Test = AnyOf(())

Put = Callable[[Atom, bool], Test]
"""What stands in a test's place, by the side it stands on."""


def condition(rule: Rule) -> Test:
    """`when` and not `unless`, as one test."""
    return rule.test if rule.unless is None else AllOf((rule.test, Not(rule.unless)))


def signed(test: Test, positive: bool = True) -> Iterator[tuple[Atom, bool]]:
    """The single tests, each with whether it stands for the whole. Those of an attachment block are the ones inside."""
    match test:
        case Not(inner):
            yield from signed(inner, not positive)
        case Attachment(inner):
            yield from signed(inner, positive)
        case AllOf(tests) | AnyOf(tests):
            for each in tests:
                yield from signed(each, positive)
        case _:
            yield test, positive


def replaced(test: Test, put: Put, positive: bool = True) -> Test:
    """The test with something in the place of each single one; the same object where nothing changes."""
    match test:
        case Not(inner):
            new = replaced(inner, put, not positive)
            return test if new is inner else Not(new, test.origin)
        case Attachment(inner):
            new = replaced(inner, put, positive)
            return test if new is inner else Attachment(new, test.origin)
        case AllOf(tests) | AnyOf(tests):
            parts = tuple(replaced(each, put, positive) for each in tests)
            same = all(part is each for part, each in zip(parts, tests, strict=True))
            return test if same else type(test)(parts, test.origin)
    return put(test, positive)


def without_exceptions(rule: Rule) -> Test:
    """What the rule would take if every test that stands against it said no."""
    return replaced(condition(rule), lambda atom, positive: atom if positive else NO)


def at_most(rule: Rule) -> Test:
    """A test that asks nothing of what rules above have done, and says no only where the rule does, whatever they have
    done."""

    def put(atom: Atom, positive: bool) -> Test:
        return atom if not isinstance(atom, Assigned | Tagged) else YES if positive else NO

    return replaced(condition(rule), put)
