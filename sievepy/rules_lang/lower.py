"""The whole way from trees to IR: names, values, conditions, rules in the order they are judged, tests beside them.

Every mistake in the program is reported in one run: each step goes on with what could be made of the step before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sievepy.ir.cases import Case
from sievepy.ir.conditions import Test
from sievepy.ir.script import Rule, Script
from sievepy.rules_lang import ast, values
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang.actions import ActionLowering
from sievepy.rules_lang.binder import bind
from sievepy.rules_lang.cases import CaseLowering
from sievepy.rules_lang.checker import (
    ConditionIndex,
    ReadChecker,
    RuleChecker,
    check_otherwise,
    check_otherwise_actions,
)
from sievepy.rules_lang.conditions import ConditionLowering, in_order_of_use
from sievepy.rules_lang.declarations import DeclarationReader
from sievepy.rules_lang.loader import Files, Loaded
from sievepy.rules_lang.operands import AtNames, OperandReader
from sievepy.rules_lang.phrase_book import PhraseBook
from sievepy.rules_lang.recipients import RecipientReader, check_substitutes
from sievepy.rules_lang.report import Report
from sievepy.rules_lang.settings import Settings
from sievepy.rules_lang.sinks import Sinks
from sievepy.rules_lang.symbols import Symbol, SymbolKind, Symbols
from sievepy.words import Expander, dictionary_version

T = TypeVar("T")

DEFAULT_PRIORITY = 100
_GREATEST_PRIORITY = 100_000


@dataclass(frozen=True, slots=True)
class Lowered:
    """`script` is None where an error stands in the way of meaning."""

    symbols: Symbols
    script: Script | None
    cases: tuple[Case, ...]


def lower(
    loaded: Loaded, files: Files, settings: Settings, report: Report, expander: Expander | None = None
) -> Lowered:
    """The meaning of a loaded program. `expander`: one that knows words already."""
    program = _Program(loaded, files, settings, report, expander)
    symbols = program.symbols()
    script = program.script(symbols)
    cases = program.cases()
    if not settings.configured:
        report.note(
            codes.SINKS_UNCHECKED,
            "sinks were not checked: there is no sievepy.toml",
            "name the sinks of the site in a `sievepy.toml`",
        )
    uses = program.with_uses(symbols)
    return Lowered(uses, None if report.failed else script, cases)


class _Program:
    def __init__(
        self, loaded: Loaded, files: Files, settings: Settings, report: Report, expander: Expander | None
    ) -> None:
        self._trees = loaded.trees
        self._incomplete = loaded.incomplete
        self._broken = loaded.incomplete or any(tree.broken for tree in loaded.trees)
        self._report = report
        self._files = files
        self._scope = bind(loaded.trees, report, incomplete=loaded.incomplete)
        self._book = PhraseBook(report, expander)
        self._sinks = Sinks(settings, report)
        self._recipients = RecipientReader(self._scope, self._sinks, report)
        self._declarations = DeclarationReader(files, self._book, report)

    def _all(self, kind: type[T]) -> Iterable[T]:
        return (d for tree in self._trees for d in tree.declarations if isinstance(d, kind))

    # ------------------------------------------------------------ names

    def symbols(self) -> Symbols:
        """Everything that has a name. Conditions are made here, too, as rules use them."""
        read = self._declarations
        lists = self._table("list", read.list)
        phrases = self._table("phrases", read.phrases)
        networks = self._table("network", read.network)
        hours = self._table("hours", read.hours)
        departments = self._table("department", self._recipients.department)
        persons = self._table("person", self._recipients.person)
        declared = {d.name.key: cast("ast.PersonDecl", d.node) for d in self._scope.declared("person")}
        check_substitutes(declared, {key: symbol.value for key, symbol in persons.items()}, self._report)
        at_names = AtNames(_values(lists), _values(phrases), _values(networks), _values(hours))
        operands = OperandReader(self._scope, at_names, self._book, self._report)
        self._conditions = ConditionLowering(self._scope, operands, self._report)
        return Symbols(lists, phrases, networks, hours, self._named_conditions(), departments, persons)

    def _table(self, kind: SymbolKind, read: Callable[[Any], T | None]) -> dict[str, Symbol[T]]:
        made = ((d.name, read(d.node)) for d in self._scope.declared(kind))
        return {name.key: Symbol(name.text, name.span, value) for name, value in made if value is not None}

    def _named_conditions(self) -> dict[str, Symbol[Test]]:
        ordered = in_order_of_use(self._scope, self._report)
        self._index = ConditionIndex(ordered)
        made: dict[str, Symbol[Test]] = {}
        for declaration in ordered:
            test = self._conditions.lower(declaration.test)
            if test is not None:
                name = declaration.name
                self._conditions.named[name.key] = test
                made[name.key] = Symbol(name.text, name.span, test)
        return made

    def with_uses(self, symbols: Symbols) -> Symbols:
        """The symbols with the places where each is used, once everything has been looked up."""

        def used(kind: SymbolKind, table: Mapping[str, Symbol[T]]) -> dict[str, Symbol[T]]:
            return {k: Symbol(s.name, s.span, s.value, self._scope.uses(kind, k)) for k, s in table.items()}

        return Symbols(
            used("list", symbols.lists),
            used("phrases", symbols.phrases),
            used("network", symbols.networks),
            used("hours", symbols.hours),
            used("condition", symbols.conditions),
            used("department", symbols.departments),
            used("person", symbols.persons),
            tuple(self._book.inline),
        )

    # ------------------------------------------------------------ rules

    def script(self, symbols: Symbols) -> Script | None:
        """The rules in the order in which they are judged; None where `otherwise` or part of a rule is missing."""
        written = list(self._all(ast.RuleDecl))
        checker = RuleChecker(self._index, self._sinks, self._report)
        actions = self._action_lowering()
        rules = _RuleLowering(self._conditions, actions, self._report)
        made: list[tuple[ast.RuleDecl, Rule]] = []
        for declaration in written:
            checker.check(declaration)
            rule = rules.lower(declaration)
            if rule is not None:
                made.append((declaration, rule))
        made.sort(key=lambda pair: pair[1].priority)  # stable: position decides among equals
        otherwise = self._otherwise(made)
        fallback = actions.lower(otherwise.actions) if otherwise is not None else ()
        if self._report.failed:
            return None
        return Script(
            rules=tuple(rule for declaration, rule in made if not declaration.session),
            otherwise=fallback,
            session_rules=tuple(rule for declaration, rule in made if declaration.session),
            departments=tuple(_values(symbols.departments).values()),
            persons=tuple(_values(symbols.persons).values()),
            dictionary=dictionary_version(),
        )

    def _otherwise(self, made: Sequence[tuple[ast.RuleDecl, Rule]]) -> ast.OtherwiseDecl | None:
        otherwise = check_otherwise(self._trees, self._report, incomplete=self._incomplete)
        if otherwise is not None:
            check_otherwise_actions(otherwise, self._report)
        reads = ReadChecker(self._index, self._scope, self._report, incomplete=self._broken)
        reads.check([declaration for declaration, _ in made if not declaration.session], otherwise)
        return otherwise

    def _action_lowering(self, *, expected: bool = False) -> ActionLowering:
        return ActionLowering(self._scope, self._files, self._recipients, self._sinks, self._report, expected=expected)

    def cases(self) -> tuple[Case, ...]:
        expected = self._action_lowering(expected=True)
        lowering = CaseLowering(self._scope, self._files, expected, self._report, incomplete=self._incomplete)
        return tuple(lowering.lower(test) for test in self._all(ast.TestDecl))


class _RuleLowering:
    def __init__(self, conditions: ConditionLowering, actions: ActionLowering, report: Report) -> None:
        self._conditions = conditions
        self._actions = actions
        self._report = report

    def lower(self, rule: ast.RuleDecl) -> Rule | None:
        """The rule, or None where its conditions could not be made."""
        test = self._conditions.lower(rule.when)
        unless = self._conditions.lower(rule.unless) if rule.unless is not None else None
        actions = self._actions.lower(rule.actions)
        priority, off_until = self._priority(rule.priority), self._off_until(rule.off_until)
        if test is None or (unless is None and rule.unless is not None):
            return None
        return Rule(
            title=rule.title.value,
            test=test,
            actions=tuple(dict.fromkeys(actions)),
            unless=unless,
            carry_on=any(action.word == "continue" for action in rule.actions),
            observe=rule.observe is not None,
            off_until=off_until,
            priority=priority,
            origin=rule.header,
        )

    def _priority(self, value: ast.Value | None) -> int:
        if value is None:
            return DEFAULT_PRIORITY
        read = self._report.accept(values.read_count(value.text, 0, _GREATEST_PRIORITY), value.span)
        return DEFAULT_PRIORITY if read is None else read

    def _off_until(self, value: ast.Value | None) -> dt.date | None:
        return self._report.accept(values.read_date(value.text), value.span) if value is not None else None


def _values(table: Mapping[str, Symbol[T]]) -> dict[str, T]:
    return {key: symbol.value for key, symbol in table.items()}
