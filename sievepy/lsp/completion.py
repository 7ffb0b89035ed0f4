"""What could stand where somebody types: the words that the parser would take there, and the names that fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sievepy.lsp.names import Name, NameKind
from sievepy.rules_lang.expected import words_of
from sievepy.rules_lang.keywords import ACTIONS, FACTS, FIELDS, HEADERS, LANGUAGES, OPERATORS
from sievepy.rules_lang.language_tables import FIELDS as FIELD_SPECS
from sievepy.rules_lang.language_tables import KINDS, SOURCES, FieldSpec, OperandKind
from sievepy.rules_lang.language_tables import LANGUAGES as LETTER_LANGUAGES
from sievepy.rules_lang.parser import Expectation, expectation
from sievepy.rules_lang.strings import quoted
from sievepy.text import SourceFile

ItemKind = Literal["word", "name", "value"]

_LONGEST = 200  # characters of a word that somebody types
_TYPED = re.compile(r'@?[^\s"«»“”„,;{}#<>@]*\Z')
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_VALUES: Mapping[str, Sequence[str]] = {
    "kind": KINDS,
    "language": LETTER_LANGUAGES,
    "source": SOURCES,
    "days": ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
}
"""Words of a kind of operand."""
_RECIPIENTS: tuple[NameKind, ...] = ("department", "person")
_NAMES: Mapping[str, tuple[NameKind, ...]] = {
    "ASSIGN": _RECIPIENTS,
    "ASSIGNED": _RECIPIENTS,
    "PROPOSE": _RECIPIENTS,
    "NOTIFY": _RECIPIENTS,
    "KNOWN": _RECIPIENTS,
    "SUBSTITUTE": _RECIPIENTS,
    "CONDITION": ("condition",),
    "TAG": ("tag",),
    "TAGGED": ("tag",),
}
"""The names that stand behind a word."""
_REFERRED: Mapping[str, tuple[NameKind, ...]] = {
    "phrases": ("phrases",),
    "near": ("phrases",),
    "exact": ("phrases",),
    "literals": ("phrases",),
    "addresses": ("list",),
    "networks": ("network",),
    "hours": ("hours",),
    "LIST": ("list",),
    "NETWORK": ("network",),
}
"""The names behind `@`, by the kind of operand, or by the declaration in whose braces they stand."""
_GROUPS = (
    (HEADERS, "declaration"),
    (ACTIONS, "action"),
    (OPERATORS, "operator"),
    (FIELDS, "field"),
    (FACTS, "fact"),
    (LANGUAGES, "language"),
)
_OPERANDS = ("WORD", "REFERENCE", "STRING", "REGEX", "_COMMA", "_RANGE")
_BEFORE_TEST = ("WHEN", "UNLESS", "NOT", "EVERY", "LBRACE", "_SEP", "EXPECT")


@dataclass(frozen=True, slots=True)
class Item:
    """`text` is what is written in the place of what was typed; `detail` says what it is."""

    text: str
    kind: ItemKind
    detail: str


@dataclass(frozen=True, slots=True)
class Completion:
    """`start`: where in the source the word begins that each item stands for."""

    start: int
    items: tuple[Item, ...]


def complete(source: SourceFile, offset: int, names: Iterable[Name]) -> Completion:
    """What could stand at `offset`, where `names` are declared."""
    typed = _TYPED.search(source.text[max(0, offset - _LONGEST) : offset])
    start = offset - len(typed[0]) if typed is not None else offset
    expected = expectation(source, start)
    if expected is None:
        return Completion(start, ())
    place = _Place(source, expected)
    known = tuple(names)
    items = [*_words(place), *_values(place), *_named(place, known), *_referred(place, known), *_titles(place, known)]
    referring = source.text.startswith("@", start, offset)
    return Completion(start, tuple(dict.fromkeys(i for i in items if i.text.startswith("@") or not referring)))


class _Place:
    """Where somebody types, told by the tokens before it."""

    def __init__(self, source: SourceFile, expected: Expectation) -> None:
        self.accepts = expected.accepts
        self._source = source
        self._before = expected.before

    def keyword(self, back: int = 0) -> str:
        """The last word of the language before the place, operands left out; or the one `back` before it; else ""."""
        kinds = [token.kind for token in self._before if token.kind not in _OPERANDS]
        return kinds[-1 - back] if len(kinds) > back else ""

    @property
    def of_sla(self) -> bool:
        """Whether it stands behind `sla DURATION in`."""
        return (self.keyword(1), self.keyword()) == ("SLA", "IN")

    @property
    def header(self) -> str:
        return next((token.kind for token in self._before if token.kind != "_SEP"), "")

    @property
    def declaring(self) -> bool:
        """Whether a new name is typed."""
        return sum(token.kind != "_SEP" for token in self._before) == 1

    @cached_property
    def test(self) -> tuple[FieldSpec | None, str]:
        """The field whose operator or operands are typed, as the language's tables have it, and its operator."""
        words: list[str] = []
        for token in reversed(self._before):
            if token.kind in _BEFORE_TEST:
                break
            if token.kind not in _OPERANDS:
                words.insert(0, self._source.text[token.start : token.end])
        for count in range(len(words), 0, -1):
            written = " ".join(words[:count])
            spec = FIELD_SPECS.get(written) or FIELD_SPECS.get(f"attachment {written}")
            if spec is not None:
                return spec, " ".join(words[count:])
        return None, ""

    @property
    def operand(self) -> OperandKind | None:
        """What stands behind the operator before the place."""
        spec, operator = self.test
        return spec.operators.get(operator) if spec is not None else None


def _words(place: _Place) -> Iterator[Item]:
    spec, operator = place.test
    possible = None
    if spec is not None and not operator:
        possible = {each.split()[0] for each in spec.operators}
    for word in sorted(words_of(place.accepts)):
        if possible is None or word in possible or word not in OPERATORS:
            yield Item(word, "word", next((name for group, name in _GROUPS if word in group), "word"))


def _values(place: _Place) -> Iterator[Item]:
    if "WORD" in place.accepts and place.operand is not None:
        yield from (Item(value, "value", place.operand) for value in _VALUES.get(place.operand, ()))


def _named(place: _Place, names: Sequence[Name]) -> Iterator[Item]:
    """Names that stand as they are."""
    if "WORD" in place.accepts and not place.declaring:
        kinds = _NAMES.get(place.keyword(), ())
        yield from _items(names, ("hours",) if place.of_sla else kinds, lambda name: name)


def _referred(place: _Place, names: Sequence[Name]) -> Iterator[Item]:
    """Names behind `@`."""
    if "REFERENCE" in place.accepts:
        kinds = _REFERRED.get(place.operand or place.header, ())
        yield from _items(names, ("hours",) if place.of_sla else kinds, lambda name: f"@{name}")


def _titles(place: _Place, names: Sequence[Name]) -> Iterator[Item]:
    """Titles of rules, for a test that expects one."""
    if "STRING" in place.accepts and (place.header, place.keyword()) == ("TEST", "RULE"):
        yield from _items(names, ("rule",), quoted)


def _items(names: Iterable[Name], kinds: tuple[NameKind, ...], written: Callable[[str], str]) -> Iterator[Item]:
    for name in names:
        if name.kind in kinds:
            yield Item(written(name.text), "name", name.kind)
