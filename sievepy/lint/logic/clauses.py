"""Conditions as alternatives of literals.

A *literal* is an atom or its negation; a *clause* is a set of literals that hold together; a condition is the list of
its clauses (its disjunctive normal form). In Kleene's logic De Morgan's laws and double negation hold, so "the
condition is yes" is exactly "all literals of some clause are yes": a negated atom is yes where the atom is *no*.
Comparisons are turned round instead of negated (`not size > 5` is `size <= 5`; both are unknown together).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from sievepy.ir.conditions import (
    AllOf,
    AnyOf,
    Atom,
    Compare,
    Not,
    ReceivedDay,
    ReceivedTime,
    Test,
)
from sievepy.ir.script import Rule

_MOST = 256  # clauses; a condition with more is not reasoned about
_TURNED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_DAYS = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Literal:
    """An atom (`positive`) or its negation."""

    atom: Atom
    positive: bool = True


Clause = frozenset[Literal]


def condition(rule: Rule) -> Test:
    """What must hold for the rule to act: its `when`, and not its `unless`."""
    return rule.test if rule.unless is None else AllOf((rule.test, Not(rule.unless)))


def clauses(test: Test, positive: bool = True) -> tuple[Clause, ...] | None:
    """The clauses of the condition, or of its negation; None where there are too many."""
    match test:
        case Not(test=inner):
            return clauses(inner, not positive)
        case AllOf(tests=tests) | AnyOf(tests=tests):
            parts = [clauses(t, positive) for t in tests]
            if isinstance(test, AllOf) is positive:
                return _conjunction(parts)
            return _disjunction(parts)
    return (frozenset({literal(test, positive)}),)


def literal(atom: Atom, positive: bool) -> Literal:
    if not positive:
        match atom:
            case Compare(field=field, how=how, value=value) if how in _TURNED:
                return Literal(Compare(field, _TURNED[how], value))  # type: ignore[arg-type]
            case ReceivedDay(days=days):
                return Literal(ReceivedDay(_DAYS - days))
            case ReceivedTime(start=start, end=end) if start != end:
                return Literal(ReceivedTime(end, start))
    return Literal(atom, positive)


def _conjunction(parts: list[tuple[Clause, ...] | None]) -> tuple[Clause, ...] | None:
    count = 1
    for part in parts:
        if part is None or (count := count * len(part)) > _MOST:
            return None
    return tuple(frozenset[Literal]().union(*choice) for choice in product(*(p for p in parts if p is not None)))


def _disjunction(parts: list[tuple[Clause, ...] | None]) -> tuple[Clause, ...] | None:
    joined: list[Clause] = []
    for part in parts:
        if part is None or len(joined) + len(part) > _MOST:
            return None
        joined += part
    return tuple(joined)


def subtests(test: Test) -> Iterator[Test]:
    """The test and every test in it, outermost first; of an attachment block, the block alone."""
    yield test
    match test:
        case Not(test=inner):
            yield from subtests(inner)
        case AllOf(tests=tests) | AnyOf(tests=tests):
            for part in tests:
                yield from subtests(part)
