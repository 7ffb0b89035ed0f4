"""What can be wrong inside a word that the grammar accepts: the spelling of a name, an escape in a string."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.rules_lang.keywords import REFUSED_NAMES
from sievepy.rules_lang.lookalikes import scripts, to_cyrillic, to_latin
from sievepy.rules_lang.strings import BadEscape
from sievepy.text import Diagnostic, Edit, Fix, Span
from sievepy.text.diagnostic import error


def check_name(text: str, span: Span) -> Iterator[Diagnostic]:
    """What is wrong with a name where it is declared; nothing, for nearly every name."""
    if text in REFUSED_NAMES:
        yield error(
            "E015", f"`{text}` is a word of the language and cannot be a name", span, help="choose another name"
        )
    elif not _is_name(text):
        message = f"`{text}` is not a name"
        yield error("E016", message, span, help="a name is letters, digits, `_` and `-`, with at least one letter")
    elif not text.isascii() and len(scripts(text)) > 1:
        yield _mixed_scripts(text, span)


def _is_name(text: str) -> bool:
    """Letters, marks, digits, `_` and `-`, with a letter among them. A mark belongs to the letter before it."""
    if text.isascii():
        return text.replace("-", "").replace("_", "").isalnum() and not text.replace("-", "").replace("_", "").isdigit()
    from unicodedata import category

    kinds = {category(char)[0] for char in text if char not in "_-"}
    return kinds <= {"L", "M", "N"} and "L" in kinds


def _mixed_scripts(text: str, span: Span) -> Diagnostic:
    written = " and ".join(sorted(script.capitalize() for script in scripts(text)))
    single = to_latin(text) or to_cyrillic(text)
    if single is None:
        return error("E014", f"`{text}` mixes {written} letters", span, help="write a name in one script")
    fix = Fix(f"write `{single}`", (Edit(span, single),))
    return error(
        "E014", f"`{text}` mixes {written} letters", span, help=f"write `{single}` in one script", fixes=(fix,)
    )


def bad_escape(escape: BadEscape, string: Span) -> Diagnostic:
    """An escape that means nothing; the fix makes its backslash a plain one."""
    span = Span(string.source, string.start + escape.start, string.start + escape.end)
    fix = Fix("write a plain backslash as `\\\\`", (Edit(span, "\\" + escape.text),))
    known = '`\\"`, `\\\\`, `\\n`, `\\t`, `\\u{41F}`'
    help_text = f"escapes are {known}; a plain backslash is `\\\\`"
    return error("E007", f"unknown escape `{escape.text}`", span, help=help_text, fixes=(fix,))
