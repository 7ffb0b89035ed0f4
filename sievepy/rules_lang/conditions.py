"""From a condition as written to its test, checked and lowered in one walk.

Whether an operator fits a field is said by `language_tables`; `operands` reads what stands behind it. A test that
cannot be made is reported and becomes None, and so does every block it stands in.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, cast

from sievepy.ir import conditions as ir
from sievepy.ir.conditions import Test
from sievepy.rules_lang import ast, values
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang.binder import CONDITIONS, RECIPIENTS, Scope
from sievepy.rules_lang.declarations import read_dates, read_days
from sievepy.rules_lang.language_tables import (
    FIELDS,
    KINDS,
    LANGUAGES,
    SOURCES,
    FieldSpec,
    OperandKind,
)
from sievepy.rules_lang.operands import OperandReader
from sievepy.rules_lang.regexes import read_regex
from sievepy.rules_lang.report import Report
from sievepy.text import Edit, Fix, Label, Span

_MOST_COMBINATIONS = 64  # of the phrases of several `@names` behind `mentions all of`
_WIDEST_WINDOW = 500  # words; more is most of a letter, for which `all { … }` is the word


class ConditionLowering:
    """Lowers conditions. `named` holds the tests of the conditions that have a name, and grows as they are lowered."""

    def __init__(self, scope: Scope, operands: OperandReader, report: Report) -> None:
        self._scope = scope
        self._operands = operands
        self._report = report
        self.named: dict[str, Test] = {}

    def lower(self, condition: ast.Condition, *, of_one: bool = False) -> Test | None:
        """The test of a condition; `of_one`: it stands inside `attachment { … }`."""
        match condition:
            case ast.FieldTest():
                return self._field_test(condition, of_one)
            case ast.FactTest():
                return self._fact(condition)
            case ast.ConditionUse(name):
                return self.named.get(name.key) if self._scope.find(name, CONDITIONS) is not None else None
            case ast.NotTest(test, span):
                inner = self.lower(test, of_one=of_one)
                return None if inner is None else ir.Not(inner, span)
            case ast.Block(kind, tests, span):
                return _block(kind, self._each(tests, of_one), span)
            case ast.AttachmentBlock(tests, span):
                inner = _block("all", self._each(tests, True), span)
                return None if inner is None else ir.Attachment(inner, span)

    def _each(self, tests: Iterable[ast.Condition], of_one: bool) -> list[Test | None]:
        return [self.lower(test, of_one=of_one) for test in tests]

    # ------------------------------------------------------------ facts

    def _fact(self, test: ast.FactTest) -> Test | None:
        match test.words, test.argument:
            case "tagged", ast.Name() as tag:
                return ir.Tagged(tag.key, test.span)
            case "assigned", None:
                return ir.Assigned(None, test.span)
            case "assigned", ast.Name() as name:
                found = self._scope.find(name, RECIPIENTS)
                return None if found is None else ir.Assigned(found.name.text, test.span)
        return ir.Fact(test.words.replace(" ", "-"), test.span)

    # ------------------------------------------------------------ fields

    def _field_test(self, test: ast.FieldTest, of_one: bool) -> Test | None:
        words = f"attachment {test.field.words}" if of_one else test.field.words
        spec = FIELDS[words]
        operand = spec.operators.get(test.operator)
        if operand is None:
            self._unfit(test, spec)
            return None
        if not self._range_fits(test, operand) or not self._every_fits(test, spec):
            return None
        field = self._field(test, spec)
        if field is None:
            return None
        about_attachments = spec.kind.startswith("attachment-")
        every = test.every and not about_attachments  # there it is said of the attachments
        made = _MAKERS[operand](self, test, field, every)
        if made is None or not about_attachments or of_one:
            return made
        return _every_attachment(made, test.span) if test.every else ir.Attachment(made, test.span)

    def _field(self, test: ast.FieldTest, spec: FieldSpec) -> ir.Field | None:
        header = test.field.header
        if header is None:
            return ir.Field(spec.kind)
        name = self._report.accept(values.read_header_name(header.value), header.span)
        if name == "received" and test.operator == "has ip in":
            self._report.error(
                codes.OPERATOR,
                "`has ip` never reads Received headers: the sender can write any of them",
                test.span,
                help="`client ip in @net` is the address that handed the letter over",
            )
            return None
        return None if name is None else ir.Field("header", name)

    def _unfit(self, test: ast.FieldTest, spec: FieldSpec) -> None:
        self._report.error(
            codes.OPERATOR,
            f"`{test.operator}` does not fit `{test.field.span.text}`",
            test.operator_span,
            help=f"`{test.field.span.text}` takes {', '.join(f'`{o}`' for o in spec.operators)}",
        )

    def _range_fits(self, test: ast.FieldTest, operand: OperandKind) -> bool:
        if test.range_end is None or operand == "dates":
            return True
        span = test.operands[0].span.to(test.range_end.span)
        self._report.error(codes.OPERAND, "only days have a range with `..`", span)
        return False

    def _every_fits(self, test: ast.FieldTest, spec: FieldSpec) -> bool:
        if not test.every or spec.several:
            return True
        word = Span(test.span.source, test.span.start, test.span.start + len("every"))
        self._report.error(
            codes.EVERY,
            f"a letter has one `{test.field.span.text}`, so `every` says nothing",
            word,
            fix=Fix("remove `every`", (Edit(Span(word.source, word.start, test.field.span.start), ""),), safe=True),
        )
        return False

    # ------------------------------------------------------------ operators on text

    def _phrases(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        phrases = tuple(dict.fromkeys(p for found in self._operands.phrases(test) for p in found))
        return ir.Mentions(field, phrases, every, test.span) if phrases else None

    def _near(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        phrases = self._operands.phrases(test)
        within = self._within(test)
        if within is None or len(phrases) != len(test.operands):
            return None
        combinations = math.prod(map(len, phrases))
        if combinations > _MOST_COMBINATIONS or (every and combinations > 1):
            self._report.error(
                codes.OPERAND,
                f"these names stand for {combinations} combinations of phrases",
                test.span,
                help=f"at most {1 if every else _MOST_COMBINATIONS} are allowed here; write the phrases that are meant",
            )
            return None
        tests = [ir.MentionsNear(field, combined, within, every, test.span) for combined in itertools.product(*phrases)]
        return _any(tests, test.span)

    def _within(self, test: ast.FieldTest) -> int | None:
        if len(test.operands) < 2:
            message = "`all of` takes several phrases"
            self._report.error(codes.OPERAND, message, test.operator_span, help="one phrase is `mentions` alone")
            return None
        written = test.within
        if written is None:
            return None
        return self._report.accept(values.read_count(written.text, len(test.operands), _WIDEST_WINDOW), written.span)

    def _exact(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        keys = self._operands.exact(test)
        return ir.MentionsExact(field, keys, every, test.span) if keys else None

    def _literals(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        how = cast("Literal['contains', 'starts', 'ends', 'like']", test.operator)
        keys = self._operands.folded(test)
        return ir.Match(field, how, keys, every, test.span) if keys else None

    def _strings(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        return _is(field, self._operands.strings(test), every, test.span)

    def _words(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        return _is(field, self._operands.words(test), every, test.span)

    def _kind(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        return _is(field, self._operands.known_words(test, KINDS, "kind of file"), every, test.span)

    def _language(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        return _is(field, self._operands.known_words(test, LANGUAGES, "language"), every, test.span)

    def _source(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        return _is(field, self._operands.known_words(test, SOURCES, "source"), every, test.span)

    def _regexes(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        literals = (operand for operand in test.operands if isinstance(operand, ast.RegexLiteral))
        read = [read_regex(literal, self._report) for literal in literals]
        regexes = tuple(dict.fromkeys(regex for regex in read if regex is not None))
        return ir.Matches(field, regexes, every, test.span) if regexes else None

    def _addresses(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        found = self._operands.addresses(test)
        if found is None:
            return None
        return ir.AddressIs(field, found.addresses, found.domains, found.subdomains, every, test.span)

    def _networks(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        networks = self._operands.networks(test)
        if not networks:
            return None
        if test.operator == "in":
            return ir.ClientIp(networks, test.span)
        return ir.HasIp(field, networks, every, test.span)

    # ------------------------------------------------------------ operators on other values

    def _hours(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        return _any([ir.ReceivedIn(hours, test.span) for hours in self._operands.hours(test)], test.span)

    def _days(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        days = read_days(self._operands.bare(test, "days: `sat, sun`"), self._report)
        return ir.ReceivedDay(days, test.span) if days else None

    def _window(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        windows = self._operands.read(test, values.read_window, "windows of time: `18:00-09:00`")
        return _any([ir.ReceivedTime(*window, test.span) for window in windows], test.span)

    def _dates(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        which = cast("Literal['date', 'received']", field.kind)
        written = self._operands.bare(test, "dates: `2026-12-31`")
        read = [read_dates(first, test.range_end, self._report) for first in written]
        return _any([ir.DateIs(which, *dates, test.span) for dates in read if dates is not None], test.span)

    def _size(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        return _compare(test, field, self._operands.read(test, values.read_size, "a size: `25MB`"))

    def _number(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        return _compare(test, field, self._operands.read(test, values.read_number, "a number: `7.5`"))

    def _nothing(self, test: ast.FieldTest, field: ir.Field, every: bool) -> Test | None:
        match test.operator:
            case "exists":
                return ir.Exists(field, test.span)
            case "absent":
                return ir.Not(ir.Exists(field, test.span), test.span)
        return ir.Authentication(cast("Any", field.kind), cast("Any", test.operator), test.span)


_Maker = Callable[[ConditionLowering, ast.FieldTest, ir.Field, bool], Test | None]
_MAKERS: Mapping[OperandKind, _Maker] = {
    "phrases": ConditionLowering._phrases,
    "near": ConditionLowering._near,
    "exact": ConditionLowering._exact,
    "literals": ConditionLowering._literals,
    "strings": ConditionLowering._strings,
    "words": ConditionLowering._words,
    "kind": ConditionLowering._kind,
    "language": ConditionLowering._language,
    "source": ConditionLowering._source,
    "regexes": ConditionLowering._regexes,
    "addresses": ConditionLowering._addresses,
    "networks": ConditionLowering._networks,
    "hours": ConditionLowering._hours,
    "days": ConditionLowering._days,
    "window": ConditionLowering._window,
    "dates": ConditionLowering._dates,
    "size": ConditionLowering._size,
    "number": ConditionLowering._number,
    "nothing": ConditionLowering._nothing,
}


def _block(kind: Literal["any", "all", "none"], made: list[Test | None], span: Span) -> Test | None:
    tests = tuple(test for test in made if test is not None)
    if len(tests) != len(made):
        return None
    match kind:
        case "any":
            return ir.AnyOf(tests, span)
        case "all":
            return ir.AllOf(tests, span)
        case "none":
            return ir.Not(ir.AnyOf(tests, span), span)


def _any(tests: list[Any], span: Span) -> Test | None:
    """The comma of a test: any of its operands."""
    if len(tests) <= 1:
        return cast("Test", tests[0]) if tests else None
    return ir.AnyOf(tuple(tests), span)


def _is(field: ir.Field, keys: tuple[str, ...], every: bool, span: Span) -> Test | None:
    return ir.Match(field, "is", keys, every, span) if keys else None


def _compare(test: ast.FieldTest, field: ir.Field, numbers: list[float]) -> Test | None:
    how = cast("Literal['<', '<=', '=', '>=', '>']", "=" if test.operator == "is" else test.operator)
    return _any([ir.Compare(field, how, number, test.span) for number in numbers], test.span)


def _every_attachment(test: Test, span: Span) -> Test:
    """All attachments, and at least one: there is one, and there is none that does not."""
    there = ir.Exists(ir.Field("attachment"), span)
    other = ir.Attachment(ir.Not(test, span), span)
    return ir.AllOf((there, ir.Not(other, span)), span)


# ---------------------------------------------------------------- named conditions

MOST_TESTS = 5_000  # tests of a condition with everything it uses written out
_DEEPEST = 32  # of the same; what the parser allows in one condition


def leaves(condition: ast.Condition) -> Iterator[ast.FieldTest | ast.FactTest | ast.ConditionUse]:
    """The single tests of a condition, in order."""
    waiting = [condition]
    while waiting:
        match waiting.pop():
            case ast.NotTest(test):
                waiting.append(test)
            case ast.Block(tests=tests) | ast.AttachmentBlock(tests=tests):
                waiting.extend(reversed(tests))
            case leaf:
                yield leaf


def nesting(condition: ast.Condition) -> int:
    """How many blocks and `not`s stand around the deepest single test."""
    match condition:
        case ast.NotTest(test):
            return 1 + nesting(test)
        case ast.Block(tests=tests) | ast.AttachmentBlock(tests=tests):
            return 1 + max(map(nesting, tests), default=0)
    return 0


def in_order_of_use(scope: Scope, report: Report) -> list[ast.ConditionDecl]:
    """The declared conditions, each behind those it uses. Circles, and conditions that would be too large or too deep
    with everything they use written out, are reported and left out; so a walk over any test is bounded."""
    declared = {d.name.key: d.node for d in scope.declared("condition") if isinstance(d.node, ast.ConditionDecl)}
    used = {key: [u for u in leaves(d.test) if isinstance(u, ast.ConditionUse)] for key, d in declared.items()}
    sizes: dict[str, tuple[int, int]] = {}
    ordered: list[ast.ConditionDecl] = []
    for key in _topological(declared, used, report):
        size, depth = _measure(declared[key], used[key], sizes)
        if size > MOST_TESTS or depth > _DEEPEST:
            what = f"{size} tests" if size > MOST_TESTS else f"{depth} blocks inside one another"
            message = f"with the conditions it uses `{declared[key].name.text}` has {what}"
            report.error(codes.CONDITION_SIZE, message, declared[key].name.span)
            size, depth = 0, 0  # said once, not again by everything that uses it
        else:
            ordered.append(declared[key])
        sizes[key] = size, depth
    return ordered


def _measure(
    declaration: ast.ConditionDecl, uses: list[ast.ConditionUse], sizes: Mapping[str, tuple[int, int]]
) -> tuple[int, int]:
    own = sum(1 for leaf in leaves(declaration.test) if not isinstance(leaf, ast.ConditionUse))
    inner = [sizes.get(use.name.key, (0, 0)) for use in uses]
    size = own + sum(size for size, _ in inner)
    return size, nesting(declaration.test) + max((depth for _, depth in inner), default=0)


def _topological(
    declared: Mapping[str, ast.ConditionDecl], used: Mapping[str, list[ast.ConditionUse]], report: Report
) -> Iterator[str]:
    """Depth first, with a stack of its own: chains may be as long as the file."""
    done: set[str] = set()
    open_: dict[str, Iterator[ast.ConditionUse]] = {}
    for start in declared:
        if start in done:
            continue
        open_[start] = iter(used[start])
        while open_:
            key = next(reversed(open_))
            use = next((u for u in open_[key] if u.name.key in declared and u.name.key not in done), None)
            if use is None:
                del open_[key]
                done.add(key)
                yield key
            elif use.name.key in open_:
                _circle(use, list(open_), declared, report)
            else:
                open_[use.name.key] = iter(used[use.name.key])


def _circle(use: ast.ConditionUse, chain: list[str], declared: Mapping[str, ast.ConditionDecl], report: Report) -> None:
    members = chain[chain.index(use.name.key) :]
    names = [declared[key].name for key in members]
    report.error(
        codes.CONDITION_CYCLE,
        "conditions use one another: " + " -> ".join(f"`{n.text}`" for n in (*names, names[0])),
        use.span,
        labels=tuple(Label(name.span, "in this circle") for name in names),
    )
