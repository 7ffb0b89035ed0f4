"""Proofs about whole conditions: one implies another, one can never hold."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from sievepy.ir.conditions import AllOf, AnyOf, Assigned, Atom, Attachment, Not, Tagged, Test
from sievepy.lint.logic.atoms import atom_implies, disjoint
from sievepy.lint.logic.clauses import Clause, Literal, clauses, literal

_WIDEST = 200  # literals of a clause that are compared pair by pair


def literal_implies(a: Literal, b: Literal) -> bool:
    match a.positive, b.positive:
        case True, True:
            return _atom_implies(a.atom, b.atom)
        case False, False:
            return _atom_implies(b.atom, a.atom)
        case True, False:
            return disjoint(a.atom, b.atom)
    return False


def _atom_implies(a: Atom, b: Atom) -> bool:
    if isinstance(a, Attachment) and isinstance(b, Attachment):
        return a == b or implies(a.test, b.test)
    return atom_implies(a, b)


def clause_implies(clause: Clause, test: Test, positive: bool = True) -> bool:
    """Whether the literals of a clause together make the test (or, not `positive`, its negation) yes."""
    match test:
        case Not(test=inner):
            return clause_implies(clause, inner, not positive)
        case AllOf(tests=tests) | AnyOf(tests=tests):
            each = (clause_implies(clause, t, positive) for t in tests)
            return all(each) if isinstance(test, AllOf) is positive else any(each)
    wanted = literal(test, positive)
    return any(literal_implies(have, wanted) for have in clause)


def implies(a: Test, b: Test) -> bool:
    """Whether it can be proved that `b` is yes wherever `a` is."""
    alternatives = clauses(a)
    return alternatives is not None and all(clause_implies(c, b) for c in possible(alternatives))


def never(test: Test, positive: bool = True) -> bool:
    """Whether it can be proved that the test (or its negation) is never yes."""
    alternatives = clauses(test, positive)
    return alternatives is not None and not any(True for _ in possible(alternatives))


def possible(alternatives: Iterable[Clause]) -> Iterable[Clause]:
    """The clauses that are not seen to contradict themselves."""
    return (clause for clause in alternatives if not contradictory(clause))


def contradictory(clause: Clause) -> bool:
    """Whether two literals of the clause are seen to exclude each other."""
    if len(clause) > _WIDEST:
        return any(Literal(x.atom, not x.positive) in clause for x in clause)
    if any(x.positive and isinstance(x.atom, Attachment) and never(x.atom.test) for x in clause):
        return True
    return any(_exclude(a, b) for a, b in combinations(clause, 2))


def _exclude(a: Literal, b: Literal) -> bool:
    match a.positive, b.positive:
        case True, True:
            return disjoint(a.atom, b.atom)
        case True, False:
            return _atom_implies(a.atom, b.atom)
        case False, True:
            return _atom_implies(b.atom, a.atom)
    return False


def timeless(clause: Clause) -> Clause:
    """What of a clause held already when an earlier rule was judged: rules only ever add departments and tags, so
    `not assigned` now was true before, and `assigned` now may not have been."""
    return frozenset(x for x in clause if not (x.positive and isinstance(x.atom, Assigned | Tagged)))
