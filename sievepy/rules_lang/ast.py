"""The syntax tree of a `.rules` file: what was written, where, and nothing of what it means.

Every node has a `span`. Names and values are kept as written; the binder resolves and classifies them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sievepy.text import SourceFile, Span

# ---------------------------------------------------------------- words


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written; `key` is its NFKC form, by which names are compared."""

    text: str
    span: Span
    key: str


@dataclass(frozen=True, slots=True)
class String:
    """A string: `value` after escapes; `verbatim` for a triple-quoted one."""

    value: str
    span: Span
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A bare value (`x-com.kz`, `91.235.177.0/24`, `25MB`, `mon-fri`) that the binder classifies."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """`@name`. The name is kept as written, even where no declared name could look so (`@x-com.kz`): what is wrong
    with it is the binder's to say."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class RegexLiteral:
    """`/pattern/flags`, with `\\/` already unescaped in `pattern`."""

    pattern: str
    flags: str
    span: Span


Operand = String | Value | Reference | RegexLiteral | Name

# ---------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field as written, its words joined by one space: `subject`, `from name`, `header`, `received day`,
    `client ip`, `spam score`, `attachment name`; inside an attachment block `name`, `type`, `kind`, `size`, `text`.
    `header` is the name of a `header "Name"` field."""

    words: str
    span: Span
    header: String | None = None


@dataclass(frozen=True, slots=True)
class FieldTest:
    """`[every] FIELD OPERATOR OPERANDS`.

    `operator` is one of: `mentions`, `mentions exact`, `mentions all of`, `contains`, `is`, `starts`, `ends`, `like`,
    `matches`, `has ip in`, `in`, `exists`, `absent`, `<`, `<=`, `>=`, `>`, `pass`, `fail` (equal is `is`).
    `operands` of `date is A .. B` and `received time is A-B` are the values as written; `range_end` is what stands
    behind `..`. `within` is the number behind `within`.
    """

    field: FieldRef
    operator: str
    operands: tuple[Operand, ...]
    span: Span
    operator_span: Span
    every: bool = False
    range_end: Value | None = None
    within: Value | None = None


@dataclass(frozen=True, slots=True)
class FactTest:
    """A fact: its words joined by one space (`auto-reply`, `reply to known`, `mime ambiguous`, `assigned`, `tagged`),
    and the name behind `assigned` or `tagged`."""

    words: str
    span: Span
    argument: Name | None = None


@dataclass(frozen=True, slots=True)
class ConditionUse:
    """`condition NAME`."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class NotTest:
    test: Condition
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """`any { … }`, `all { … }`, `none { … }`; `keyword` is the span of the word."""

    kind: Literal["any", "all", "none"]
    tests: tuple[Condition, ...]
    span: Span
    keyword: Span


@dataclass(frozen=True, slots=True)
class AttachmentBlock:
    """`attachment { … }`: all lines hold for one attachment."""

    tests: tuple[Condition, ...]
    span: Span
    keyword: Span


Condition = FieldTest | FactTest | ConditionUse | NotTest | Block | AttachmentBlock

# ---------------------------------------------------------------- actions


@dataclass(frozen=True, slots=True)
class ActionStatement:
    """One action statement. `word` is the action as in `sievepy.plan.ACTION_NAMES`, or `also assign`, or `continue`.

    `operands` are what stands behind the word (names, strings, values). `suffixes` are `with content`, `with subject`.
    `digest` is the duration behind `digest`. `bitrix_kind` is item, task, lead or notify and `block` its fields.
    """

    word: str
    operands: tuple[Operand, ...]
    span: Span
    word_span: Span
    suffixes: tuple[Name, ...] = ()
    digest: Value | None = None
    hours: Reference | Name | None = None
    bitrix_kind: Name | None = None
    block: tuple[tuple[Name, String], ...] = ()


# ---------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True)
class Include:
    path: String
    span: Span


@dataclass(frozen=True, slots=True)
class ListDecl:
    """`list NAME { … }` or `list NAME from "file.txt"`."""

    name: Name
    values: tuple[Value | Reference, ...]
    span: Span
    from_file: String | None = None


@dataclass(frozen=True, slots=True)
class PhrasesDecl:
    name: Name
    languages: tuple[Name, ...]
    phrases: tuple[String, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class NetworkDecl:
    name: Name
    values: tuple[Value | Reference, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class HoursLine:
    """`mon-fri 09:00-18:00`, `except A [.. B]`, `also DATE FROM-TO`: `kind` is weekly, except or also."""

    kind: Literal["weekly", "except", "also"]
    values: tuple[Value, ...]
    span: Span
    range_end: Value | None = None


@dataclass(frozen=True, slots=True)
class HoursDecl:
    name: Name
    lines: tuple[HoursLine, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class PersonLine:
    """`email ADDRESS` or `away A .. B substitute NAME`."""

    kind: Literal["email", "away"]
    span: Span
    value: Value | None = None
    first: Value | None = None
    last: Value | None = None
    substitute: Name | None = None


@dataclass(frozen=True, slots=True)
class PersonDecl:
    name: Name
    title: String | None
    lines: tuple[PersonLine, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    """A line of a department: `kind` is `channel` (`role`, `channel` = email, maildir, imap, bitrix and its operands,
    `with content` in `suffixes`, bitrix `block`), `sla` (value and hours), `notify` (names) or `restricted`."""

    kind: Literal["channel", "sla", "notify", "restricted"]
    span: Span
    role: Literal["primary", "also", "fallback"] = "primary"
    channel: Name | None = None
    operands: tuple[Operand, ...] = ()
    suffixes: tuple[Name, ...] = ()
    hours: Reference | Name | None = None
    block: tuple[tuple[Name, String], ...] = ()


@dataclass(frozen=True, slots=True)
class DepartmentDecl:
    name: Name
    title: String | None
    lines: tuple[DepartmentLine, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ConditionDecl:
    """`condition NAME when COND`."""

    name: Name
    test: Condition
    span: Span


@dataclass(frozen=True, slots=True)
class RuleDecl:
    """`rule` or `session rule`. `observe` is the span of the word; `off_until`, `priority` the values written;
    `repeated` are further modifiers of a kind that stands above them already."""

    title: String
    when: Condition
    unless: Condition | None
    actions: tuple[ActionStatement, ...]
    span: Span
    header: Span
    session: bool = False
    observe: Span | None = None
    off_until: Value | None = None
    priority: Value | None = None
    repeated: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherwiseDecl:
    actions: tuple[ActionStatement, ...]
    span: Span
    header: Span


@dataclass(frozen=True, slots=True)
class TestLine:
    """One line of a test: its words joined by one space (`from`, `subject`, `header`, `expect`, `expect not`, …) and
    its operands. An `expect` holds an action, or where it names a rule no action and the rule's title in `operands`.
    The null sender `<>` is an empty string."""

    words: str
    operands: tuple[Operand, ...]
    span: Span
    action: ActionStatement | None = None
    suffixes: tuple[Name, ...] = ()
    """`untrusted` of a header; `type` of an attachment stands in `operands` behind its name."""
    text: String | None = None
    """The extracted text of an attachment."""


@dataclass(frozen=True, slots=True)
class TestDecl:
    title: String
    lines: tuple[TestLine, ...]
    span: Span
    header: Span

    __test__ = False


Declaration = (
    ListDecl
    | PhrasesDecl
    | NetworkDecl
    | HoursDecl
    | PersonDecl
    | DepartmentDecl
    | ConditionDecl
    | RuleDecl
    | OtherwiseDecl
    | TestDecl
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A declaration that could not be parsed: its header's word (`rule`, `department`, …) and, where it could be read,
    the name or title. Who resolves names takes it as declared, so that one mistake is not reported twice."""

    word: str
    name: Name | String | None
    span: Span


@dataclass(frozen=True, slots=True)
class Tree:
    """One parsed file. Declarations that could not be parsed are in `broken` only; the diagnostics say why."""

    source: SourceFile
    includes: tuple[Include, ...]
    declarations: tuple[Declaration, ...]
    broken: tuple[Broken, ...] = ()
