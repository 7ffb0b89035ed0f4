"""What a program declares, after resolution: the value of each name, where it was declared, and where it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from sievepy.ir.conditions import Hours, IPNetwork, Phrase, Test
from sievepy.ir.script import Department, Person
from sievepy.text import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Addresses:
    """A `list`: canonical addresses, exact domains, and domains of which the subdomains are meant."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    subdomains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WrittenPhrase:
    """One phrase of a `phrases` block or of a test, its place, languages, and the expansion in each language.
    `surprising`: words it matches in all their forms although its writer hardly meant them."""

    text: str
    span: Span
    languages: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    surprising: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Symbol(Generic[T]):
    """A declared name: `span` is the name in its declaration; `uses` where it is referred to, declarations excluded."""

    name: str
    span: Span
    value: T
    uses: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Symbols:
    """All names, each table by the name's key (NFKC). `inline`: the phrases that stand in tests, in their order."""

    lists: Mapping[str, Symbol[Addresses]] = field(default_factory=dict)
    phrases: Mapping[str, Symbol[tuple[WrittenPhrase, ...]]] = field(default_factory=dict)
    networks: Mapping[str, Symbol[tuple[IPNetwork, ...]]] = field(default_factory=dict)
    hours: Mapping[str, Symbol[Hours]] = field(default_factory=dict)
    conditions: Mapping[str, Symbol[Test]] = field(default_factory=dict)
    departments: Mapping[str, Symbol[Department]] = field(default_factory=dict)
    persons: Mapping[str, Symbol[Person]] = field(default_factory=dict)
    inline: tuple[WrittenPhrase, ...] = ()


SymbolKind = Literal["list", "phrases", "network", "hours", "condition", "department", "person"]
