"""Scanners: each reads one field of a letter (or of an attachment) once and answers all the atoms that look at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sievepy.engine.atoms import Atoms
from sievepy.engine.matchers.addresses import AddressMatcher
from sievepy.engine.matchers.exact import ExactMatcher
from sievepy.engine.matchers.literals import LiteralMatcher
from sievepy.engine.matchers.networks import ClientMatcher, IpMatcher
from sievepy.engine.matchers.port import SegmentMatcher
from sievepy.engine.matchers.words import WordMatcher
from sievepy.engine.scan import Scan, every_value, some_value
from sievepy.engine.single import ask_attachment, ask_letter
from sievepy.ir.conditions import (
    AddressIs,
    Assigned,
    Atom,
    ClientIp,
    Exists,
    Field,
    HasIp,
    Match,
    Matches,
    Mentions,
    MentionsExact,
    MentionsNear,
    Tagged,
)
from sievepy.mail.attachments import Attached
from sievepy.mail.letter import Letter
from sievepy.mail.view import View

Subject = Letter | Attached
Numbered = Sequence[tuple[int, Atom]]

FEW_HEADERS = 8
"""Wanted header names that are still looked for one by one; beyond, the letter's header names are read once."""


class Scanner(Protocol):
    def scan(self, subject: Subject) -> Scan: ...


@dataclass(frozen=True, slots=True)
class Scanners:
    """`scanners`, by number; `of_atom` says which one answers an atom; `headers` which one reads the header of a
    (lower-case) name."""

    scanners: tuple[Scanner, ...]
    of_atom: dict[int, int]
    headers: dict[str, int]

    def words_of(self, atom: int) -> WordMatcher:
        """The matcher that answers a test on phrases."""
        scanner = self.scanners[self.of_atom[atom]]
        assert isinstance(scanner, TextScanner)
        assert scanner.words is not None
        return scanner.words


def build_scanners(atoms: Atoms) -> Scanners:
    """One scanner for each field, or for each test that no other can share a pass with."""
    groups: defaultdict[Hashable, list[tuple[int, Atom]]] = defaultdict(list)
    for number, atom in atoms:
        if not isinstance(atom, Assigned | Tagged):
            groups[_family(number, atom)].append((number, atom))
    scanners = tuple(_scanner(group) for group in groups.values())
    of_atom = {number: i for i, group in enumerate(groups.values()) for number, _ in group}
    headers = {key[2]: i for i, key in enumerate(groups) if isinstance(key, tuple) and key[:2] == ("text", "header")}
    return Scanners(scanners, of_atom, headers)


def _family(number: int, atom: Atom) -> Hashable:
    """What one pass can answer together."""
    match atom:
        case Mentions() | MentionsNear() | MentionsExact() | Match() | Matches() | HasIp():
            name = atom.field.name
            return "text", atom.field.kind, name.lower() if name is not None else None
        case AddressIs():
            return "address", atom.field.kind
        case ClientIp():
            return "client-ip"
        case Exists(Field("header")):
            return "header-presence"
    return number


def _scanner(group: Numbered) -> Scanner:
    match group[0][1]:
        case Mentions() | MentionsNear() | MentionsExact() | Match() | Matches() | HasIp():
            return TextScanner(group)
        case AddressIs():
            return AddressScanner([(number, atom) for number, atom in group if isinstance(atom, AddressIs)])
        case ClientIp():
            return ClientScanner([(number, atom) for number, atom in group if isinstance(atom, ClientIp)])
        case Exists(Field("header")):
            return HeaderPresenceScanner([(number, atom) for number, atom in group if isinstance(atom, Exists)])
    [(number, atom)] = group
    return SingleScanner(number, atom)


class TextScanner:
    """All tests on the text of one field."""

    def __init__(self, tests: Numbered) -> None:
        first = tests[0][1]
        assert isinstance(first, _ON_TEXT)
        self._field = first.field
        self._every = frozenset(number for number, test in tests if isinstance(test, _ON_TEXT) and test.every)
        self._matchers = tuple(_matchers(tests))
        self.words = next((matcher for matcher in self._matchers if isinstance(matcher, WordMatcher)), None)

    def scan(self, subject: Subject) -> Scan:
        return self.scan_view(view_of(self._field, subject))

    def scan_view(self, view: View) -> Scan:
        if self._every:
            values = [{n for matcher in self._matchers for n in matcher.find(s)} for s in view.segments]
            return every_value(values, self._every, view.complete)
        found: set[int] = set()
        for segment in view.segments:
            for matcher in self._matchers:
                found.update(matcher.find(segment))
        return some_value(found, view.complete)


_ON_TEXT = (Mentions, MentionsNear, MentionsExact, Match, Matches, HasIp)


def view_of(field: Field, subject: Subject) -> View:
    """A field's values as text."""
    if isinstance(subject, Attached):
        return subject.view(field.kind)
    return subject.view(field.kind, field.name)


def _matchers(tests: Numbered) -> Iterable[SegmentMatcher]:
    literals = [(number, test) for number, test in tests if isinstance(test, Match | Matches)]
    phrases = [(number, test) for number, test in tests if isinstance(test, Mentions | MentionsNear)]
    exact = [(number, test) for number, test in tests if isinstance(test, MentionsExact)]
    networks = [(number, test) for number, test in tests if isinstance(test, HasIp)]
    if literals:
        yield LiteralMatcher(literals)
    if phrases:
        yield WordMatcher(phrases)
    if exact:
        yield ExactMatcher(exact)
    if networks:
        yield IpMatcher(networks)


class AddressScanner:
    """All tests `is` on one address field."""

    def __init__(self, tests: Sequence[tuple[int, AddressIs]]) -> None:
        self._kind = tests[0][1].field.kind
        self._every = frozenset(number for number, test in tests if test.every)
        self._matcher = AddressMatcher(tests)

    def scan(self, subject: Subject) -> Scan:
        assert isinstance(subject, Letter)
        addresses = subject.addresses(self._kind)
        values = [set(self._matcher.find(address)) for address in addresses.values]
        if self._every:
            return every_value(values, self._every, addresses.complete)
        return some_value(set().union(*values), addresses.complete)


class ClientScanner:
    """All tests on who handed the letter in."""

    def __init__(self, tests: Sequence[tuple[int, ClientIp]]) -> None:
        self._matcher = ClientMatcher(tests)

    def scan(self, subject: Subject) -> Scan:
        assert isinstance(subject, Letter)
        address = subject.client_ip()
        return Scan({}, None) if address is None else some_value(self._matcher.find(address), True)


class HeaderPresenceScanner:
    """All tests whether a header is there."""

    def __init__(self, tests: Sequence[tuple[int, Exists]]) -> None:
        self._names: defaultdict[str, list[int]] = defaultdict(list)
        for number, test in tests:
            self._names[(test.field.name or "").lower()].append(number)

    def scan(self, subject: Subject) -> Scan:
        assert isinstance(subject, Letter)
        present = present_headers(subject, self._names)
        truths = {n: subject.exists("header", name) for name in present for n in self._names[name]}
        absent = next((name for name in self._names if name not in present), None)
        return Scan(truths, False if absent is None else subject.exists("header", absent))


def present_headers(letter: Letter, wanted: Iterable[str]) -> set[str]:
    """Which of the wanted (lower-case) names the letter's header block may hold. A name that is left out is certainly
    not among the headers that were read."""
    wanted = set(wanted)
    if len(wanted) <= FEW_HEADERS:
        return wanted
    return wanted & {field.name for field in letter.message.header_fields()}


class SingleScanner:
    """One test of a single value."""

    def __init__(self, number: int, atom: Atom) -> None:
        self._number = number
        self._atom = atom

    def scan(self, subject: Subject) -> Scan:
        if isinstance(subject, Attached):
            return Scan({self._number: ask_attachment(self._atom, subject)}, False)
        return Scan({self._number: ask_letter(self._atom, subject)}, False)
