"""Triggers: the atoms without one of which a rule cannot hold.

The algebra, for a condition that must answer *yes* or *unknown* before its rule matters:

    atom A                 {A}
    all                    the cheapest child's set
    any                    the union; ALWAYS if one child is ALWAYS
    not, none, absent      ALWAYS
    comparisons, time      ALWAYS
    assigned, tagged       ALWAYS (they are known only when the rule's turn comes)
    an attachment block    what is inside; where that is ALWAYS: there is an attachment
    unless                 contributes nothing

An atom that is unknown counts as hit: whoever wakes rules must see to that. A rule without a trigger is judged for
every letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sievepy.engine.atoms import ANY_ATTACHMENT, leaves
from sievepy.engine.costs import cost
from sievepy.ir.conditions import (
    AllOf,
    AnyOf,
    Assigned,
    Atom,
    Attachment,
    Compare,
    DateIs,
    Not,
    ReceivedDay,
    ReceivedIn,
    ReceivedTime,
    Tagged,
    Test,
)

Trigger = frozenset[Atom] | None
"""None is ALWAYS."""
ALWAYS: Trigger = None

_NEVER_TRIGGERS = (Compare, ReceivedIn, ReceivedDay, ReceivedTime, DateIs, Assigned, Tagged)
_MANY = 16
"""Rules that share an atom before another, even a dearer one, is the better trigger."""


class Triggers:
    """The triggers of a program's rules, each chosen in sight of the others."""

    def __init__(self, conditions: Iterable[Test]) -> None:
        self._shared: Counter[Atom] = Counter(atom for condition in conditions for atom in set(leaves(condition)))

    def of(self, test: Test) -> Trigger:
        match test:
            case Not():
                return ALWAYS  # what is not there cannot wake
            case AllOf(tests):
                sets = [found for found in map(self.of, tests) if found is not ALWAYS]
                return min(sets, key=self._weight, default=ALWAYS)
            case AnyOf(tests):
                return _union(map(self.of, tests))
            case Attachment(inner):
                found = self.of(inner)
                return frozenset({ANY_ATTACHMENT}) if found is ALWAYS else found
        return ALWAYS if isinstance(test, _NEVER_TRIGGERS) else frozenset({test})

    def _weight(self, trigger: Trigger) -> tuple[bool, int, int]:
        """Cheapest first: not shared by many rules, then what must be read for it, then few atoms."""
        atoms = trigger or frozenset()
        crowded = any(self._shared[atom] > _MANY for atom in atoms)
        return crowded, max(map(cost, atoms), default=0), len(atoms)


def _union(sets: Iterable[Trigger]) -> Trigger:
    found: frozenset[Atom] = frozenset()
    for each in sets:
        if each is None:
            return ALWAYS
        found |= each
    return found
