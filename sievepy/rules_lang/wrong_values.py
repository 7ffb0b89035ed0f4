"""A value that is not what its place takes: quotes forgotten or too many, a regex, an operator of other languages.

Each check looks at the place where the parser stopped, and answers with a diagnostic or with None.
"""

from __future__ import annotations

import re

from sievepy.rules_lang.keywords import BLOCKS, FIELDS, KEYWORDS, OPERATORS
from sievepy.rules_lang.lexemes import Kind, Lexeme, Stop
from sievepy.text import Diagnostic, Edit, Fix, Span
from sievepy.text.diagnostic import error

_EQUALS = {"=": "is", "==": "is", "===": "is", ":": "is", "=~": "matches"}
_NEGATED = {"!=": "is", "!~": "matches"}
_FILLERS = ("any", "all", "of", "one", "either", "each")
_PLAIN_VALUE = re.compile(r"[^\s\"«»“”„,;{}#<>@.'`][^\s\"«»“”„,;{}#<>.]*(?:\.[^\s\"«»“”„,;{}#<>.]+)*")
_UNIT = re.compile(r"[A-Za-z]{1,3}")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def _replace(message: str, span: Span, text: str) -> tuple[Fix, ...]:
    return (Fix(message, (Edit(span, text),)),)


def foreign_operator(stop: Stop) -> Diagnostic | None:
    """`=`, `!=`, `contains any of`."""
    here, before = stop.here, stop.look(-1)
    if here is None:
        return None
    span = stop.span(here)
    if before is not None and before.kind is Kind.OPERATOR and before.text in (":", "=", "=="):
        fixes = _replace(f"leave out `{before.text}`", stop.span(before), "")
        message = f"unexpected `{before.text}`"
        return error("E023", message, stop.span(before), help=f"leave out `{before.text}`", fixes=fixes)
    if here.kind is Kind.OPERATOR and "IS" in stop.accepts and here.text in _EQUALS:
        word = _EQUALS[here.text]
        fixes = _replace(f"write `{word}`", span, f" {word} ")
        return error("E023", f"unexpected `{here.text}`", span, help=f"write `{word}`", fixes=fixes)
    if here.kind is Kind.OPERATOR and "IS" in stop.accepts and here.text in _NEGATED:
        help_text = f"write `not {_field_text(stop)} {_NEGATED[here.text]} …`"
        return error("E023", f"unexpected `{here.text}`", span, help=help_text)
    return _filler(stop, here)


def _field_text(stop: Stop) -> str:
    words = [lexeme.text for lexeme in stop.statement if lexeme.text in FIELDS or lexeme.text in ("name", "ip")]
    return " ".join(words) or "FIELD"


def _filler(stop: Stop, here: Lexeme) -> Diagnostic | None:
    """`contains any of "a", "b"`: a comma says that already."""
    before = stop.look(-1)
    if before is None or before.text not in (*OPERATORS, *BLOCKS):
        return None
    if here.kind is not Kind.WORD or here.text not in _FILLERS:
        return None
    last = here
    for lexeme in stop.rest[1:]:
        if lexeme.text not in _FILLERS:
            break
        last = lexeme
    whole = stop.span(here, last)
    if here.text == "all":
        help_text = 'all of several words are `mentions all of "…", "…" within 6`'
        return error("E023", f"unexpected `{whole.text}`", whole, help=help_text)
    fixes = _replace(f"leave out `{whole.text}`", whole, "")
    help_text = f"write `{before.text} {{`" if before.text in BLOCKS else "leave it out: a comma means *any of*"
    return error("E023", f"unexpected `{whole.text}`", whole, help=help_text, fixes=fixes)


def misplaced_regex(stop: Stop) -> Diagnostic | None:
    """A regex behind another operator, or `matches` without one."""
    here, before = stop.here, stop.look(-1)
    if here is None or before is None:
        return None
    if stop.accepts <= {"REGEX"} and "REGEX" in stop.accepts:
        return _not_a_regex(stop, here)
    if here.kind is Kind.REGEX and before.text in OPERATORS:
        fixes = _replace("write `matches`", stop.span(before), "matches")
        message = f"a regex stands behind `matches`, not behind `{before.text}`"
        return error("E025", message, stop.span(here), help=f"write `matches {here.text}`", fixes=fixes)
    return None


def _not_a_regex(stop: Stop, here: Lexeme) -> Diagnostic | None:
    if here.kind not in (Kind.STRING, Kind.WORD, Kind.REFERENCE):
        return None
    span = stop.span(here)
    inner = here.text[1:-1] if here.kind is Kind.STRING else here.text
    regex = "/" + inner.replace("/", "\\/") + "/"
    fixes = _replace(f"write `{regex}`", span, regex) if here.kind is not Kind.REFERENCE else ()
    return error("E025", "`matches` takes a regex between slashes", span, help=f"write `{regex}`", fixes=fixes)


def missing_quotes(stop: Stop) -> Diagnostic | None:
    """Words where a string has to stand."""
    here = stop.here
    wanted = "STRING" in stop.accepts and "WORD" not in stop.accepts
    if here is None or here.kind not in (Kind.WORD, Kind.REGEX) or not wanted or not _stands_for_string(stop):
        return None
    words = _run(stop, (Kind.WORD, Kind.REGEX))
    span = stop.span(here, words[-1])
    if '"' in span.text or "\\" in span.text or "\n" in span.text:
        return error("E024", f"`{span.text}` needs quotes", span, help="write it as a string")
    quoted = f'"{span.text}"'
    advice = f"write `{quoted}`" + (f", or `@{here.text}` for a list of phrases" if "REFERENCE" in stop.accepts else "")
    code = "E044" if stop.declaration in ("rule", "test") and not stop.blocks else "E024"
    message = f"a title is a string: `{span.text}` needs quotes" if code == "E044" else f"`{span.text}` needs quotes"
    return error(code, message, span, help=advice, fixes=_replace(f"write `{quoted}`", span, quoted))


def _stands_for_string(stop: Stop) -> bool:
    """Whether nothing but a string could be meant: a string may be left out where a line may end, too."""
    before, here = stop.look(-1), stop.here
    assert here is not None
    optional = bool({"_SEP", "LBRACE"} & stop.accepts)
    return before is not None and not (optional and here.text in KEYWORDS)


def _run(stop: Stop, kinds: tuple[Kind, ...]) -> list[Lexeme]:
    """The unexpected lexeme and those of the same kinds behind it."""
    run: list[Lexeme] = []
    in_header = bool(stop.statement) and stop.statement[-1].text == "header"
    for lexeme in stop.rest:
        if lexeme.kind not in kinds or (in_header and lexeme.text in OPERATORS):
            break
        run.append(lexeme)
    return run


def unwanted_quotes(stop: Stop) -> Diagnostic | None:
    """A string where a name or a value has to stand."""
    here, before = stop.here, stop.look(-1)
    if here is None or here.kind is not Kind.STRING or "WORD" not in stop.accepts or "STRING" in stop.accepts:
        return None
    span = stop.span(here)
    inner = here.text[1:-1]
    if before is not None and len(stop.row) > stop.index and stop.blocks == () and stop.declaration != "condition":
        message = f"`{before.text}` needs a name before its title"
        return error("E040", message, span, help=f"write `{before.text} NAME {here.text}`")
    fixes = _replace(f"write `{inner}`", span, inner) if _PLAIN_VALUE.fullmatch(inner) else ()
    help_text = f"write `{inner}`" if fixes else "names and values are written without quotes"
    return error("E047", f"{here.text} is not a string here but a name or a value", span, help=help_text, fixes=fixes)


def unwanted_reference(stop: Stop) -> Diagnostic | None:
    """`assign @buh`: `@` belongs to lists, phrases, networks and hours."""
    here = stop.here
    if here is None or here.kind is not Kind.REFERENCE or not {"WORD", "STRING"} & stop.accepts:
        return None
    if "REFERENCE" in stop.accepts:
        return None
    span = stop.span(here)
    name = here.text[1:]
    if "WORD" in stop.accepts:
        fixes = _replace(f"write `{name}`", span, name)
        help_text = f"write `{name}`"
    else:
        fixes, help_text = (), "here a string has to stand"
    return error("E048", f"unexpected `{here.text}`: `@` is not written here", span, help=help_text, fixes=fixes)


def missing_comma(stop: Stop) -> Diagnostic | None:
    """Two values side by side."""
    here, before = stop.here, stop.look(-1)
    values = (Kind.STRING, Kind.REFERENCE, Kind.REGEX, Kind.WORD)
    if here is None or before is None or "_COMMA" not in stop.accepts:
        return None
    if here.kind not in values or before.kind not in values or here.text in KEYWORDS or here.text.startswith("("):
        return None
    if before.kind is Kind.WORD and here.kind is not Kind.WORD:
        return None
    span = stop.span(here)
    gap = stop.source.span(before.end, before.end)
    fixes = _replace("put a comma between them", gap, ",")
    return error("E033", f"a comma is missing before {_shown(here)}", span, help="write a comma", fixes=fixes)


def _shown(lexeme: Lexeme) -> str:
    return lexeme.text if lexeme.kind is Kind.STRING else f"`{lexeme.text}`"


def malformed_value(stop: Stop) -> Diagnostic | None:
    """`25 MB`, `x-com.kz.`, `a..b`, `.kz`."""
    here, before = stop.here, stop.look(-1)
    if here is None or here.kind is not Kind.WORD:
        return None
    span = stop.span(here)
    if before is not None and _NUMBER.fullmatch(before.text) and _UNIT.fullmatch(here.text):
        joined = before.text + here.text
        fixes = _replace(f"write `{joined}`", stop.span(before, here), joined)
        whole = stop.span(before, here)
        return error("E045", "number and unit are one word", whole, help=f"write `{joined}`", fixes=fixes)
    right = re.sub(r"\.{2,}", ".", here.text).strip(".'`")
    if right and right != here.text and _PLAIN_VALUE.fullmatch(right):
        fixes = _replace(f"write `{right}`", span, right)
        return error("E045", f"`{here.text}` is not a value", span, help=f"write `{right}`", fixes=fixes)
    return None


def missing_within(stop: Stop) -> Diagnostic | None:
    """`mentions all of …` without the distance."""
    texts = [lexeme.text for lexeme in stop.statement]
    if "WITHIN" not in stop.accepts or "mentions" not in texts or stop.here is None or stop.here.text == "within":
        return None
    if stop.here.kind not in (Kind.END, Kind.CLOSE):
        return None
    start = next(lexeme for lexeme in stop.statement if lexeme.text == "mentions")
    last = stop.statement[-1]
    fixes = _replace("add `within 6`", stop.source.span(last.end, last.end), " within 6")
    help_text = "say how far apart the words may be: `within 6`"
    return error("E041", "`mentions all of` needs `within`", stop.span(start, last), help=help_text, fixes=fixes)
