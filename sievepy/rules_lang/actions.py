"""From an action as written to actions as values (`sievepy.plan`), its operands read and its sink looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from sievepy import plan
from sievepy.plan import Action
from sievepy.rules_lang import ast, values
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang.binder import RECIPIENTS, Scope
from sievepy.rules_lang.loader import Files
from sievepy.rules_lang.recipients import RecipientReader, read_fields
from sievepy.rules_lang.report import Report, Unreadable
from sievepy.rules_lang.sinks import Sinks


class ActionLowering:
    """Lowers action statements. `expected`: they are what a test expects, not what a rule does, so that nothing has to
    be there for them, and an operand may be left out."""

    def __init__(
        self,
        scope: Scope,
        files: Files,
        recipients: RecipientReader,
        sinks: Sinks,
        report: Report,
        *,
        expected: bool = False,
    ) -> None:
        self._scope = scope
        self._files = files
        self._recipients = recipients
        self._sinks = sinks
        self._report = report
        self._expected = expected

    def lower(self, statements: Iterable[ast.ActionStatement]) -> tuple[Action, ...]:
        """The actions of some statements, `continue` left out; what cannot be read is reported and left out."""
        return tuple(action for statement in statements for action in self.one(statement))

    def one(self, statement: ast.ActionStatement) -> Iterator[Action]:
        """The actions of one statement: the comma of an action is *each of*."""
        if statement.word != "continue":
            yield from _LOWERINGS[statement.word](self, statement)

    # ------------------------------------------------------------ destinations

    def _assign(self, statement: ast.ActionStatement) -> Iterator[Action]:
        also, content = statement.word == "also assign", _with_content(statement)
        for name in self._names(statement):
            yield plan.Assign(name, also, content)

    def _names(self, statement: ast.ActionStatement) -> Iterator[str]:
        """The departments and persons that a statement names."""
        for operand in statement.operands:
            found = self._scope.find(operand, RECIPIENTS) if isinstance(operand, ast.Name) else None
            if found is not None:
                yield found.name.text

    def _assign_same(self, statement: ast.ActionStatement) -> Iterator[Action]:
        yield plan.AssignSame()

    def _file(self, statement: ast.ActionStatement) -> Iterator[Action]:
        self._require("file", statement)
        folder = self._string(statement, values.read_folder)
        if folder is not None:
            yield plan.FileInto(folder, _with_content(statement))

    def _forward(self, statement: ast.ActionStatement) -> Iterator[Action]:
        if not statement.operands:  # `expect forward`: wherever to
            yield plan.Forward("")
        for address in self._addresses(statement):
            yield plan.Forward(address, _with_content(statement))

    def _copy(self, statement: ast.ActionStatement) -> Iterator[Action]:
        for address in self._addresses(statement):
            yield plan.Copy(address, _with_content(statement))

    def _addresses(self, statement: ast.ActionStatement) -> Iterator[str]:
        self._require("email", statement)
        for operand in statement.operands:
            text = operand.span.text
            if "@" not in text and self._scope.is_declared(text, RECIPIENTS):
                self._report.error(
                    codes.LITERAL_ADDRESS,
                    f"`{statement.word}` takes an address, and `{text}` is a name",
                    operand.span,
                    help=f"letters to names are assigned: `assign {text}`",
                )
                continue
            address = self._report.accept(values.read_address(text), operand.span)
            if address is not None:
                yield address

    def _quarantine(self, statement: ast.ActionStatement) -> Iterator[Action]:
        self._require("quarantine", statement)
        reason = self._string(statement, lambda text: values.read_line(text, "the reason"))
        if reason is not None or not statement.operands:
            yield plan.Quarantine(reason)

    def _discard(self, statement: ast.ActionStatement) -> Iterator[Action]:
        self._require("discard", statement)
        yield plan.Discard()

    def _triage(self, statement: ast.ActionStatement) -> Iterator[Action]:
        self._require("triage", statement)
        yield plan.Triage()

    def _propose(self, statement: ast.ActionStatement) -> Iterator[Action]:
        self._require("triage", statement)
        for name in self._names(statement):
            yield plan.Propose(name)

    # ------------------------------------------------------------ not destinations

    def _tag(self, statement: ast.ActionStatement) -> Iterator[Action]:
        for operand in statement.operands:
            if isinstance(operand, ast.Name):
                yield plan.Tag(operand.key)

    def _notify(self, statement: ast.ActionStatement) -> Iterator[Action]:
        self._require("notify", statement)
        digest = statement.digest
        seconds = self._report.accept(values.read_seconds(digest.text), digest.span) if digest is not None else None
        for name in self._names(statement):
            yield plan.Notify(name, bool(statement.suffixes), seconds)

    def _bitrix(self, statement: ast.ActionStatement) -> Iterator[Action]:
        portal = statement.operands[0].value if statement.operands else None  # type: ignore[union-attr]
        if not self._expected:
            self._sinks.require_named("portal", portal, statement.span, "bitrix")
        fields = read_fields(statement.block, self._report)
        if statement.bitrix_kind is not None:
            yield plan.Bitrix(statement.bitrix_kind.text, portal, fields, _with_content(statement))

    def _print(self, statement: ast.ActionStatement) -> Iterator[Action]:
        name = self._named(statement, "printer")
        if name is not None:
            yield plan.Print(name)

    def _pipe(self, statement: ast.ActionStatement) -> Iterator[Action]:
        name = self._named(statement, "program")
        if name is not None:
            yield plan.Pipe(name)

    def _named(self, statement: ast.ActionStatement, kind: str) -> str | None:
        name = self._string(statement, lambda text: values.read_line(text, f"the {kind}'s name"))
        if name is not None and not self._expected:
            self._sinks.require_named(kind, name, statement.operands[0].span, statement.word)
        return name

    def _sla(self, statement: ast.ActionStatement) -> Iterator[Action]:
        sla = self._recipients.sla(statement.operands, statement.hours)
        if sla is not None:
            yield sla

    def _reply(self, statement: ast.ActionStatement) -> Iterator[Action]:
        self._require("reply", statement)
        written = cast("ast.String", statement.operands[0])
        path = self._files.resolve(written)
        if path is None:
            return
        if not self._expected:
            source = self._files.source_of(path, written.span)
            if source is not None and not source.text.strip():
                self._report.error(codes.REPLY_FILE, f"`{path}` is empty, and so would the answer be", written.span)
        yield plan.Reply(path)

    def _subject_prefix(self, statement: ast.ActionStatement) -> Iterator[Action]:
        text = self._string(statement, lambda text: values.read_line(text, "the prefix"))
        if text is not None:
            yield plan.SubjectPrefix(text)

    # ------------------------------------------------------------ refusals

    def _reject(self, statement: ast.ActionStatement) -> Iterator[Action]:
        text = self._refusal(statement)
        if text is not None:
            yield plan.Reject(text)

    def _defer(self, statement: ast.ActionStatement) -> Iterator[Action]:
        text = self._refusal(statement)
        if text is not None:
            yield plan.Defer(text)

    def _refusal(self, statement: ast.ActionStatement) -> str | None:
        if not statement.operands:  # `expect reject`: whatever it says
            return ""
        return self._string(statement, lambda text: values.read_line(text, "the answer's text"))

    # ------------------------------------------------------------ operands

    def _string(self, statement: ast.ActionStatement, reader: Callable[[str], str | Unreadable]) -> str | None:
        """The statement's string, or None where it has none or after reporting that it cannot stand there."""
        for operand in statement.operands:
            if isinstance(operand, ast.String):
                return self._report.accept(reader(operand.value), operand.span)
        return None

    def _require(self, sink: str, statement: ast.ActionStatement) -> None:
        if not self._expected:
            self._sinks.require(sink, statement.word_span, statement.word)


_LOWERINGS: Mapping[str, Callable[[ActionLowering, ast.ActionStatement], Iterator[Action]]] = {
    "assign": ActionLowering._assign,
    "assign same": ActionLowering._assign_same,
    "also assign": ActionLowering._assign,
    "file": ActionLowering._file,
    "forward": ActionLowering._forward,
    "quarantine": ActionLowering._quarantine,
    "discard": ActionLowering._discard,
    "triage": ActionLowering._triage,
    "propose": ActionLowering._propose,
    "tag": ActionLowering._tag,
    "copy": ActionLowering._copy,
    "notify": ActionLowering._notify,
    "bitrix": ActionLowering._bitrix,
    "print": ActionLowering._print,
    "pipe": ActionLowering._pipe,
    "sla": ActionLowering._sla,
    "reply": ActionLowering._reply,
    "subject prefix": ActionLowering._subject_prefix,
    "reject": ActionLowering._reject,
    "defer": ActionLowering._defer,
}


def _with_content(statement: ast.ActionStatement) -> bool:
    return any(suffix.text == "with content" for suffix in statement.suffixes)
