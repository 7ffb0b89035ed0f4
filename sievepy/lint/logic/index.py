"""Finding the few conditions that could be implied by a given one, among very many.

Each condition is filed under *features* of its atoms; a clause asks for features of its own. The law that makes this
exact: if literal `a` implies literal `b`, then `asks(a)` and `offers(b)` share a feature. So of ten thousand rules only
those with a word, an address or a substring in common are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from sievepy.ir.conditions import (
    AddressIs,
    AllOf,
    AnyOf,
    Atom,
    Match,
    Mentions,
    MentionsExact,
    MentionsNear,
    Not,
    Phrase,
    Slot,
    Test,
)
from sievepy.lint.logic.clauses import Clause
from sievepy.lint.logic.phrases import exact_phrase
from sievepy.mail.skeleton import plain, skeleton

Feature = tuple[str, str]
T = TypeVar("T")

_PIECE = 3  # characters of a literal that it is filed under


class Index(Generic[T]):
    """Values by features; those filed under None come with every answer."""

    def __init__(self) -> None:
        self._by_feature: dict[Feature, list[T]] = defaultdict(list)
        self._always: list[T] = []

    def add(self, features: frozenset[Feature] | None, value: T) -> None:
        if features is None:
            self._always.append(value)
        for feature in features or ():
            self._by_feature[feature].append(value)

    def crowd(self, feature: Feature) -> int:
        """How many values are filed under a feature."""
        return len(self._by_feature.get(feature, ()))

    def find(self, features: Iterable[Feature]) -> dict[T, None]:
        """The values that share a feature, each once."""
        found = dict.fromkeys(self._always)
        for feature in features:
            found.update(dict.fromkeys(self._by_feature.get(feature, ())))
        return found


Crowd = Callable[[Feature], int]


def condition_offers(test: Test, crowd: Crowd) -> frozenset[Feature] | None:
    """What a condition is filed under (None: everything): of `all` the part under whose features the fewest are, of
    `any` every part."""
    match test:
        case Not():
            return None
        case AllOf(tests=tests):
            offered = [found for t in tests if (found := condition_offers(t, crowd)) is not None]
            return min(offered, key=lambda features: sum(map(crowd, features)), default=None)
        case AnyOf(tests=tests):
            joined: frozenset[Feature] = frozenset()
            for part in tests:
                found = condition_offers(part, crowd)
                if found is None:
                    return None
                joined |= found
            return joined
    return offers(test, crowd)


def clause_asks(clause: Clause) -> Iterator[Feature]:
    for have in clause:
        if have.positive:
            yield from asks(have.atom)


def offers(atom: Atom, crowd: Crowd) -> frozenset[Feature] | None:
    match atom:
        case Mentions(phrases=phrases):
            return frozenset(feature for phrase in phrases for feature in phrase_offers(phrase))
        case MentionsNear(phrases=phrases):
            return frozenset(phrase_offers(phrases[0]))
        case MentionsExact(keys=keys):
            return frozenset(feature for key in keys for feature in phrase_offers(exact_phrase(key)))
        case Match(how="like"):
            return None
        case Match(keys=keys):
            return frozenset(min(_pieces(key, _PIECE), key=crowd) for key in keys)
        case AddressIs(addresses=addresses, domains=domains, subdomains=subdomains):
            return frozenset(
                [("address", a) for a in addresses]
                + [("domain", d) for d in domains]
                + [("below", d) for d in subdomains]
            )
    return frozenset({_kind(atom)})


def asks(atom: Atom) -> Iterator[Feature]:
    yield _kind(atom)
    field = getattr(atom, "field", None)
    yield "Exists", "attachment" if type(atom).__name__ == "Attachment" else str(field)
    match atom:
        case Mentions(phrases=(first, *_)):
            yield from phrase_asks(first)
        case MentionsNear(phrases=phrases):
            for phrase in phrases:
                yield from phrase_asks(phrase)
        case MentionsExact(keys=(key, *_)):
            yield from phrase_asks(exact_phrase(key))
        case Match(keys=(key, *_)):
            for length in range(_PIECE + 1):
                yield from _pieces(key, length)
        case AddressIs():
            yield from _address_asks(atom)


def _pieces(key: str, length: int) -> set[Feature]:
    """The substrings of a key of that length; of a shorter key itself. Whatever holds the key holds each of them."""
    length = min(length, len(key))
    return {("text", key[i : i + length]) for i in range(len(key) - length + 1)}


def _kind(atom: Atom) -> Feature:
    return type(atom).__name__, str(getattr(atom, "field", ""))


def _address_asks(atom: AddressIs) -> Iterator[Feature]:
    if atom.addresses:
        address = min(atom.addresses)
        yield "address", address
        yield from _domain_asks(address.rpartition("@")[2])
    elif atom.domains:
        yield from _domain_asks(min(atom.domains))
    elif atom.subdomains:
        yield from _domain_asks(min(atom.subdomains))


def _domain_asks(domain: str) -> Iterator[Feature]:
    yield "domain", domain
    labels = domain.split(".")
    yield from (("below", ".".join(labels[i:])) for i in range(len(labels)))


# ---------------------------------------------------------------- phrases


def phrase_offers(phrase: Phrase) -> Iterator[Feature]:
    """Every spelling of the phrase's first word: where the phrase is implied, one of them is found."""
    first = phrase.slots[0]
    for spellings in _spellings(first):
        yield from (("word", spelling) for spelling in spellings)


def phrase_asks(phrase: Phrase) -> Iterator[Feature]:
    """For each of the phrase's words one spelling and its beginnings: what stands for all must stand for this one."""
    for slot in phrase.slots:
        word = next((min(spellings) for spellings in _spellings(slot) if spellings), "")
        for form in {word, plain(word), skeleton(word) or word}:
            yield from (("word", form[:end]) for end in range(1, len(form) + 1))


def _spellings(slot: Slot) -> tuple[frozenset[str], ...]:
    return slot.words, slot.prefixes, slot.plain, slot.plain_prefixes, slot.skeletons, slot.skeleton_prefixes
