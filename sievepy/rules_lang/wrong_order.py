"""The order of a rule's clauses: a missing `when`, a second one, an action above it, a second test below it.

Each check looks at the place where the parser stopped, and answers with a diagnostic or with None.
"""

from __future__ import annotations

from sievepy.rules_lang.beginnings import begins_action, begins_condition, insert_before
from sievepy.rules_lang.lexemes import Kind, Stop
from sievepy.text import Diagnostic, Label
from sievepy.text.diagnostic import error

_MODIFIERS = frozenset(("observe", "off", "priority"))


def repeated_clause(stop: Stop) -> Diagnostic | None:
    """A second `when` or `unless`."""
    here = stop.here
    if here is None or here.text not in ("when", "unless") or not stop.blocks or stop.in_conditions:
        return None
    earlier = [lexeme for lexeme in stop.row[: stop.index] if lexeme.text == here.text and lexeme.kind is Kind.WORD]
    if not earlier:
        return None
    labels = (Label(stop.span(earlier[0]), "the first one"),)
    help_text = f"join the two with `{'any' if here.text == 'unless' else 'all'} {{ … }}`"
    return error("E027", f"a rule has one `{here.text}`", stop.span(here), labels=labels, help=help_text)


def wrong_order(stop: Stop) -> Diagnostic | None:
    """An action above `when`; `unless` or a modifier below what it has to stand above."""
    here = stop.here
    if here is None or here.kind is not Kind.WORD or stop.declaration != "rule" or len(stop.blocks) != 1:
        return None
    span = stop.span(here)
    if begins_action(stop) and "WHEN" in stop.accepts and _has_when(stop):
        return error("E028", f"`{here.text}` stands above `when`", span, help="actions stand below the condition")
    if here.text == "unless" and "when" in _texts(stop):
        return error("E028", "`unless` stands below an action", span, help="write it below `when`, above all actions")
    if here.text in _MODIFIERS and "when" in _texts(stop):
        return error("E028", f"`{here.text}` stands below `when`", span, help="write it above `when`")
    return None


def _texts(stop: Stop) -> list[str]:
    """The words before the stop."""
    return [lexeme.text for lexeme in stop.row[: stop.index] if lexeme.kind is Kind.WORD]


def _has_when(stop: Stop) -> bool:
    return any(lexeme.text == "when" and lexeme.kind is Kind.WORD for lexeme in stop.row[stop.index :])


def missing_when(stop: Stop) -> Diagnostic | None:
    """A rule whose test, action or end comes first."""
    here = stop.here
    if here is None or "WHEN" not in stop.accepts or stop.declaration not in ("rule", "condition"):
        return None
    span = stop.span(here)
    if begins_condition(stop) or here.text == "unless":
        fixes = () if here.text == "unless" else insert_before("write `when`", span, "when ")
        return error("E026", f"`when` is missing before `{here.text}`", span, help="write `when`", fixes=fixes)
    if begins_action(stop) or here.kind is Kind.CLOSE:
        head = stop.span(stop.row[0], stop.row[min(1, stop.index)])
        help_text = "write `when` and a condition; for letters that no rule decides there is `otherwise`"
        return error("E026", "the rule has no `when`", head, help=help_text)
    return None


def otherwise_with_condition(stop: Stop) -> Diagnostic | None:
    here = stop.here
    if here is None or stop.declaration != "otherwise" or len(stop.blocks) != 1:
        return None
    if here.text not in ("when", "unless") and not begins_condition(stop):
        return None
    help_text = "it runs when no rule has decided; for a condition write a rule above it"
    return error("E031", "`otherwise` has no condition", stop.span(here), help=help_text)


def implied_and(stop: Stop) -> Diagnostic | None:
    """A second test under `when`, as if `and` stood between the two."""
    if stop.declaration != "rule" or len(stop.blocks) != 1 or "when" not in _texts(stop):
        return None
    at = 0
    if stop.here is not None and stop.statement:
        at = -len(stop.statement)  # `subject mentions` and `reply to known` begin like actions
    first = stop.look(at)
    if first is None or not begins_condition(stop, at) or not _on_new_line(stop, at):
        return None
    help_text = "put the tests into `all { … }` or `any { … }`"
    labels = _brace_above(stop, at)
    return error("E042", "a second test under `when`", stop.span(first), help=help_text, labels=labels)


def _brace_above(stop: Stop, distance: int) -> tuple[Label, ...]:
    """The `}` that ends the line above: it may be the mistake."""
    above = stop.look(distance - 2)
    if above is None or above.kind is not Kind.CLOSE:
        return ()
    return (Label(stop.span(above), "the block ends here"),)


def _on_new_line(stop: Stop, distance: int) -> bool:
    before = stop.look(distance - 1)
    return before is not None and before.kind is Kind.END


def no_actions(stop: Stop) -> Diagnostic | None:
    """A rule that ends behind its condition."""
    here = stop.here
    if here is None or here.kind is not Kind.CLOSE or stop.declaration != "rule" or len(stop.blocks) != 1:
        return None
    if "when" not in _texts(stop) or not {"_SEP", "ASSIGN"} & stop.accepts:
        return None
    head = stop.span(stop.row[0], stop.row[min(1, stop.index)])
    return error("E043", "the rule does nothing", head, help="write an action: `assign NAME`, `tag NAME`, …")
