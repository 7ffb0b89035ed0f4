"""A word that is not the one meant: letters that look alike, misspellings, words of other languages.

Each check looks at the place where the parser stopped, and answers with a diagnostic or with None.
"""

from __future__ import annotations

from sievepy.rules_lang.expected import words_of
from sievepy.rules_lang.keywords import ACTIONS, KEYWORDS
from sievepy.rules_lang.lexemes import Kind, Lexeme, Stop
from sievepy.rules_lang.lookalikes import foreign_script, to_latin
from sievepy.text import Diagnostic, Edit, Fix, Span
from sievepy.text.diagnostic import error
from sievepy.text.nearest import nearest

_SYNONYMS = {
    "and": "all", "or": "any", "&&": "all", "||": "any", "&": "all", "|": "any", "allof": "all", "anyof": "any",
}  # fmt: skip

_FILLERS = ("to", "into", "as", "in", "the")

_FOREIGN = {
    "if": "a rule's condition begins with `when`",
    "elsif": "write another rule: rules are judged in order",
    "elif": "write another rule: rules are judged in order",
    "else": "what happens when no rule decides is `otherwise { … }`, once in the file",
    "then": "leave it out: actions follow the condition, each on its own line",
    "do": "leave it out: actions follow the condition, each on its own line",
    "end": "a block ends with `}`",
    "endif": "a block ends with `}`",
    "begin": "a block begins with `{`",
    "where": "a rule's condition begins with `when`",
    "where:": "a rule's condition begins with `when`",
    "fileinto": 'a folder is `file "Folder/Sub"`',
    "keep": "a letter that nobody decided about goes to `otherwise`; to leave it to a person write `triage`",
    "stop": "leave it out: the first rule that decides ends the run",
    "return": "leave it out: the first rule that decides ends the run",
    "redirect": "to pass a letter on write `forward ADDRESS`",
    "move": 'a folder is `file "Folder/Sub"`',
    "delete": "to throw a letter away write `discard`",
    "drop": "to throw a letter away write `discard`",
    "addflag": "a mark is `tag NAME`",
    "label": "a mark is `tag NAME`",
    "require": "leave it out: nothing has to be loaded",
    "(": "values are separated by commas, tests are grouped with `any { … }` or `all { … }`",
    "setflag": "a mark is `tag NAME`",
    "set": "there are no variables; name a condition with `condition NAME when …`",
    "let": "there are no variables; name a condition with `condition NAME when …`",
    "address": "the fields are `from to cc sender reply-to envelope-from envelope-to`",
    "regex": "a regex is `FIELD matches /…/`",
    "includes": 'a substring is `FIELD contains "…"`',
    "equals": 'a whole value is `FIELD is "…"`',
    "does": "write `not` before the field: `not subject contains …`",
    "unless:": "write `unless` without a colon",
    "when:": "write `when` without a colon",
}


def foreign_word(stop: Stop) -> Diagnostic | None:
    """`if`, `then`, `fileinto`: habits of other languages."""
    here = stop.here
    if here is None or here.kind not in (Kind.WORD, Kind.OPERATOR, Kind.REGEX):
        return None
    if here.text.startswith(("//", "/*")):
        return error("E030", "a comment begins with `#`", stop.span(here), help="write `#`")
    filler = _filler(stop)
    if filler is not None or here.text.lower() not in _FOREIGN:
        return filler
    span = stop.span(here)
    return error("E030", f"`{here.text}` is not a word of this language", span, help=_FOREIGN[here.text.lower()])


def _filler(stop: Stop) -> Diagnostic | None:
    """`file into "Acts"`; and `assign to buh`, where the word was read as a name."""
    at = 0 if stop.here is not None and stop.here.text in _FILLERS else -1
    word, verb = stop.look(at), stop.look(at - 1)
    if word is None or verb is None or word.text not in _FILLERS or verb.text not in ACTIONS:
        return None
    span = stop.span(word)
    fix = Fix(f"leave out `{word.text}`", (Edit(span, ""),))
    help_text = f"leave out `{word.text}`"
    return error("E030", f"`{verb.text}` is followed by a value at once", span, help=help_text, fixes=(fix,))


def conjunction(stop: Stop) -> Diagnostic | None:
    """`and`, `or` between tests."""
    here = stop.here
    block = None if here is None or here.kind is Kind.STRING else _SYNONYMS.get(here.text.lower())
    if here is None or block is None:
        return None
    span = stop.span(here)
    help_text = f"put the tests on lines of their own in `{block} {{ … }}`"
    return error("E021", f"tests are not joined by `{here.text}`", span, help=help_text)


def look_alike(stop: Stop) -> Diagnostic | None:
    """A keyword with letters of another script, which nobody can see."""
    here = stop.here
    latin = None if here is None or here.kind is not Kind.WORD else to_latin(here.text)
    if here is None or latin is None or latin not in words_of(stop.accepts):
        return None
    return _respelt(here, stop.span(here), latin)


def _respelt(lexeme: Lexeme, span: Span, latin: str) -> Diagnostic:
    fix = Fix(f"write `{latin}`", (Edit(span, latin),), safe=True)
    script = foreign_script(lexeme.text)
    help_text = f"`{lexeme.text}` holds {script} letters that look Latin; write `{latin}`"
    return error("E010", f"unexpected `{lexeme.text}`", span, help=help_text, fixes=(fix,))


def unknown_word(stop: Stop) -> Diagnostic | None:
    """`misspelt`, for what is no word of the language anywhere."""
    return None if stop.here is None or stop.here.text in KEYWORDS else misspelt(stop)


def misspelt(stop: Stop) -> Diagnostic | None:
    """A word near to one that could stand here."""
    here = stop.here
    if here is None or here.kind is not Kind.WORD:
        return None
    meant = nearest(to_latin(here.text) or here.text, sorted(words_of(stop.accepts)))
    if meant is None or meant == here.text:
        return None
    span = stop.span(here)
    fix = Fix(f"write `{meant}`", (Edit(span, meant),))
    if here.text.lower() == meant:
        message, help_text = f"`{here.text}` is written in small letters", f"write `{meant}`"
    else:
        message, help_text = f"unknown word `{here.text}`", f"did you mean `{meant}`?"
    return error("E017", message, span, help=help_text, fixes=(fix,))
