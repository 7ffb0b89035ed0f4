"""Why a string does not end: the newline came first, the quotes are of two kinds, or one pair stands in another."""

from __future__ import annotations

import re

from sievepy.rules_lang.faults import Fault, Repair
from sievepy.rules_lang.strings import CLOSERS
from sievepy.text import Edit, Fix, SourceFile, Span
from sievepy.text.diagnostic import error

_FOREIGN_CLOSERS = {'"': "»”“", "«": '"”“', "“": '"“»', "„": '”"»'}
"""What somebody closes a string with, by what opened it, the likeliest first."""

_NEVER_OPENERS = {"»": "«", "”": '”“"', "'": "'", "`": "`'", "‘": "’", "’": "’", "‚": "‘’", "‹": "›"}
"""Quotes that open no string here, and what closes them elsewhere."""

_TRAILING_BRACES = re.compile(r"[\s;]*(?:\{\s*|\}[\s;}]*)?(?:#[^\"«»“”„]*)?\Z")
_HEADER_LINE = re.compile(r"^[^\S\n]*(?:(?:session[^\S\n]+)?rule|test)[^\S\n]*[\"«“„]", re.MULTILINE)


def explain(source: SourceFile, start: int) -> Fault:
    """Why the quote at `start` begins no string."""
    opener = source.text[start]
    end = _line_end(source.text, start)
    if opener not in CLOSERS:
        return _never_opens(source, start, end)
    nested_end = _nested_end(source.text, start, end)
    if nested_end is not None:
        return _nested(source, start, nested_end)
    for closer in _FOREIGN_CLOSERS[opener]:
        position = source.text.find(closer, start + 1, end)
        if position >= 0:
            return _mixed(source, start, position)
    return _mixed_earlier(source, start, end) or _unclosed(source, start, end)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _mixed(source: SourceFile, start: int, closer: int, end: int | None = None) -> Fault:
    """`«…"`: the pair is made one by changing its closer."""
    text = source.text
    right = CLOSERS[text[start]]
    fix = Fix(f"close it with `{right}`", (Edit(source.span(closer, closer + 1), right),))
    diagnostic = error(
        "E005",
        f"a string that begins with `{text[start]}` ends with `{right}`, not with `{text[closer]}`",
        source.span(start, closer + 1),
        help=f"close it with `{right}`",
        fixes=(fix,),
    )
    return Fault(diagnostic, closer + 1 if end is None else end, (Repair(closer, right),))


def _mixed_earlier(source: SourceFile, start: int, end: int) -> Fault | None:
    """`"a», "b"`: the quote at `start` is only what was left over by a mixed pair before it on the line."""
    line_start = source.text.rfind("\n", 0, start) + 1
    match = re.compile(r'"[^"«“„\n]*([»”])').search(source.text, line_start, start)
    return None if match is None else _mixed(source, match.start(), match.start(1), _resume(source.text, start, end))


def _nested_end(text: str, start: int, end: int) -> int | None:
    """Where the outer string of a nested pair ends; None if nothing is nested. A second opener must come before the
    first closer, and a closer must come at all."""
    opener, closer = text[start], CLOSERS[text[start]]
    second, first_close = text.find(opener, start + 1, end), text.find(closer, start + 1, end)
    if opener == closer or second < 0 or first_close < second:
        return None
    depth = 0
    for position in range(start, end):
        depth += (text[position] == opener) - (text[position] == closer)
        if depth == 0:
            return position
    return text.rfind(closer, start, end)


def _nested(source: SourceFile, start: int, closer: int) -> Fault:
    span = source.span(start, closer + 1)
    advice = 'write the outer quotes as `"…"`'
    if '"' in span.text:
        return Fault(error("E006", "quotes inside quotes of the same kind", span, help=advice), closer + 1)
    ends = (source.span(start, start + 1), source.span(closer, closer + 1))
    fix = Fix(advice, tuple(Edit(end, '"') for end in ends))
    diagnostic = error("E006", "quotes inside quotes of the same kind", span, help=advice, fixes=(fix,))
    return Fault(diagnostic, closer + 1, tuple(Repair(end.start, '"') for end in ends))


def _unclosed(source: SourceFile, start: int, end: int) -> Fault:
    """The fix closes the string where the line's words end, if that is plain to see."""
    text = source.text
    closer = CLOSERS[text[start]]
    written = text[start + 1 : end]
    fixes: tuple[Fix, ...] = ()
    if not re.search(r"[;{}#,\\]", written):
        stop = start + 1 + len(written.rstrip())
        fixes = (Fix(f"close it with `{closer}`", (Edit(source.span(stop, stop), closer),)),)
    help_text = f"close it with `{closer}` on the same line"
    diagnostic = error(
        "E004", "the string is not closed on its line", source.span(start, start + 1), help=help_text, fixes=fixes
    )
    return Fault(diagnostic, _resume(text, start, end))


def _resume(text: str, start: int, end: int) -> int:
    """Where to read on in a line that cannot be understood: at the braces that end it, so that blocks are still
    counted right."""
    rest = _TRAILING_BRACES.search(text, start + 1, end)
    return end if rest is None else rest.start()


def _never_opens(source: SourceFile, start: int, end: int) -> Fault:
    text = source.text
    quote = text[start]
    message = f"`{quote}` does not begin a string"
    advice = 'strings are written in `"…"`, `«…»`, `“…”` or `„…“`'
    closer = min((p for c in _NEVER_OPENERS[quote] if (p := text.find(c, start + 1, end)) >= 0), default=-1)
    if closer < 0 or '"' in text[start + 1 : closer]:
        return Fault(error("E009", message, source.span(start, start + 1), help=advice), start + 1)
    ends = (source.span(start, start + 1), source.span(closer, closer + 1))
    fix = Fix('write `"…"`', tuple(Edit(end, '"') for end in ends))
    diagnostic = error("E009", message, source.span(start, closer + 1), help=advice, fixes=(fix,))
    return Fault(diagnostic, closer + 1, tuple(Repair(end.start, '"') for end in ends))


def explain_triple(source: SourceFile, start: int, *, after_body: bool) -> Fault:
    """Why the `\"\"\"` at `start` begins no text."""
    text = source.text
    opener = source.span(start, start + 3)
    close = text.find('"""', start + 3)
    if close < 0:
        header = _HEADER_LINE.search(text, start)
        end = len(text) if header is None else header.start()
        return Fault(error("E008", '`"""` is never closed', opener, help='close the text with `"""`'), end)
    if after_body:
        message = 'the text begins on the line below `"""`'
        help_text = 'put it on its own lines, or write `"…"`'
        return Fault(error("E008", message, opener, help=help_text), close + 3)
    return _misplaced_triple(opener, source.span(close, close + 3))


def _misplaced_triple(opener: Span, closer: Span) -> Fault:
    """A text outside `body`; on one line it can be read as a string."""
    fixes: tuple[Fix, ...] = ()
    repairs: tuple[Repair, ...] = ()
    if "\n" not in opener.to(closer).text:
        fixes = (Fix('write `"…"`', (Edit(opener, '"'), Edit(closer, '"'))),)
        repairs = (Repair(opener.start, '  "'), Repair(closer.start, '"  '))
    message = '`"""` may stand only behind `body` in a test'
    return Fault(error("E008", message, opener, help='write `"…"`', fixes=fixes), closer.end, repairs)


def open_regex(source: SourceFile, start: int) -> Fault:
    """A `/` behind `matches` that the line's end comes before."""
    end = _line_end(source.text, start)
    help_text = "close the regex with `/` on the same line; a slash inside it is written `\\/`"
    diagnostic = error("E012", "the regex is not closed on its line", source.span(start, start + 1), help=help_text)
    return Fault(diagnostic, _resume(source.text, start, end))
