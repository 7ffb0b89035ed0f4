"""Reads what stands behind an operator: strings, bare values, and `@names`.

Every method takes the operands of one test and gives what could be read of them; what could not is reported. Where an
operand is of a form that the operator does not take, the message says what it does take.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sievepy.ir.conditions import Hours, IPNetwork, Phrase
from sievepy.mail.normal import clean, fold
from sievepy.rules_lang import ast, values
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang import codes_values as value_codes
from sievepy.rules_lang.binder import Scope
from sievepy.rules_lang.declarations import read_network
from sievepy.rules_lang.phrase_book import PhraseBook
from sievepy.rules_lang.report import Report, Unreadable, replace
from sievepy.rules_lang.symbols import Addresses, WrittenPhrase
from sievepy.text import Label, Span
from sievepy.words import exact_tokens

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AtNames:
    """What `@names` stand for, each table by the name's key. Names whose declaration failed are missing."""

    lists: dict[str, Addresses] = field(default_factory=dict)
    phrases: dict[str, tuple[WrittenPhrase, ...]] = field(default_factory=dict)
    networks: dict[str, tuple[IPNetwork, ...]] = field(default_factory=dict)
    hours: dict[str, Hours] = field(default_factory=dict)


_MARKS = re.compile(r"…|\.{3}|[*~]")


class OperandReader:
    def __init__(self, scope: Scope, names: AtNames, book: PhraseBook, report: Report) -> None:
        self._scope = scope
        self._names = names
        self._book = book
        self._report = report

    # ------------------------------------------------------------ text

    def phrases(self, test: ast.FieldTest) -> list[tuple[Phrase, ...]]:
        """For each operand the phrases of which one must occur."""
        found: list[tuple[Phrase, ...]] = []
        for operand in test.operands:
            match operand:
                case ast.String():
                    found.append(self._book.in_test(operand))
                case ast.Reference():
                    found.append(tuple(p for written in self._written(operand) for p in written.phrases))
                case _:
                    self._unfit(operand, test, _PHRASES)
        return [phrases for phrases in found if phrases]

    def _written(self, reference: ast.Reference) -> tuple[WrittenPhrase, ...]:
        if self._scope.find(reference.name, ("phrases",)) is None:
            return ()
        return self._names.phrases.get(reference.name.key, ())

    def literals(self, test: ast.FieldTest) -> Iterator[tuple[str, Span]]:
        """The texts of strings and `@phrases` as they are written."""
        for operand in test.operands:
            match operand:
                case ast.String(value, span):
                    yield value, span
                case ast.Reference():
                    for written in self._written(operand):
                        if self._plain(written, operand, test):
                            yield written.text, operand.span
                case _:
                    self._unfit(operand, test, _PHRASES)

    def _plain(self, written: WrittenPhrase, reference: ast.Reference, test: ast.FieldTest) -> bool:
        """Whether a phrase can be taken as written: its marks mean something to `mentions` only."""
        mark = _MARKS.search(written.text)
        if mark is None or (mark[0] == "*" and test.operator == "like"):
            return True
        self._report.error(
            codes.OPERAND,
            f"`{test.operator}` takes phrases as they are written, and `{mark[0]}` in one of them has a meaning",
            reference.span,
            labels=(Label(written.span, "this phrase"),),
            help="use `mentions`, or write the texts that are meant",
        )
        return False

    def folded(self, test: ast.FieldTest) -> tuple[str, ...]:
        """The keys of `contains`, `starts`, `ends` and `like`. White space at a key's end counts where it can occur."""
        found = (self._key(text, span, test.operator) for text, span in self.literals(test))
        return tuple(dict.fromkeys(text for text in found if text))

    def _key(self, text: str, span: Span, operator: str) -> str:
        bare = fold(clean(text))
        if not bare:
            self._report.error(value_codes.TEXT, f"nothing to look for behind `{operator}`", span)
            return ""
        before = " " if text[:1].isspace() and operator in ("contains", "ends") else ""
        behind = " " if text[-1:].isspace() and operator in ("contains", "starts") else ""
        return before + bare + behind

    def exact(self, test: ast.FieldTest) -> tuple[tuple[str, ...], ...]:
        found = []
        for text, span in self.literals(test):
            tokens = exact_tokens(text)
            if not tokens:
                self._report.error(
                    value_codes.TEXT, "nothing to look for behind `mentions exact`: no letter, no digit", span
                )
            elif _MARKS.search(text):
                message = "`mentions exact` takes words as they are spelt, without `…`, `*` and `~`"
                self._report.error(codes.OPERAND, message, span, help="leave `exact` out, or the marks")
            else:
                found.append(tokens)
        return tuple(dict.fromkeys(found))

    def strings(self, test: ast.FieldTest) -> tuple[str, ...]:
        """The keys of `is` where a text is compared: strings only."""
        strings = [operand for operand in test.operands if isinstance(operand, ast.String)]
        for operand in test.operands:
            if isinstance(operand, ast.Value):
                quoted = replace(operand.span, f'"{operand.text}"')
                self._report.error(codes.OPERAND, "a text is written in quotes", operand.span, fix=quoted)
            elif not isinstance(operand, ast.String):
                self._unfit(operand, test, "strings")
        keys = (self._key(string.value, string.span, "is") for string in strings)
        return tuple(dict.fromkeys(text for text in keys if text))

    def words(self, test: ast.FieldTest) -> tuple[str, ...]:
        """The keys of `is` where a single word is compared: strings and bare values."""
        found = (self._key(text, span, "is") for text, span in self._texts(test, "strings and bare values"))
        return tuple(dict.fromkeys(text for text in found if text))

    def known_words(self, test: ast.FieldTest, known: Collection[str], what: str) -> tuple[str, ...]:
        """Words out of a few, in small letters."""
        return tuple(
            dict.fromkeys(self._each(test, lambda text: values.read_word(text, known, what), ", ".join(known)))
        )

    # ------------------------------------------------------------ other values

    def read(self, test: ast.FieldTest, reader: Callable[[str], T | Unreadable], what: str) -> list[T]:
        """Bare values, each read by `reader`."""
        return list(self._each(test, reader, what))

    def _each(self, test: ast.FieldTest, reader: Callable[[str], T | Unreadable], what: str) -> Iterator[T]:
        for text, span in self._texts(test, what):
            value = self._report.accept(reader(text), span)
            if value is not None:
                yield value

    def _texts(self, test: ast.FieldTest, what: str) -> Iterator[tuple[str, Span]]:
        for operand in test.operands:
            match operand:
                case ast.String(text, span) | ast.Value(text, span) | ast.Name(text, span):
                    yield text, span
                case _:
                    self._unfit(operand, test, what)

    def addresses(self, test: ast.FieldTest) -> Addresses | None:
        """All that the operands name together; None if nothing could be read."""
        parts: list[Addresses] = []
        for operand in test.operands:
            match operand:
                case ast.Reference():
                    parts.append(self._list(operand))
                case ast.String(text, span) | ast.Value(text, span):
                    entry = self._report.accept(values.read_entry(text), span)
                    if entry is not None:
                        parts.append(_of_entry(entry))
                case _:
                    self._unfit(operand, test, "addresses, domains and `@lists`")
        return _united(parts) if parts else None

    def _list(self, reference: ast.Reference) -> Addresses:
        name = reference.name
        if "." in name.text:  # no name looks so; a domain does
            self._report.accept(values.read_domain(reference.span.text), reference.span)
            return Addresses()
        found = self._scope.find(name, ("list",))
        return self._names.lists.get(name.key, Addresses()) if found is not None else Addresses()

    def networks(self, test: ast.FieldTest) -> tuple[IPNetwork, ...]:
        found: list[IPNetwork] = []
        for operand in test.operands:
            match operand:
                case ast.Reference(name):
                    if self._scope.find(name, ("network",)) is not None:
                        found.extend(self._names.networks.get(name.key, ()))
                case ast.String(text, span) | ast.Value(text, span):
                    network = read_network(text, span, self._report)
                    if network is not None:
                        found.append(network)
                case _:
                    self._unfit(operand, test, "networks and `@networks`")
        return tuple(dict.fromkeys(found))

    def hours(self, test: ast.FieldTest) -> Iterator[Hours]:
        for operand in test.operands:
            if not isinstance(operand, ast.Reference):
                self._unfit(operand, test, "`@hours`")
            elif self._scope.find(operand.name, ("hours",)) is not None:
                found = self._names.hours.get(operand.name.key)
                if found is not None:
                    yield found

    def bare(self, test: ast.FieldTest, what: str) -> Sequence[ast.Value]:
        """The operands that are bare values; the others are reported."""
        for operand in test.operands:
            if not isinstance(operand, ast.Value):
                self._unfit(operand, test, what)
        return [operand for operand in test.operands if isinstance(operand, ast.Value)]

    def _unfit(self, operand: ast.Operand, test: ast.FieldTest, takes: str) -> None:
        self._report.error(
            codes.OPERAND,
            f"`{operand.span.text}` cannot stand behind `{test.field.span.text} {test.operator}`",
            operand.span,
            labels=(Label(test.operator_span, f"takes {takes}"),),
        )


_PHRASES = "strings and `@phrases`"


def _of_entry(entry: values.Entry) -> Addresses:
    one = frozenset({entry.value})
    match entry.kind:
        case "address":
            return Addresses(addresses=one)
        case "domain":
            return Addresses(domains=one)
        case _:
            return Addresses(subdomains=one)


def _united(parts: Iterable[Addresses]) -> Addresses:
    all_parts = list(parts)
    if len(all_parts) == 1:
        return all_parts[0]
    return Addresses(
        frozenset[str]().union(*(part.addresses for part in all_parts)),
        frozenset[str]().union(*(part.domains for part in all_parts)),
        frozenset[str]().union(*(part.subdomains for part in all_parts)),
    )
