"""Whom letters can go to: departments with their channels, and persons with their substitutes."""

from __future__ import annotations

import datetime as dt
import itertools
import posixpath
from collections.abc import Iterable, Mapping, Sequence

from sievepy.ir.script import Away, Channel, Department, Person
from sievepy.plan import Sla
from sievepy.rules_lang import ast, values
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang import codes_values as value_codes
from sievepy.rules_lang.binder import AT_NAMES, RECIPIENTS, Scope
from sievepy.rules_lang.declarations import read_dates
from sievepy.rules_lang.report import Report, Unreadable, remove
from sievepy.rules_lang.sinks import Sinks
from sievepy.text import Label, Span


class RecipientReader:
    """Makes departments and persons; what of them cannot be read is reported and left out."""

    def __init__(self, scope: Scope, sinks: Sinks, report: Report) -> None:
        self._scope = scope
        self._sinks = sinks
        self._report = report

    # ------------------------------------------------------------ persons

    def person(self, declaration: ast.PersonDecl) -> Person | None:
        emails = [line for line in declaration.lines if line.kind == "email"]
        away = tuple(found for line in declaration.lines if (found := self._away(line)) is not None)
        self._only_once([line.span for line in emails], "email")
        address = emails[0].value if emails else None
        if address is None:
            message = f"person `{declaration.name.text}` has no address"
            self._report.error(codes.CHANNELS, message, declaration.name.span, help="write `email ADDRESS` in it")
            return None
        self._sinks.require("email", emails[0].span, "email")
        email = self._report.accept(values.read_address(address.text), address.span)
        if email is None:
            return None
        return Person(declaration.name.text, _title(declaration.title), email, away, declaration.name.span)

    def _away(self, line: ast.PersonLine) -> Away | None:
        if line.first is None or line.substitute is None:
            return None
        dates = read_dates(line.first, line.last, self._report)
        substitute = self._scope.find(line.substitute, RECIPIENTS)
        if dates is None or substitute is None:
            return None
        return Away(*dates, substitute.name.text)

    def _only_once(self, spans: Sequence[Span], word: str) -> None:
        for again in spans[1:]:
            self._report.error(
                codes.LINE_TWICE,
                f"`{word}` stands twice",
                again,
                labels=(Label(spans[0], "the first one"),),
                fix=remove(again, "this line"),
            )

    # ------------------------------------------------------------ departments

    def department(self, declaration: ast.DepartmentDecl) -> Department:
        lines = declaration.lines
        self._exactly_one_primary(declaration)
        for kind in ("sla", "restricted"):
            self._only_once([line.span for line in lines if line.kind == kind], kind)
        channels = (self._channel(line) for line in lines if line.kind == "channel")
        slas = (self.sla(line.operands, line.hours) for line in lines if line.kind == "sla")
        return Department(
            declaration.name.text,
            _title(declaration.title),
            tuple(channel for channel in channels if channel is not None),
            restricted=any(line.kind == "restricted" for line in lines),
            sla=next((sla for sla in slas if sla is not None), None),
            notify=tuple(self._notified(lines)),
            origin=declaration.name.span,
        )

    def _exactly_one_primary(self, declaration: ast.DepartmentDecl) -> None:
        name = declaration.name.text
        primary = [line for line in declaration.lines if line.kind == "channel" and line.role == "primary"]
        if not primary:
            self._report.error(
                codes.CHANNELS,
                f"department `{name}` has no channel",
                declaration.name.span,
                help="write where its letters go: `email ADDRESS`, `maildir PATH`, `imap FOLDER` or `bitrix …`; "
                "`also` and `fallback` stand beside such a channel",
            )
        for further in primary[1:]:
            self._report.error(
                codes.CHANNELS,
                f"department `{name}` has a second channel",
                further.span,
                labels=(Label(primary[0].span, "the first one"),),
                help="write `also` before it for a second copy, or `fallback` for when the first one fails for good",
            )

    def _channel(self, line: ast.DepartmentLine) -> Channel | None:
        if line.channel is None:
            return None
        kind = line.channel.text
        self._sinks.require(kind, line.channel.span, kind)
        target = self._target(kind, line)
        if target is None:
            return None
        options = read_fields(line.block, self._report)
        return Channel(kind, target, line.role, with_content=bool(line.suffixes), options=options)

    def _target(self, kind: str, line: ast.DepartmentLine) -> str | None:
        """The channel's canonical address: two channels with the same one are one mailbox."""
        match kind, line.operands:
            case "email", (ast.Value() as address,):
                return self._report.accept(values.read_address(address.text), address.span)
            case "bitrix", (what, *portal):
                name = portal[0].value if portal and isinstance(portal[0], ast.String) else None
                self._sinks.require_named("portal", name, line.span, "bitrix")
                return f"{name or ''}/{what.span.text}"
            case _, (ast.Value(text, span),) | (ast.String(text, span),):
                return self._report.accept(_read_path(text, kind), span)
        return None

    def sla(self, operands: Sequence[ast.Operand], hours: ast.Reference | ast.Name | None) -> Sla | None:
        """`sla DURATION [in HOURS]`."""
        name = hours.name if isinstance(hours, ast.Reference) else hours
        working = self._scope.find(name, AT_NAMES[3:]) if name is not None else None
        value = operands[0]
        duration = self._report.accept(values.read_duration(value.span.text), value.span)
        if duration is None or (name is not None and working is None):
            return None
        return Sla(duration.amount, duration.unit, working.name.text if working is not None else None)

    def _notified(self, lines: Iterable[ast.DepartmentLine]) -> Iterable[str]:
        for line in lines:
            if line.kind != "notify":
                continue
            self._sinks.require("notify", line.span, "notify")
            for name in line.operands:
                found = self._scope.find(name, RECIPIENTS) if isinstance(name, ast.Name) else None
                if found is not None:
                    yield found.name.text


def read_fields(block: Sequence[tuple[ast.Name, ast.String]], report: Report) -> tuple[tuple[str, str], ...]:
    """The fields of a Bitrix24 item, each at most once."""
    first: dict[str, ast.Name] = {}
    for name, _ in block:
        if first.setdefault(name.key, name) is not name:
            labels = (Label(first[name.key].span, "the first one"),)
            report.error(codes.LINE_TWICE, f"field `{name.text}` stands twice", name.span, labels=labels)
    return tuple((name.text, text.value) for name, text in block)


def _title(title: ast.String | None) -> str | None:
    return title.value if title is not None else None


def _read_path(text: str, kind: str) -> str | Unreadable:
    """The path of a maildir, or the name of an IMAP folder, in one spelling."""
    line = values.read_line(text, f"the path of `{kind}`")
    if isinstance(line, Unreadable) or kind == "imap":
        return line
    if ".." in line.split("/"):
        return Unreadable(value_codes.TEXT, f"`{text}` leads upward", "write the path without `..`")
    return posixpath.normpath(line)


def check_substitutes(persons: Mapping[str, ast.PersonDecl], away: Mapping[str, Person], report: Report) -> None:
    """Report persons who would be two places at once, and letters that would be handed round for ever.

    Within one day every person has at most one substitute, so who stands in for whom is a chain; a circle that exists
    at all exists on the first day of one of its absences.
    """
    by_name = {person.name: person for person in away.values()}
    for key, person in away.items():
        spans = _away_spans(persons[key])
        if len(spans) != len(person.away):
            continue  # one of them could not be read, which has been said
        _overlapping(person, spans, report)
        for absence, span in zip(person.away, spans, strict=True):
            chain = _chain(person.name, absence.first, by_name)
            if chain[-1] == person.name:
                shown = " -> ".join(f"`{name}`" for name in chain)
                message = f"on {absence.first} letters would go round: {shown}"
                report.error(codes.SUBSTITUTE, message, span, help="name a substitute who is there on that day")


def _away_spans(declaration: ast.PersonDecl) -> list[Span]:
    return [line.span for line in declaration.lines if line.kind == "away"]


def _overlapping(person: Person, spans: Sequence[Span], report: Report) -> None:
    absences = sorted(zip(person.away, spans, strict=True), key=lambda pair: pair[0].first)
    for (earlier, first), (later, again) in itertools.pairwise(absences):
        if later.first <= earlier.last and later.substitute != earlier.substitute:
            message = f"`{person.name}` has two substitutes on {later.first}"
            report.error(codes.SUBSTITUTE, message, again, labels=(Label(first, "the other one"),))


def _chain(start: str, day: dt.date, by_name: Mapping[str, Person]) -> list[str]:
    """Who stands in for whom on a day, from `start` until somebody is there or somebody comes a second time."""
    chain = [start]
    while (person := by_name.get(chain[-1])) is not None:
        absence = next((a for a in person.away if a.first <= day <= a.last), None)
        if absence is None:
            break
        again = absence.substitute in chain
        chain.append(absence.substitute)
        if again:
            break
    return chain
