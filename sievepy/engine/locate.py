"""The hits of a rule that fired, and the first test that left a rule unanswered.

Both walk the condition again; every answer they need has been given before, so nothing more of the letter is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from sievepy.engine.atoms import field_name
from sievepy.engine.matchers.addresses import AddressMatcher
from sievepy.engine.predicates import Index, Predicate, cheapest_first, predicate
from sievepy.engine.reading import Reading
from sievepy.engine.scanners import view_of
from sievepy.engine.spans import TextTest, phrase_span_finder, span_finder
from sievepy.ir.conditions import (
    AddressIs,
    AllOf,
    AnyOf,
    Assigned,
    Atom,
    Attachment,
    Authentication,
    ClientIp,
    Compare,
    DateIs,
    Exists,
    Fact,
    Mentions,
    MentionsNear,
    Not,
    Tagged,
    Test,
)
from sievepy.ir.script import Rule
from sievepy.plan import Hit

Locator = Callable[[Reading], list[Hit]]


def locator(test: Test, index: Index) -> Locator:
    """Finds where a condition that answered yes was met: of `all` each child, of `any` the first that holds in the
    order they are asked, of `not` nothing (what is not there has no place)."""
    match test:
        case Not():
            return lambda reading: []
        case AllOf(tests):
            return _of_all([locator(each, index) for each in tests])
        case AnyOf(tests):
            return _of_first([(predicate(each, index), locator(each, index)) for each in cheapest_first(tests)])
        case Attachment(inner):
            return _of_attachment(predicate(inner, index), locator(inner, index))
    return atom_locator(test, index)


def atom_locator(test: Atom, index: Index) -> Locator:
    """Of a test on text the first value that satisfies it, with `every` each value; of other tests one hit without a
    place."""
    if isinstance(test, TextTest):
        return _of_text(test, index)
    if isinstance(test, AddressIs):
        return _of_addresses(test)
    hit = Hit(subject_name(test), "", -1, -1)
    return lambda reading: [hit]


def _of_text(test: TextTest, index: Index) -> Locator:
    name = field_name(test.field)
    if isinstance(test, Mentions | MentionsNear):
        find = phrase_span_finder(test, index.scanners.words_of(index.atoms.number(test)))
    else:
        find = span_finder(test)

    def hits(reading: Reading) -> list[Hit]:
        found: list[Hit] = []
        for segment in view_of(test.field, reading.subject).segments:
            found += (Hit(name, segment.part, start, end) for start, end in find(segment))
            if found and not test.every:
                break
        return found

    return hits


def _of_addresses(test: AddressIs) -> Locator:
    name, matcher = field_name(test.field), AddressMatcher([(0, test)])

    def hits(reading: Reading) -> list[Hit]:
        addresses = reading.letter.addresses(test.field.kind)
        pairs = zip(addresses.values, addresses.view.segments, strict=True)
        found = (Hit(name, s.part, 0, len(s.clean)) for address, s in pairs if any(True for _ in matcher.find(address)))
        return list(found if test.every else islice(found, 1))

    return hits


def _of_all(children: Sequence[Locator]) -> Locator:
    return lambda reading: [hit for child in children for hit in child(reading)]


def _of_first(children: Sequence[tuple[Predicate, Locator]]) -> Locator:
    def find(reading: Reading) -> list[Hit]:
        return next((locate(reading) for holds, locate in children if holds(reading)), [])

    return find


def _of_attachment(holds: Predicate, locate: Locator) -> Locator:
    def find(reading: Reading) -> list[Hit]:
        return next((locate(item) for item in reading.items if holds(item)), [])

    return find


def subject_name(test: Atom) -> str:
    """What a test asks about, in the words of the rules language."""
    match test:
        case Exists(field) | Compare(field):
            return field_name(field)
        case DateIs(field):
            return field
        case Fact(name):
            return name.replace("-", " ") if name in ("reply-to-known", "mime-ambiguous") else name
        case Authentication(method):
            return method
        case ClientIp():
            return "client ip"
        case Assigned(department):
            return f"assigned {department}" if department is not None else "assigned"
        case Tagged(name):
            return f"tagged {name}"
        case Attachment():
            return "attachment"
    return field_name(test.field) if hasattr(test, "field") else "received"


def first_unknown(rule: Rule, index: Index, reading: Reading) -> str:
    """What the first test asks about that left the rule unanswered, in the order written."""
    for condition in (rule.test, rule.unless):
        if condition is not None and predicate(condition, index)(reading) is None:
            return _first_unknown(condition, index, reading)
    raise ValueError(f"the rule {rule.title!r} was answered")


def _first_unknown(test: Test, index: Index, reading: Reading) -> str:
    match test:
        case Not(inner):
            return _first_unknown(inner, index, reading)
        case AllOf(tests) | AnyOf(tests):
            unknown = next(each for each in tests if predicate(each, index)(reading) is None)
            return _first_unknown(unknown, index, reading)
        case _:
            return subject_name(test)
