"""Where statements begin and end: two on a line, commas between them, one cut short, one in the wrong block.

Each check looks at the place where the parser stopped, and answers with a diagnostic or with None.
"""

from __future__ import annotations

from sievepy.rules_lang.beginnings import CONDITION_WORDS, begins_action, begins_condition, insert_before
from sievepy.rules_lang.expected import describe, words_of
from sievepy.rules_lang.keywords import ACTIONS, FIELDS, OPERATORS
from sievepy.rules_lang.lexemes import Kind, Lexeme, Stop
from sievepy.text import Diagnostic, Edit, Fix
from sievepy.text.diagnostic import error

_BY_USE = ("mentions", "contains", "is", "matches", "exists", "starts", "ends", "like", "has", "in", "pass", "fail")
_OUTCOMES = frozenset((*ACTIONS, "rule"))
_ATTACHMENT_FIELDS = "`name type kind size text`"


def comma_between_statements(stop: Stop) -> Diagnostic | None:
    """A comma where a line has to end, and a comma between fields."""
    here = stop.here
    if here is None or here.kind is not Kind.COMMA:
        return None
    span = stop.span(here)
    if "MENTIONS" in stop.accepts or "IS" in stop.accepts:
        start = stop.statement[0] if stop.statement else here
        following = stop.look(1)
        whole = stop.span(start, following if following is not None and following.kind is Kind.WORD else here)
        help_text = "write a test for each field, on its own line in `any { … }`"
        return error("E022", "a test has one field", whole, help=help_text)
    if "_SEP" in stop.accepts:
        fixes = (Fix("write `;`", (Edit(span, ";"),)),)
        help_text = "statements end with a new line or `;`"
        return error("E036", "a comma between statements", span, help=help_text, fixes=fixes)
    return None


def field_conjunction(stop: Stop) -> Diagnostic | None:
    """`subject and body mentions`, `subject or body contains`."""
    here, before = stop.here, stop.look(-1)
    if here is None or here.text not in ("and", "or", "&", "|", "/", "+") or before is None or "IS" not in stop.accepts:
        return None
    following = stop.look(1)
    whole = stop.span(stop.statement[0], following if following is not None else here)
    help_text = "write a test for each field, on its own line in `any { … }`"
    return error("E022", "a test has one field", whole, help=help_text)


def comma_before_statement(stop: Stop) -> Diagnostic | None:
    """A comma, and then not one more value but the next statement: its first word was read as one, or is refused."""
    here = stop.here
    if here is None:
        return None
    at = 0 if begins_condition(stop) and here.text in (*FIELDS, "not", "every") else -1
    if at == -1 and not _read_as_value(stop, here):
        return None
    comma = stop.look(at - 1)
    if comma is None or comma.kind is not Kind.COMMA:
        return None
    span = stop.span(comma)
    if "\n" in comma.text:
        fix = Fix("remove the comma", (Edit(span, ""),))
        message = f"the comma joins the next line, which begins with `{stop.row[stop.index + at].text}`"
        return error("E013", message, span, help="remove the comma at the end of the line", fixes=(fix,))
    fix = Fix("write `;`", (Edit(span, ";"),))
    help_text = "statements end with a new line or `;`"
    return error("E036", "a comma between statements", span, help=help_text, fixes=(fix,))


def _read_as_value(stop: Stop, here: Lexeme) -> bool:
    """Whether the word before the stop begins a statement, and was taken for one more value."""
    before = stop.look(-1)
    if before is None or before.kind is not Kind.WORD:
        return False
    if here.kind in (Kind.WORD, Kind.STRING) and before.text in ACTIONS:
        return True
    return here.text in OPERATORS and begins_condition(stop, -1)


def same_line(stop: Stop) -> Diagnostic | None:
    """Two statements on a line, or two declarations."""
    here, before = stop.here, stop.look(-1)
    if here is None or before is None or here.kind is not Kind.WORD or "_SEP" not in stop.accepts:
        return None
    begins = begins_action(stop) or begins_condition(stop) or here.text in ("expect", "restricted", "email", "away")
    if not begins and not (here.text in ("rule", "test", "otherwise", "list") and not stop.blocks):
        return None
    span = stop.span(here)
    fixes = insert_before("write `; `", span, "; ")
    message = f"`{here.text}` begins a statement and needs a line of its own"
    return error("E029", message, span, help="write it on its own line, or `;` before it", fixes=fixes)


def missing_expect(stop: Stop) -> Diagnostic | None:
    """An outcome in a test, without `expect`."""
    here = stop.here
    if here is None or stop.declaration != "test" or here.text not in _OUTCOMES or "EXPECT" not in stop.accepts:
        return None
    span = stop.span(here)
    fixes = insert_before("write `expect`", span, "expect ")
    return error("E038", f"`{here.text}` is an outcome", span, help=f"write `expect {here.text} …`", fixes=fixes)


def misplaced_not(stop: Stop) -> Diagnostic | None:
    """`not not`, `every not`, `subject not mentions`, `from is not x`."""
    here, before = stop.here, stop.look(-1)
    if here is None:
        return None
    negation = here if here.text in ("not", "!") else before
    if negation is None or negation.text not in ("not", "!"):
        return None
    span = stop.span(negation)
    if here.text == "!" and "NOT" in stop.accepts:
        fix = Fix("write `not`", (Edit(span, "not "),))
        return error("E034", "`!` is written `not`", span, help="write `not`", fixes=(fix,))
    if here.text == "not" and before is not None and before.text == "not":
        fix = Fix("leave both out", (Edit(stop.span(before, here), ""),))
        return error("E034", "`not not` says nothing", stop.span(before, here), help="leave both out", fixes=(fix,))
    return _not_before_test(stop, negation)


def _not_before_test(stop: Stop, negation: Lexeme) -> Diagnostic | None:
    """The fix moves the word in front of the test."""
    test = [lexeme for lexeme in stop.statement if lexeme.text not in ("when", "unless", "not", "!")]
    if not test or not (test[0].text in CONDITION_WORDS or test[0].text == "reply"):
        return None
    span = stop.span(negation)
    start = stop.source.span(test[0].start, test[0].start)
    fixes: tuple[Fix, ...] = ()
    if len([lexeme for lexeme in (*stop.statement, stop.here) if lexeme and lexeme.text in ("not", "!")]) == 1:
        fixes = (Fix("move it", (Edit(start, "not "), Edit(span, ""))),)
    help_text = f"write `not {test[0].text} …`"
    return error("E034", f"`{negation.text}` stands before the whole test", span, help=help_text, fixes=fixes)


def not_here(stop: Stop) -> Diagnostic | None:
    """An action among tests, or a field of the letter among an attachment's."""
    here = stop.here
    if here is None or not stop.in_conditions or (stop.statement and stop.statement[-1].text != "not"):
        return None
    span = stop.span(here)
    if begins_action(stop):
        help_text = "actions stand below the condition, outside its block"
        return error("E049", f"the action `{here.text}` stands among tests", span, help=help_text)
    if begins_condition(stop) and any(block.word == "attachment" for block in stop.blocks):
        help_text = f"inside `attachment {{ }}` stand only {_ATTACHMENT_FIELDS} and blocks of them"
        return error("E049", f"`{here.text}` is not of one attachment", span, help=help_text)
    return None


def missing_operator(stop: Stop) -> Diagnostic | None:
    """A field, and then its value or nothing."""
    here = stop.here
    if not {"IS", "MENTIONS"} & stop.accepts or not stop.statement or (here is not None and here.kind is Kind.COMMA):
        return None
    field = [lexeme for lexeme in stop.statement if lexeme.text not in ("when", "unless", "not", "every")]
    if not field:
        return None
    accepted = words_of(stop.accepts)
    offered = [word for word in _BY_USE if word in accepted]
    shown = ", ".join(f"`{word}`" for word in offered[:8])
    whole = stop.span(field[0], field[-1])
    message = f"`{whole.text}` needs an operator"
    fixes: tuple[Fix, ...] = ()
    if here is not None and here.kind in (Kind.STRING, Kind.REFERENCE) and "mentions" in offered:
        fixes = insert_before("write `mentions`", stop.span(here), "mentions ")
    return error("E037", message, whole, help=f"write one of {shown}", fixes=fixes)


def missing_word(stop: Stop) -> Diagnostic | None:
    """A place where only one word can stand, and something else does."""
    here, words = stop.here, words_of(stop.accepts)
    if here is None or here.kind in (Kind.END, Kind.CLOSE) or len(stop.accepts) != 1 or not words:
        return None
    (word,) = words
    span = stop.span(here)
    fixes = insert_before(f"write `{word}`", span, f"{word} ")
    message = f"`{word}` is missing before `{here.text}`"
    return error("E040", message, span, help=f"write `{word}`", fixes=fixes)


def incomplete(stop: Stop) -> Diagnostic | None:
    """A statement that ends before it says what it has to."""
    here = stop.here
    ended = here is None or here.kind in (Kind.END, Kind.CLOSE)
    if not ended or not stop.statement or "_SEP" in stop.accepts:
        return None
    first = stop.statement[0]
    whole = stop.span(first, stop.statement[-1])
    if stop.statement[-1].text in ("when", "unless", "not"):
        help_text = f"the condition begins on the same line as `{stop.statement[-1].text}`"
        return error("E040", f"`{stop.statement[-1].text}` needs a condition", whole, help=help_text)
    return error("E040", f"`{whole.text}` is not complete", whole, help=_still_needed(stop))


def _still_needed(stop: Stop) -> str:
    expected = describe(stop.accepts)
    return f"expected {expected}" if expected else "say the rest on the same line"
