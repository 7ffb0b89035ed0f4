"""From a test beside rules to a case: the letter to make up, and what its plan must hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sievepy.ir.cases import Case, CaseAttachment, CaseHeader, CaseLetter, Expect
from sievepy.rules_lang import ast, values
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang.actions import ActionLowering
from sievepy.rules_lang.binder import RECIPIENTS, Scope
from sievepy.rules_lang.language_tables import SOURCES
from sievepy.rules_lang.loader import Files
from sievepy.rules_lang.report import Report, remove, replace
from sievepy.text import Label, Span
from sievepy.text.nearest import nearest

_SEVERAL = frozenset({"header", "attachment", "expect", "expect not"})
_OF_THE_MESSAGE = ("from", "to", "subject", "body", "attachment")
"""What a `message "file.eml"` brings itself."""


class CaseLowering:
    """`actions` lowers what tests expect."""

    def __init__(
        self, scope: Scope, files: Files, actions: ActionLowering, report: Report, *, incomplete: bool
    ) -> None:
        self._scope = scope
        self._files = files
        self._actions = actions
        self._report = report
        self._incomplete = incomplete

    def lower(self, test: ast.TestDecl) -> Case:
        self._check_lines(test)
        expects = tuple(e for line in test.lines if line.words.startswith("expect") for e in self._expect(line))
        if not any(line.words.startswith("expect") for line in test.lines):
            message = f'test "{test.title.value}" expects nothing, so it cannot fail'
            self._report.error(codes.TEST_EXPECTS, message, test.header, help="add a line such as `expect triage`")
        return Case(test.title.value, self._letter(test), expects, test.header)

    def _check_lines(self, test: ast.TestDecl) -> None:
        first: dict[str, ast.TestLine] = {}
        for line in test.lines:
            if line.words not in _SEVERAL and first.setdefault(line.words, line) is not line:
                labels = (Label(first[line.words].span, "the first one"),)
                message = f"`{line.words}` stands twice"
                self._report.error(codes.TEST_LINE, message, line.span, labels=labels)
        message_line = first.get("message")
        for line in test.lines if message_line is not None else ():
            if line.words in _OF_THE_MESSAGE and message_line is not None:
                labels = (Label(message_line.span, "the letter is this file"),)
                message = f"`{line.words}` is what the file of `message` says"
                fix = remove(line.span, "this line")
                self._report.error(codes.TEST_LINE, message, line.span, labels=labels, fix=fix)

    # ------------------------------------------------------------ what is expected

    def _expect(self, line: ast.TestLine) -> Iterator[Expect]:
        negated = line.words == "expect not"
        if line.action is None:
            for title in line.operands:
                if isinstance(title, ast.String) and self._is_rule(title):
                    yield Expect(title.value, negated, line.span)
            return
        if line.action.word == "continue":
            message = "`continue` shows in no plan, so it cannot be expected"
            self._report.error(codes.TEST_LINE, message, line.span, help="expect what the later rule does")
            return
        for outcome in self._actions.one(line.action):
            yield Expect(outcome, negated, line.span)

    def _is_rule(self, title: ast.String) -> bool:
        if title.value in self._scope.titles or title.value == "otherwise" or self._incomplete:
            return True
        meant = nearest(title.value, self._scope.titles)
        self._report.error(
            codes.UNKNOWN_NAME,
            f'there is no rule "{title.value}"',
            title.span,
            help=f'did you mean "{meant}"?' if meant else None,
            fix=replace(title.span, f'"{meant}"') if meant else None,
        )
        return False

    # ------------------------------------------------------------ the letter

    def _letter(self, test: ast.TestDecl) -> CaseLetter:
        lines: dict[str, list[ast.TestLine]] = {}
        for line in test.lines:
            lines.setdefault(line.words, []).append(line)
        text = _Texts(lines, self._report)
        return CaseLetter(
            sender=text.mailbox("from") or CaseLetter().sender,
            to=text.mailbox("to"),
            subject=text.text("subject"),
            body=text.text("body"),
            headers=tuple(self._headers(lines.get("header", ()))),
            attachments=tuple(_attachments(lines.get("attachment", ()))),
            message=self._message(lines.get("message", ())),
            at=self._moment(lines.get("at", ())),
            envelope_from=text.mailbox("envelope-from"),
            envelope_to=tuple(self._recipients(lines.get("envelope-to", ()))),
            client_ip=text.read("client-ip", values.read_ip),
            helo=text.text("helo"),
            source=text.read("source", lambda word: values.read_word(word, SOURCES, "source")),
            folder=text.text("folder"),
            known=tuple(self._known(lines.get("known", ()))),
            verified="verified" in lines,
        )

    def _headers(self, lines: Iterable[ast.TestLine]) -> Iterator[CaseHeader]:
        for line in lines:
            name, value = (operand for operand in line.operands if isinstance(operand, ast.String))
            if self._report.accept(values.read_header_name(name.value), name.span) is not None:
                yield CaseHeader(name.value, value.value, untrusted=bool(line.suffixes))

    def _message(self, lines: Sequence[ast.TestLine]) -> str | None:
        path = lines[0].operands[0] if lines else None
        return self._files.resolve(path) if isinstance(path, ast.String) else None

    def _moment(self, lines: Sequence[ast.TestLine]) -> dt.datetime | None:
        if not lines:
            return None
        day, time = lines[0].operands
        date = self._report.accept(values.read_date(day.span.text), day.span)
        clock = self._report.accept(values.read_time(time.span.text), time.span)
        return dt.datetime.combine(date, clock) if date is not None and clock is not None else None

    def _recipients(self, lines: Iterable[ast.TestLine]) -> Iterator[str]:
        for operand in (operand for line in lines for operand in line.operands):
            address = self._report.accept(values.read_address(operand.span.text), operand.span)
            if address is not None:
                yield address

    def _known(self, lines: Iterable[ast.TestLine]) -> Iterator[str]:
        for operand in (operand for line in lines for operand in line.operands):
            found = self._scope.find(operand, RECIPIENTS) if isinstance(operand, ast.Name) else None
            if found is not None:
                yield found.name.text


class _Texts:
    """The lines that hold one value each; of a line that stands twice the first."""

    def __init__(self, lines: Mapping[str, Sequence[ast.TestLine]], report: Report) -> None:
        self._lines = lines
        self._report = report

    def _operand(self, word: str) -> tuple[str, Span] | None:
        match self._lines.get(word, [None])[0]:
            case ast.TestLine(operands=(ast.String(text, span) | ast.Value(text, span), *_)):
                return text, span
        return None

    def text(self, word: str) -> str | None:
        found = self._operand(word)
        return found[0] if found is not None else None

    def read(self, word: str, reader: values.Reader[str]) -> str | None:
        found = self._operand(word)
        return self._report.accept(reader(found[0]), found[1]) if found is not None else None

    def mailbox(self, word: str) -> str | None:
        """An address as written: a bare value is checked, a string may be anything that stands in such a header."""
        found = self._operand(word)
        if found is None or found[1].text[:1] != found[0][:1]:
            return found[0] if found is not None else None
        readable = self._report.accept(values.read_address(found[0]), found[1]) is not None
        return found[0] if readable else None


def _attachments(lines: Iterable[ast.TestLine]) -> Iterator[CaseAttachment]:
    for line in lines:
        name, *type_ = (operand.value for operand in line.operands if isinstance(operand, ast.String))
        yield CaseAttachment(name, type_[0] if type_ else None, line.text.value if line.text is not None else None)
