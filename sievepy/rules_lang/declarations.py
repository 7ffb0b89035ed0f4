"""What `@names` stand for: lists, networks, hours, phrases.

Each method makes the value of one declaration. What of it cannot be read is reported and left out, so that one bad
entry does not hide the mistakes of the next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import cast

from sievepy.ir.conditions import Hours, IPNetwork
from sievepy.rules_lang import ast, values
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang import codes_values as value_codes
from sievepy.rules_lang.loader import Files, list_lines
from sievepy.rules_lang.phrase_book import DEFAULT_LANGUAGES, PhraseBook
from sievepy.rules_lang.report import Report
from sievepy.rules_lang.symbols import Addresses, WrittenPhrase
from sievepy.text import Edit, Fix, Span


class DeclarationReader:
    def __init__(self, files: Files, phrases: PhraseBook, report: Report) -> None:
        self._files = files
        self._phrases = phrases
        self._report = report

    def list(self, declaration: ast.ListDecl) -> Addresses:
        found: dict[str, set[str]] = {"address": set(), "domain": set(), "subdomains": set()}
        named = self._values(declaration.values, "list", "addresses and domains")
        for value in (*named, *self._lines_of(declaration.from_file)):
            entry = self._report.accept(values.read_entry(value.text), value.span)
            if entry is not None:
                found[entry.kind].add(entry.value)
        return Addresses(*map(frozenset, (found["address"], found["domain"], found["subdomains"])))

    def _lines_of(self, path: ast.String | None) -> Iterable[ast.Value]:
        full = self._files.resolve(path) if path is not None else None
        source = self._files.source_of(full, path.span) if full is not None and path is not None else None
        return list_lines(source) if source is not None else ()

    def network(self, declaration: ast.NetworkDecl) -> tuple[IPNetwork, ...]:
        found: dict[IPNetwork, None] = {}
        for value in self._values(declaration.values, "network", "networks and addresses"):
            network = read_network(value.text, value.span, self._report)
            if network is not None:
                found[network] = None
        return tuple(found)

    def _values(self, written: Sequence[ast.Value | ast.Reference], kind: str, holds: str) -> Iterable[ast.Value]:
        """The bare values of a block; what refers to other names is reported."""
        for item in written:
            if isinstance(item, ast.Value):
                yield item
            elif kind == "list" and "." in item.name.text:
                self._report.accept(values.read_domain(item.span.text), item.span)
            else:
                self._report.error(
                    codes.OPERAND,
                    f"a {kind} holds {holds}, not other names",
                    item.span,
                    help="a test takes several names: `@first, @second`",
                )

    def phrases(self, declaration: ast.PhrasesDecl) -> tuple[WrittenPhrase, ...]:
        languages = tuple(dict.fromkeys(name.text for name in declaration.languages)) or DEFAULT_LANGUAGES
        written = (self._phrases.block(string, languages) for string in declaration.phrases)
        return tuple(phrase for phrase in written if phrase is not None)

    def hours(self, declaration: ast.HoursDecl) -> Hours:
        weekly: list[tuple[frozenset[int], int, int]] = []
        closed: list[tuple[dt.date, dt.date]] = []
        opened: list[tuple[dt.date, int, int]] = []
        for line in declaration.lines:
            match line.kind:
                case "weekly":
                    days, window = read_days(line.values[:-1], self._report), self._window(line.values[-1])
                    if days and window is not None:
                        weekly.append((days, *window))
                case "except":
                    dates = read_dates(line.values[0], line.range_end, self._report)
                    if dates is not None:
                        closed.append(dates)
                case "also":
                    day, window = read_day(line.values[0], self._report), self._window(line.values[1])
                    if day is not None and window is not None:
                        opened.append((day, *window))
        return Hours(declaration.name.text, tuple(weekly), tuple(closed), tuple(opened))

    def _window(self, value: ast.Value) -> tuple[int, int] | None:
        return self._report.accept(values.read_window(value.text), value.span)


def read_network(text: str, span: Span, report: Report) -> IPNetwork | None:
    """The network, or None after reporting why the text at `span` is none."""
    return cast("IPNetwork | None", report.accept(values.read_network(text), span))


def read_days(written: Sequence[ast.Value], report: Report) -> frozenset[int]:
    """The days of several values together; what is no day is reported and left out."""
    read = (report.accept(values.read_days(value.text), value.span) for value in written)
    return frozenset[int]().union(*(days for days in read if days is not None))


def read_day(written: ast.Value, report: Report) -> dt.date | None:
    return report.accept(values.read_date(written.text), written.span)


def read_dates(first: ast.Value, last: ast.Value | None, report: Report) -> tuple[dt.date, dt.date] | None:
    """The days `first .. last`, or one day; None after reporting what is wrong with them."""
    start = read_day(first, report)
    end = read_day(last, report) if last is not None else start
    if start is None or end is None:
        return None
    if last is not None and end < start:
        swapped = Fix("exchange them", (Edit(first.span, last.text), Edit(last.span, first.text)))
        span = first.span.to(last.span)
        report.error(value_codes.DATE, f"{last.text} is before {first.text}", span, fix=swapped)
        return None
    return start, end
