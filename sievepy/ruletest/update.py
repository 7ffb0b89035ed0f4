"""Tests brought up to date: the `expect` lines that do not hold, rewritten into what the rules do now.

A test says as much after it as before. Lines that hold stay as they are, and so do comments. Destinations are an exact
set, so what is missing takes the place of what does not hold. Of other lines `not` is put in or taken out; a rule that
was expected and did not fire gives its place to one that asked for a destination.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sievepy.compiler import Compilation
from sievepy.ir.cases import Expect
from sievepy.plan import DESTINATIONS, Action, Assign, AssignSame, FileInto, Forward, Propose, Quarantine, Triage
from sievepy.rules_lang import ast
from sievepy.ruletest.run import CaseResult
from sievepy.text import Edit, Span
from sievepy.text.edits import own_line, removal


class Inexpressible(Exception):
    """What a test would have to expect cannot be written; the text says why."""


def updates(compilation: Compilation, result: CaseResult) -> tuple[Edit, ...]:
    """The edits that make a failing test expect what its letter came to. Raises Inexpressible."""
    if result.plan is None:
        raise Inexpressible(result.problem or "it could not be run")
    return tuple(_merged(_Update(_declared(compilation, result), result).edits()))


def _merged(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Of neighbours that both go, each may take along what separates them."""
    behind: Edit | None = None
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        if behind is not None and edit.span.start < behind.span.end:
            if behind.replacement or edit.replacement:
                raise Inexpressible("two of its lines cannot be rewritten at once")
            behind = Edit(behind.span.source.span(behind.span.start, max(behind.span.end, edit.span.end)), "")
            continue
        if behind is not None:
            yield behind
        behind = edit
    if behind is not None:
        yield behind


def _declared(compilation: Compilation, result: CaseResult) -> ast.TestDecl:
    declared = (d for tree in compilation.trees for d in tree.declarations if isinstance(d, ast.TestDecl))
    found = next((d for d in declared if d.header == result.case.origin), None)
    if found is None:
        raise Inexpressible("it is not written in these files")
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    """One `expect` line: the expectations it stands for, and those of them that hold."""

    number: int
    node: ast.TestLine
    expects: Sequence[Expect]
    kept: Sequence[Expect]

    @property
    def holds(self) -> bool:
        return len(self.kept) == len(self.expects)


class _Update:
    def __init__(self, test: ast.TestDecl, result: CaseResult) -> None:
        assert result.plan is not None
        self._row = [line.span for line in test.lines]
        self._plan = result.plan
        self._unasked = result.unasked
        unmet = {id(expect) for expect in result.unmet}
        self._lines: list[_Line] = []
        for number, node in enumerate(test.lines):
            expects = [expect for expect in result.case.expects if expect.origin == node.span]
            if expects:
                kept = [expect for expect in expects if id(expect) not in unmet]
                self._lines.append(_Line(number, node, expects, kept))

    def edits(self) -> Iterator[Edit]:
        destinations = [line for line in self._lines if isinstance(line.expects[0].outcome, DESTINATIONS)]
        exact = [line for line in destinations if not line.expects[0].negated]
        excluded = [line for line in destinations if line.expects[0].negated]
        yield from self._exact(exact)
        yield from self._excluded(excluded, bool(exact))
        rules = self._deciding_rules()
        for line in self._lines:
            if line not in destinations and not line.holds:
                yield self._turned(line, rules)

    # ------------------------------------------------------------ destinations

    def _exact(self, lines: Sequence[_Line]) -> Iterator[Edit]:
        lost = [line for line in lines if not line.holds]
        if not lost and not self._unasked:
            return
        first = lost[0] if lost else lines[-1]
        reasons = any(getattr(e.outcome, "reason", None) for line in lost for e in line.expects)
        kept = [expect.outcome for expect in first.kept if not isinstance(expect.outcome, str)]
        yield self._written(first, _destinations([*kept, *self._unasked], reasons))
        for line in lost[1:]:
            yield self._written(line, [_part(line, line.kept)] if line.kept else [])

    def _excluded(self, lines: Sequence[_Line], is_exact: bool) -> Iterator[Edit]:
        """Where a test says where its letter goes, it need not say that it does go where it should not."""
        lost = [line for line in lines if not line.holds]
        told = is_exact
        for line in lost:
            texts = [_part(line, line.kept)] if line.kept else []
            if not told:
                going = [p.action for p in self._plan.actions if isinstance(p.action, DESTINATIONS)]
                texts += _destinations(going, reasons=False)
                told = True
            yield self._written(line, texts)

    # ------------------------------------------------------------ everything else

    def _deciding_rules(self) -> list[str]:
        """The rules that asked for the destinations, but for those that the test expects already."""
        asked = [t for p in self._plan.actions if isinstance(p.action, DESTINATIONS) for t in p.rules]
        expected = {e.outcome for line in self._lines for e in line.kept if not e.negated}
        return [title for title in dict.fromkeys(asked) if title not in expected]

    def _turned(self, line: _Line, rules: list[str]) -> Edit:
        negated, outcome = line.expects[0].negated, line.expects[0].outcome
        if isinstance(outcome, str):
            title = rules.pop(0) if rules and not negated else None
            if title is not None:
                return self._written(line, [f"expect rule {_quoted(title)}"])
        lost = [expect for expect in line.expects if expect not in line.kept]
        texts = [_part(line, line.kept)] if line.kept else []
        return self._written(line, [*texts, _turned(_part(line, lost), negated)])

    # ------------------------------------------------------------ text

    def _written(self, line: _Line, texts: Sequence[str]) -> Edit:
        """The line with these statements in its place, each on a line of its own if it has one."""
        span = line.node.span
        if not texts:
            return self._removed(line)
        indent = _indent(span)
        return Edit(span, ("; " if indent is None else f"\n{indent}").join(texts))

    def _removed(self, line: _Line) -> Edit:
        span = line.node.span
        whole = own_line(span)
        if whole is not None:
            return Edit(whole, "")
        if _indent(span) is not None:  # a comment behind it stays
            text = span.source.text
            end = span.end + len(text[span.end :]) - len(text[span.end :].lstrip(" \t;"))
            return Edit(span.source.span(span.start, end), "")
        edit = removal(self._row, line.number)
        if edit is None:
            raise Inexpressible("a comment stands in the way of a line that has to go")
        return edit


def _indent(span: Span) -> str | None:
    """What stands before a statement that begins its line; None where something else does."""
    text = span.source.text
    before = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    return before if not before.strip() else None


def _destinations(actions: Sequence[Action], reasons: bool) -> list[str]:
    """The `expect` lines for these, departments on one line. `reasons`: say why, too, where the plan does."""
    names = list(dict.fromkeys(a.department for a in actions if isinstance(a, Assign)))
    lines = [f"expect assign {', '.join(names)}"] if names else []
    return lines + [f"expect {_action(a, reasons)}" for a in actions if not isinstance(a, Assign)]


def _action(action: Action, reasons: bool) -> str:
    match action:
        case FileInto(folder=folder):
            return f"file {_quoted(folder)}"
        case Forward(address=address):
            return f"forward {address}"
        case Propose(department=name):
            return f"propose {name}"
        case Quarantine(reason=reason) | Triage(reason=reason):
            word = "quarantine" if isinstance(action, Quarantine) else "triage"
            return f"{word} {_quoted(reason)}" if reason and reasons else word
        case AssignSame():
            raise Inexpressible("where a thread lives is no expectation")
    return "discard"


def _part(line: _Line, expects: Sequence[Expect]) -> str:
    """The line as it is written, with some of its operands only: `expect tag a` of `expect tag a, b`."""
    action, text = line.node.action, line.node.span.text
    if len(expects) == len(line.expects) or action is None:
        return text
    operands = action.operands
    if len(operands) != len(line.expects):
        raise Inexpressible(f"`{text}` does not name one thing a word")
    chosen = [o.span.text for o, e in zip(operands, line.expects, strict=True) if any(e is each for each in expects)]
    start, end = operands[0].span.start - line.node.span.start, operands[-1].span.end - line.node.span.start
    return text[:start] + ", ".join(chosen) + text[end:]


def _turned(text: str, negated: bool) -> str:
    """With `not` behind `expect`, or without it."""
    _, rest = text.split("expect", 1)
    if not negated:
        return f"expect not{rest}"
    return "expect " + rest.lstrip().removeprefix("not").lstrip()


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
