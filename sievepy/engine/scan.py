"""What one pass over a field found: the truth of every atom that looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from sievepy.ir.conditions import Truth


class Scan(NamedTuple):
    """`truths` holds the atoms that have an answer of their own, `default` the answer of all the others: *no* where the
    field was read whole, *unknown* where it was not."""

    truths: Mapping[int, Truth]
    default: Truth

    def truth(self, atom: int) -> Truth:
        return self.truths.get(atom, self.default)


def some_value(found: Set[int], complete: bool) -> Scan:
    """The scan of a field where an atom holds if any one value satisfies it."""
    return Scan(dict.fromkeys(found, True), False if complete else None)


def every_value(values: Sequence[Set[int]], every: frozenset[int], complete: bool) -> Scan:
    """The scan of a field of which the atoms `every` ask that all values satisfy them, and that there is one.

    `values` are the atoms that each value satisfies. One value that fails is a *no*, even if others were not read.
    """
    found = set().union(*values)
    holding = every.intersection(*values) if values else frozenset()
    truths: dict[int, Truth] = dict.fromkeys(found - every, True)
    if complete:
        truths |= dict.fromkeys(holding, True)
    elif values:
        truths |= dict.fromkeys(every - holding, False)
    return Scan(truths, False if complete else None)
