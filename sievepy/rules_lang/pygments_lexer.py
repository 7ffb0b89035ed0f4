"""A Pygments lexer for `.rules`, so that documents, wikis and terminals show rules in colour.

Pygments finds it by the entry point `pygments.lexers` and imports it only then; nothing here imports this module. The
words are those of `keywords`. Keywords are soft, so the lexer knows behind which of them names or values stand: there
`ip` and `imap` are no keywords. A test holds what it says against the parser, token by token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups, default, include, this, using, words  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from sievepy.rules_lang.cutter import STRING
from sievepy.rules_lang.keywords import (
    ACTIONS,
    FACTS,
    FIELDS,
    HEADERS,
    KEYWORDS,
    LANGUAGES,
    OPERATORS,
    REFUSED_NAMES,
)

__all__ = ["RulesLexer"]  # where Pygments looks for the lexers of a module

CHAR = r'[^\s"«»“”„,;{}#<>]'
PART = r'[^\s"«»“”„,;{}#<>.]'
WORD = rf"(?![@'`]){PART}+(?:\.{PART}+)*"
END = rf"(?!{CHAR})"
_SPACE = r"[^\S\n]+"
_LINES = r"(?:[^\S\n]*(?:#[^\n]*)?\n)*[^\S\n]*"
REGEX = r"/[^/\\\n]*(?:\\[^\n][^/\\\n]*)*/[A-Za-z]*"
_VERBATIM = r'"""[^\S\n]*\n[^"]*(?:"(?!"")[^"]*)*"""'
_ESCAPE = re.compile(r"\\(?:u\{[0-9A-Fa-f]*\}|.)")

NAMES_FOLLOW = frozenset(
    ("assign", "assigned", "condition", "known", "notify", "propose", "substitute", "tag", "tagged")
)
VALUES_FOLLOW = frozenset((
    "at", "away", "client-ip", "copy", "digest", "email", "envelope-from", "envelope-to", "except", "folder", "forward",
    "from", "helo", "imap", "in", "is", "maildir", "priority", "sla", "source", "to", "until", "within",
))  # fmt: skip
"""Keywords behind which names, or values, stand; some have an operator behind them in other places."""

# The first group that holds a word colours it.
_COLOURS: Sequence[tuple[Iterable[str], Any]] = (
    (("include",), Keyword.Namespace),
    (HEADERS, Keyword.Declaration),
    (LANGUAGES, Keyword.Type),
    (OPERATORS, Operator.Word),
    (FACTS, Name.Builtin.Pseudo),
    (FIELDS, Name.Builtin),
    (ACTIONS, Name.Function),
    (KEYWORDS, Keyword),
)


def _keywords(among: Iterable[str], *state: str, suffix: str = "") -> list[Any]:
    """The rules for the keywords `among`: each in its colour, and in `state` behind it."""
    left, rules = set(among), []
    for group, colour in _COLOURS:
        chosen = left.intersection(group)
        left -= chosen
        if chosen:
            rules.append((words(sorted(chosen), suffix=END + suffix), colour, *state))
    return rules


def _values(*state: str) -> list[Any]:
    """The rules for one value of any kind, and `state` behind it."""
    return [
        (_VERBATIM, String.Heredoc, *state),
        (STRING, _string, *state),
        (rf"@{CHAR}+", Name.Variable, *state),
        (rf"\d{{4}}-\d\d-\d\d{END}", Literal.Date, *state),
        (rf"(?=\d){WORD}", Number, *state),
        (WORD, Literal, *state),
    ]


def _declaration(header: str, name: Any, *state: str) -> Any:
    return (rf"({header})({_SPACE})({WORD})", bygroups(Keyword.Declaration, Whitespace, name), *state)


def _string(_: Any, match: re.Match[str], __: Any = None) -> Iterator[tuple[int, Any, str]]:
    """A string and the escapes in it."""
    behind, text = 0, match[0]
    for escape in _ESCAPE.finditer(text):
        yield match.start() + behind, String, text[behind : escape.start()]
        yield match.start() + escape.start(), String.Escape, escape[0]
        behind = escape.end()
    yield match.start() + behind, String, text[behind:]


class RulesLexer(RegexLexer):  # type: ignore[misc]
    """The rules by which sievepy routes letters."""

    name = "sievepy rules"
    aliases: ClassVar = ["rules", "sievepy"]
    filenames: ClassVar = ["*.rules"]
    mimetypes: ClassVar = ["text/x-sievepy-rules"]

    tokens: ClassVar = {
        "root": [
            include("blank"),
            (r"[{},;]", Punctuation),
            _declaration("list|network", Name.Variable, "value block"),
            _declaration("phrases|hours", Name.Variable),
            _declaration("department|person", Name.Class),
            (rf"matches{END}", Operator.Word, "regexes"),
            (rf"bitrix{END}", Name.Function, "bitrix"),
            (rf"subject(?={_SPACE}prefix{END})", Name.Function),
            (rf"reply{_SPACE}to{_SPACE}known{END}", Name.Builtin.Pseudo),
            (r"<>", String),
            (r"[<>]=?", Operator, "values"),
            # `from`, `folder` …: in a rule an operator follows, in a test a value.
            *_keywords(VALUES_FOLLOW, suffix=rf"(?={_SPACE}(?:{'|'.join((*OPERATORS, 'name'))}){END})"),
            *_keywords(NAMES_FOLLOW, "names"),
            *_keywords(VALUES_FOLLOW, "values"),
            *_keywords(KEYWORDS),
            *_values(),
            (r"\.\.", Operator),
        ],
        "blank": [
            (r"\s+", Whitespace),
            (r"#.*", Comment.Single),
        ],
        # ------------------------------------------------------------ one or several, with commas between
        "names": [
            (_SPACE, Whitespace),
            (words(sorted(REFUSED_NAMES), suffix=END), Keyword, "#pop"),
            (WORD, Name.Class, ("#pop", "more names")),
            default("#pop"),
        ],
        "more names": [
            (_SPACE, Whitespace),
            (r",", Punctuation, ("#pop", "names", "gap")),
            default("#pop"),
        ],
        "values": [
            (_SPACE, Whitespace),
            *_values("more values"),
            default("#pop"),
        ],
        "more values": [
            (_SPACE, Whitespace),
            (r"\.\.", Operator, "#pop"),
            (r",", Punctuation, ("#pop", "gap")),
            default("#pop:2"),
        ],
        "regexes": [
            (_SPACE, Whitespace),
            (REGEX, String.Regex),
            (r",", Punctuation, "gap"),
            default("#pop"),
        ],
        # Behind a comma the row goes on over line ends and comments.
        "gap": [
            include("blank"),
            default("#pop"),
        ],
        # ------------------------------------------------------------ braces with a grammar of their own
        "value block": [
            include("blank"),
            (r"from(?=\s*[\"«“„])", Keyword, "#pop"),
            (r"[{,;]", Punctuation),
            (r"\}", Punctuation, "#pop"),
            *_values(),
        ],
        "bitrix": [
            (_SPACE, Whitespace),
            (words(("content", "item", "lead", "notify", "task", "with"), suffix=END), Keyword),
            (STRING, _string),
            (rf"({_LINES})(\{{)", bygroups(using(this, state="gap"), Punctuation), ("#pop", "bitrix fields")),
            default("#pop"),
        ],
        "bitrix fields": [
            include("blank"),
            (r"[,;]", Punctuation),
            (r"\}", Punctuation, "#pop"),
            (STRING, _string),
            (WORD, Name.Attribute),
        ],
    }
