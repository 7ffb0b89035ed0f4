"""From conditions to predicates: plain closures over a `Reading`, three values by Kleene's strong logic.

No text of a rule ever becomes code. The children of `all` and `any` are asked cheapest first (the logic does not
mind), so that a header that settles the matter keeps the body unread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sievepy.engine.atoms import Atoms
from sievepy.engine.costs import cost
from sievepy.engine.reading import Reading
from sievepy.engine.scanners import Scanners
from sievepy.ir.conditions import AllOf, AnyOf, Assigned, Attachment, Not, Tagged, Test, Truth
from sievepy.ir.script import Rule

Predicate = Callable[[Reading], Truth]


@dataclass(frozen=True, slots=True)
class Index:
    """Where the answers of atoms are found."""

    atoms: Atoms
    scanners: Scanners


def rule_predicate(rule: Rule, index: Index) -> Predicate:
    """Whether the rule holds: its `when`, and not its `unless`."""
    if rule.unless is None:
        return predicate(rule.test, index)
    return _all((predicate(rule.test, index), _not(predicate(rule.unless, index))))


def predicate(test: Test, index: Index) -> Predicate:
    match test:
        case Not(inner):
            return _not(predicate(inner, index))
        case AllOf(tests):
            return _all([predicate(each, index) for each in cheapest_first(tests)])
        case AnyOf(tests):
            return _any([predicate(each, index) for each in cheapest_first(tests)])
        case Attachment(inner):
            return _some_attachment(predicate(inner, index))
        case Assigned(department):
            return _assigned(department)
        case Tagged(name):
            return lambda reading: name in reading.progress.tags
    number = index.atoms.number(test)
    return _atom(number, index.scanners.of_atom[number])


def cheapest_first(tests: Sequence[Test]) -> list[Test]:
    return sorted(tests, key=cost)


def _atom(number: int, scanner: int) -> Predicate:
    def answer(reading: Reading) -> Truth:
        scan = reading.scan(scanner)
        return scan.truths.get(number, scan.default)

    return answer


def _not(inner: Predicate) -> Predicate:
    def answer(reading: Reading) -> Truth:
        truth = inner(reading)
        return None if truth is None else not truth

    return answer


def _all(children: Sequence[Predicate]) -> Predicate:
    def answer(reading: Reading) -> Truth:
        result: Truth = True
        for child in children:
            truth = child(reading)
            if truth is False:
                return False
            if truth is None:
                result = None
        return result

    return answer


def _any(children: Sequence[Predicate]) -> Predicate:
    def answer(reading: Reading) -> Truth:
        result: Truth = False
        for child in children:
            truth = child(reading)
            if truth:
                return True
            if truth is None:
                result = None
        return result

    return answer


def _some_attachment(inner: Predicate) -> Predicate:
    def answer(reading: Reading) -> Truth:
        result: Truth = False if reading.letter.attachments.complete else None
        for item in reading.items:
            truth = inner(item)
            if truth:
                return True
            if truth is None:
                result = None
        return result

    return answer


def _assigned(department: str | None) -> Predicate:
    if department is None:
        return lambda reading: reading.progress.assigned
    return lambda reading: department in reading.progress.departments
