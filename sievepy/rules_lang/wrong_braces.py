"""Braces: a block never closed, a `}` too many, a header without `{`, an empty block.

Each check looks at the place where the parser stopped, and answers with a diagnostic or with None.
"""

from __future__ import annotations

from sievepy.rules_lang.beginnings import begins_action, begins_condition, insert_before
from sievepy.rules_lang.keywords import NAMED
from sievepy.rules_lang.lexemes import Kind, Lexeme, OpenBlock, Stop
from sievepy.text import Diagnostic, Edit, Fix, Label
from sievepy.text.diagnostic import error


def unclosed_block(stop: Stop) -> Diagnostic | None:
    """The piece ends inside a block, or a statement begins that cannot stand in the block it is in."""
    if not stop.blocks or not stop.unclosed:
        return None
    if stop.here is None:
        return _never_closed(stop, _suspect(stop) or stop.unclosed[-1], None)
    ends_block = begins_action(stop) or stop.here.text == "unless"
    if stop.in_conditions and ends_block and not stop.statement:
        return _never_closed(stop, _suspect(stop) or stop.blocks[-1], stop.here)
    return None


def _suspect(stop: Stop) -> OpenBlock | None:
    """The block that lacks its brace, by the indentation: a `}` on a line of its own that stands under the opening line
    of an outer block was not meant for the inner one."""
    opened: list[OpenBlock] = []
    for i, lexeme in enumerate(stop.row):
        if lexeme.kind is Kind.OPEN:
            opened.append(OpenBlock(lexeme, stop.row[i - 1] if i else None))
        elif lexeme.kind is Kind.CLOSE and opened:
            indent = _indent(stop, lexeme)
            outer = any(_indent(stop, block.brace) == indent for block in opened[:-1])
            if outer and not _same_line(stop, lexeme) and _indent(stop, opened[-1].brace) > indent:
                return opened[-1] if stop.here is None or opened[-1].brace.start < stop.here.start else None
            opened.pop()
    return None


def _indent(stop: Stop, lexeme: Lexeme) -> int:
    line = stop.source.line(stop.source.location(lexeme.start)[0])
    return len(line) - len(line.lstrip())


def _never_closed(stop: Stop, block: OpenBlock, here: Lexeme | None) -> Diagnostic:
    span = stop.span(block.brace) if block.opener is None else stop.span(block.opener, block.brace)
    name = f"`{block.word} {{`" if block.opener is not None and block.opener.kind is Kind.WORD else "`{`"
    labels: tuple[Label, ...] = ()
    fixes: tuple[Fix, ...] = ()
    if here is not None:
        labels = (Label(stop.span(here), f"`{here.text}` cannot stand inside it"),)
        fixes = insert_before("close it with `}`", stop.span(here), "} " if _same_line(stop, here) else "}\n")
    elif stop.row:
        end = stop.row[-1].start if stop.row[-1].kind is Kind.END else stop.row[-1].end
        fixes = (Fix("close it with `}`", (Edit(stop.source.span(end, end), "\n" + "}" * len(stop.unclosed)),)),)
    return error("E018", f"{name} is never closed", span, help="close it with `}`", labels=labels, fixes=fixes)


def _same_line(stop: Stop, lexeme: Lexeme) -> bool:
    """Whether something stands before the lexeme on its line."""
    start = stop.source.text.rfind("\n", 0, lexeme.start) + 1
    return bool(stop.source.text[start : lexeme.start].strip())


def stray_brace(stop: Stop) -> Diagnostic | None:
    """A `}` that closes nothing."""
    here = stop.here
    if here is None or here.kind is not Kind.CLOSE or stop.blocks:
        return None
    span = stop.span(here)
    fix = Fix("delete it", (Edit(span, ""),))
    return error("E019", "`}` closes nothing", span, help="delete it, or look for a missing `{` above", fixes=(fix,))


def closed_too_early(stop: Stop) -> Diagnostic | None:
    """A declaration that is complete, and then goes on: a brace too many closed it."""
    if not stop.piece.tail or stop.statement or stop.here is None or "RULE" not in stop.accepts:
        return None
    if not (begins_action(stop) or begins_condition(stop) or stop.here.text in ("when", "unless", "expect")):
        return None
    span = stop.span(stop.here)
    help_text = "it belongs between the braces of a rule; look for a `}` too many above it"
    return error("E019", f"`{stop.here.text}` stands outside every block", span, help=help_text)


def closes_too_much(stop: Stop) -> Diagnostic | None:
    """A `}` that closes the declaration before it is complete, where more of it follows."""
    here = stop.here
    if here is None or here.kind is not Kind.CLOSE or not stop.piece.continued or len(stop.blocks) != 1:
        return None
    if stop.index != len(stop.row) - 1:
        return None
    fix = Fix("delete it", (Edit(stop.span(here), ""),))
    name = f"`{stop.row[0].text}`"
    return error("E019", f"this `}}` ends the {name} too early", stop.span(here), help="delete it", fixes=(fix,))


def empty_block(stop: Stop) -> Diagnostic | None:
    here, before = stop.here, stop.look(-1)
    if before is not None and before.kind is Kind.END:
        before = stop.look(-2)
    if here is None or here.kind is not Kind.CLOSE or before is None or before.kind is not Kind.OPEN or not stop.blocks:
        return None
    block = stop.blocks[-1]
    span = stop.span(block.opener or block.brace, here)
    return error("E032", "the block is empty", span, help="a block holds at least one line")


def bare_block(stop: Stop) -> Diagnostic | None:
    """`when { … }`: whether all or any of it is meant has to be said."""
    here = stop.here
    if here is None or here.kind is not Kind.OPEN or not {"ANY", "ALL"} <= stop.accepts:
        return None
    span = stop.span(here)
    help_text = "write `all {`, `any {` or `none {`"
    return error(
        "E046",
        "a block of tests without its word",
        span,
        help=help_text,
        fixes=insert_before("write `all {`", span, "all "),
    )


def missing_brace(stop: Stop) -> Diagnostic | None:
    """A header without `{`."""
    if "LBRACE" not in stop.accepts or (stop.here is not None and stop.here.kind is Kind.OPEN):
        return None
    before = stop.look(-1)
    if before is None:
        return None
    end = stop.source.span(before.end, before.end)
    if stop.blocks:
        return error("E039", f"`{{` is missing behind `{before.text}`", stop.span(before), help="write `{`")
    header = stop.span(stop.row[0], before)
    fixes = insert_before("write `{`", end, " {")
    return error("E039", "`{` is missing", header, help="write `{` at the end of the line", fixes=fixes)


def untitled(stop: Stop) -> Diagnostic | None:
    """A header whose word the brace follows at once."""
    here, before = stop.here, stop.look(-1)
    if here is None or here.kind is not Kind.OPEN or before is None or stop.blocks:
        return None
    if before.text in NAMED:
        help_text = f"write `{before.text} NAME {{`"
        return error("E040", f"the {before.text} has no name", stop.span(before), help=help_text)
    if before.text not in ("rule", "test"):
        return None
    fixes = insert_before("write a title", stop.source.span(before.end, before.end), ' "…"')
    return error("E044", f"the {before.text} has no title", stop.span(before), help='write a title: `"…"`', fixes=fixes)
