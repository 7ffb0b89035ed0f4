"""Mistakes of the text itself: what cannot be seen, what is too much, a comma that swallows a statement."""

from __future__ import annotations

import re
import unicodedata

from sievepy.rules_lang.faults import Fault, Repair
from sievepy.text import Diagnostic, Edit, Fix, SourceFile, Span
from sievepy.text.diagnostic import error

MAX_SIZE = 32 * 1024 * 1024
"""Characters of a file."""

DIRECTION_MARK = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What reorders the text that a reader sees, and so is refused even in comments."""

_FIRST_WORD = re.compile(r"\S+")


def too_large(source: SourceFile) -> Diagnostic:
    span = source.span(MAX_SIZE, MAX_SIZE + 1)
    return error("E001", "the file is longer than 32 MiB", span, help="split it, and `include` the parts")


def too_deep(source: SourceFile, start: int, limit: int) -> Fault:
    help_text = "name an inner part: `condition NAME when …`"
    span = source.span(start, start + 1)
    return Fault(error("E002", f"conditions are nested more than {limit} deep", span, help=help_text), start + 1)


def too_long(source: SourceFile, start: int, end: int, limit: int) -> Fault:
    return Fault(error("E003", f"longer than {limit:,} characters", source.span(start, end)), end)


def invisible(source: SourceFile, start: int) -> Fault:
    """A zero-width or control character where only its absence can be meant."""
    char = source.text[start]
    span = source.span(start, start + 1)
    name = unicodedata.name(char, "control character").lower()
    fix = Fix("delete it", (Edit(span, ""),), safe=True)
    diagnostic = error("E011", f"invisible character U+{ord(char):04X} ({name})", span, help="delete it", fixes=(fix,))
    return Fault(diagnostic, start + 1, (Repair(start, " "),))


def comma_continues(source: SourceFile, start: int, word: str) -> Fault:
    """A comma at a line's end where the next line begins a statement: the comma goes."""
    span = source.span(start, start + 1)
    fix = Fix("remove the comma", (Edit(span, ""),))
    message = f"the comma joins the next line, which begins with `{word}`"
    diagnostic = error("E013", message, span, help="remove the comma at the end of the line", fixes=(fix,))
    return Fault(diagnostic, start + 1, (Repair(start, " "),))


def same_line(source: SourceFile, position: int) -> Diagnostic:
    """A declaration behind another one's closing brace, which stands before `position`."""
    match = _FIRST_WORD.search(source.text, position)
    start, end = match.span() if match is not None else (position, position)
    word = source.span(start, end)
    fix = Fix("begin a new line", (Edit(source.span(start, start), "\n"),), safe=True)
    message = f"`{word.text}` begins a declaration and needs a line of its own"
    return error("E029", message, word, help="begin a new line before it", fixes=(fix,))


def late_include(span: Span) -> Diagnostic:
    return error("E035", "`include` stands only at the top of a file", span, help="move it above all declarations")
