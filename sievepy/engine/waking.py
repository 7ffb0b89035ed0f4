"""From atoms that hit to the rules that must be looked at.

A waker stands for one field (or, for headers, for all names together): it is asked at most once a letter, and only
when a rule that it can wake may be next. Rules are known by their place in the order of judging.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sievepy.engine.atoms import Atoms
from sievepy.engine.reading import Reading
from sievepy.engine.scan import Scan
from sievepy.engine.scanners import Scanners, present_headers
from sievepy.engine.trigger import Trigger
from sievepy.ir.conditions import Atom, Field

Rules = Sequence[int]


class Waker(Protocol):
    rules: frozenset[int]
    """All that it can wake."""

    def wake(self, reading: Reading) -> Iterable[int]:
        """The rules one of whose triggers hit, in any order; a rule may come twice."""
        ...


class FieldWaker:
    """The rules triggered by atoms of one scanner."""

    def __init__(self, scanner: int, waits: Mapping[int, Rules]) -> None:
        self._scanner = scanner
        self._waits = waits
        self.rules = frozenset(rule for rules in waits.values() for rule in rules)

    def wake(self, reading: Reading) -> Iterable[int]:
        return self.woken(reading.scan(self._scanner))

    def woken(self, scan: Scan) -> Iterable[int]:
        if scan.default is not False:
            return self.rules
        waits = self._waits
        return [r for atom, truth in scan.truths.items() if truth is not False for r in waits.get(atom, ())]


class AttachmentWaker:
    """The rules triggered by what one field of some attachment holds."""

    def __init__(self, field: FieldWaker) -> None:
        self._field = field
        self.rules = field.rules

    def wake(self, reading: Reading) -> Iterable[int]:
        if not reading.letter.attachments.complete:
            return self.rules
        return [rule for item in reading.items for rule in self._field.wake(item)]


class HeadersWaker:
    """The rules triggered by the text of headers, whatever the number of names that rules look at."""

    def __init__(self, fields: Mapping[str, FieldWaker]) -> None:
        self._fields = fields
        self.rules = frozenset[int]().union(*(field.rules for field in fields.values()))

    def wake(self, reading: Reading) -> Iterable[int]:
        present = present_headers(reading.letter, self._fields)
        absent = next((name for name in self._fields if name not in present), None)
        if absent is not None and not reading.letter.view("header", absent).complete:
            return self.rules
        return [rule for name in present for rule in self._fields[name].wake(reading)]


def build_wakers(triggers: Sequence[Trigger], atoms: Atoms, scanners: Scanners) -> tuple[Waker, ...]:
    """The wakers of rules with these triggers, in the order of the first rule each can wake."""
    waits: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    inside: set[int] = set()
    for rule, trigger in enumerate(triggers):
        for atom in trigger or ():
            number = atoms.number(atom)
            scanner = scanners.of_atom[number]
            waits[scanner][number].append(rule)
            if is_inside_attachment(atom):
                inside.add(scanner)
    fields = {scanner: FieldWaker(scanner, dict(found)) for scanner, found in waits.items()}
    headers = {name: fields.pop(scanner) for name, scanner in scanners.headers.items() if scanner in fields}
    wakers: list[Waker] = [AttachmentWaker(f) if scanner in inside else f for scanner, f in fields.items()]
    if headers:
        wakers.append(HeadersWaker(headers))
    return tuple(sorted(wakers, key=lambda waker: min(waker.rules)))


def is_inside_attachment(atom: Atom) -> bool:
    """Whether a test is about one attachment, not about the letter."""
    field = getattr(atom, "field", None)
    return isinstance(field, Field) and field.kind.startswith("attachment-")
