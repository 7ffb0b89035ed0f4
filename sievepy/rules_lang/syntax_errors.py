"""Why a piece did not parse: one diagnostic, the likeliest.

`explain` asks one check after another, the most particular first; the first that recognises its mistake answers.
What none recognises is told as what was found and what could have stood there.
"""

from __future__ import annotations

from collections.abc import Callable

from sievepy.rules_lang import wrong_braces, wrong_lines, wrong_order, wrong_values, wrong_words
from sievepy.rules_lang.cutter import Piece
from sievepy.rules_lang.expected import describe
from sievepy.rules_lang.lexemes import Kind, Stop
from sievepy.text import Diagnostic, SourceFile
from sievepy.text.diagnostic import error

Check = Callable[[Stop], Diagnostic | None]

_CHECKS: tuple[Check, ...] = (
    wrong_words.look_alike,
    wrong_words.foreign_word,
    wrong_braces.stray_brace,
    wrong_lines.field_conjunction,
    wrong_words.conjunction,
    wrong_lines.comma_before_statement,
    wrong_lines.misplaced_not,
    wrong_values.foreign_operator,
    wrong_braces.closes_too_much,
    wrong_braces.empty_block,
    wrong_braces.bare_block,
    wrong_braces.unclosed_block,
    wrong_order.otherwise_with_condition,
    wrong_order.repeated_clause,
    wrong_order.wrong_order,
    wrong_lines.missing_expect,
    wrong_values.misplaced_regex,
    wrong_values.missing_quotes,
    wrong_values.unwanted_quotes,
    wrong_values.unwanted_reference,
    wrong_braces.untitled,
    wrong_words.unknown_word,
    wrong_braces.missing_brace,
    wrong_order.missing_when,
    wrong_lines.not_here,
    wrong_order.implied_and,
    wrong_values.malformed_value,
    wrong_values.missing_within,
    wrong_lines.same_line,
    wrong_values.missing_comma,
    wrong_lines.comma_between_statements,
    wrong_words.misspelt,
    wrong_lines.missing_operator,
    wrong_order.no_actions,
    wrong_braces.closed_too_early,
    wrong_lines.missing_word,
    wrong_lines.incomplete,
)


def explain(source: SourceFile, piece: Piece, offset: int, accepts: frozenset[str]) -> Diagnostic:
    """The diagnostic for a piece whose parser stopped at `offset` of its text, where it would have taken one of the
    terminals `accepts`."""
    stop = Stop(source, piece, offset, accepts)
    for check in _CHECKS:
        diagnostic = check(stop)
        if diagnostic is not None:
            return diagnostic
    return _unexpected(stop)


def _unexpected(stop: Stop) -> Diagnostic:
    expected = describe(stop.accepts)
    help_text = f"expected {expected}" if expected else None
    here = stop.here
    if here is not None and here.kind is Kind.STRING and "EVERY" in stop.accepts:
        help_text = f"a test begins with its field: `subject mentions {here.text}`"
    if here is None:
        return error("E020", "unexpected end", stop.span_here, help=help_text)
    shown = (
        "end of the line"
        if here.kind is Kind.END
        else here.text
        if here.kind is Kind.STRING
        else f"`{here.text[:60].rstrip()}`"
    )
    return error("E020", f"unexpected {shown}", stop.span_here, help=help_text)
