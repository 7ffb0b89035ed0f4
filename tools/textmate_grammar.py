"""Writes `editors/textmate/rules.tmLanguage.json`: `python tools/textmate_grammar.py`.

The grammar is made from the language's own words, so it cannot fall behind them; a test holds the file against this
program. It knows what the Pygments lexer knows: keywords are soft, and behind some of them names or values stand. A
TextMate grammar sees one line at a time, so a row that goes on behind a comma is a region that its last member ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FILE = ROOT / "editors" / "textmate" / "rules.tmLanguage.json"

sys.path.insert(0, str(ROOT))

from sievepy.rules_lang.cutter import STRING  # noqa: E402  (this is a program of the checkout)
from sievepy.rules_lang.keywords import (  # noqa: E402
    ACTIONS,
    FACTS,
    FIELDS,
    HEADERS,
    KEYWORDS,
    LANGUAGES,
    OPERATORS,
    REFUSED_NAMES,
)
from sievepy.rules_lang.pygments_lexer import (  # noqa: E402
    CHAR,
    END,
    NAMES_FOLLOW,
    PART,
    REGEX,
    VALUES_FOLLOW,
    WORD,
)

_BEGIN = rf"(?<!{CHAR})"
_WORD = rf"{WORD}(?!{PART}|\.{PART})"
_REFERENCE = rf"@{CHAR}+{END}"
_DATE = rf"\d{{4}}-\d\d-\d\d{END}"
_NUMBER = rf"(?=\d){_WORD}"

# The first group that holds a word names its scope.
_SCOPES: tuple[tuple[Iterable[str], str], ...] = (
    (HEADERS, "storage.type.rules"),
    (LANGUAGES, "storage.modifier.rules"),
    (OPERATORS, "keyword.operator.word.rules"),
    (FACTS, "support.constant.rules"),
    (FIELDS, "support.variable.rules"),
    (ACTIONS, "support.function.rules"),
    (KEYWORDS, "keyword.control.rules"),
)
_VALUES = (
    (_REFERENCE, "variable.other.rules"),
    (STRING, "string.quoted.rules"),
    (_DATE, "constant.numeric.date.rules"),
    (_NUMBER, "constant.numeric.rules"),
    (_WORD, "constant.other.rules"),
)
Pattern = dict[str, Any]


def _any(known: Iterable[str]) -> str:
    return rf"{_BEGIN}(?:{'|'.join(sorted(known, key=lambda word: (-len(word), word)))}){END}"


def _by_scope(among: Iterable[str]) -> Iterable[tuple[str, str]]:
    """The words `among`, as one regex for each scope."""
    left = set(among)
    for group, scope in _SCOPES:
        if chosen := left.intersection(group):
            yield _any(chosen), scope
        left -= chosen


def _captured(scope: str) -> Pattern:
    """What a capture of this scope holds."""
    return {"name": scope, "patterns": [_use("escape")]} if scope.startswith("string") else {"name": scope}


def _use(name: str) -> Pattern:
    return {"include": f"#{name}"}


def _row(keyword: str, scope: str, follows: str, members: Iterable[tuple[str, str]], more: str) -> Pattern:
    """A region: a keyword, and the members behind it; `more` goes on, and the last member is the end."""
    kinds = list(members)
    return {
        "begin": rf"{keyword}(?=\s+{follows})",
        "beginCaptures": {"0": {"name": scope}},
        "end": "|".join(rf"({regex})(?!\s*(?:{more}))" for regex, _ in kinds) + r"|(?=[;{}])",
        "endCaptures": {str(i): _captured(kind) for i, (_, kind) in enumerate(kinds, 1)},
        "patterns": [
            _use("comment"),
            *({"match": regex, "captures": {"0": _captured(kind)}} for regex, kind in kinds),
            _use("punctuation"),
        ],
    }


def _rows() -> list[Pattern]:
    operator = rf"(?:{'|'.join((*OPERATORS, 'name'))}){END}"
    refused = rf"(?:{'|'.join(sorted(REFUSED_NAMES))}){END}"
    names = [(_WORD, "entity.name.rules")]
    value = rf"(?!{operator})(?:{'|'.join(regex for regex, _ in _VALUES)})"
    return [
        *(_row(word, scope, rf"(?!{refused}){_WORD}", names, ",") for word, scope in _by_scope(NAMES_FOLLOW)),
        *(_row(word, scope, value, _VALUES, r",|\.\.") for word, scope in _by_scope(VALUES_FOLLOW)),
    ]


def _declaration(headers: str, scope: str, **more: Any) -> Pattern:
    captures = {"1": {"name": "storage.type.rules"}, "2": {"name": scope}}
    regex = rf"{_BEGIN}({headers})\s+({_WORD})"
    if not more:
        return {"match": regex, "captures": captures}
    return {"begin": regex + more.pop("lookahead"), "beginCaptures": captures, **more}


def grammar() -> Pattern:
    values = [{"match": regex, "captures": {"0": _captured(scope)}} for regex, scope in _VALUES]
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "sievepy rules",
        "scopeName": "source.rules",
        "fileTypes": ["rules"],
        "patterns": [
            _use(name)
            for name in (
                "comment",
                "declarations",
                "body",
                "regexes",
                "bitrix",
                "phrases",
                "rows",
                "keywords",
                "values",
            )
        ]
        + [_use("punctuation")],
        "repository": {
            "comment": {"match": "#.*$", "name": "comment.line.number-sign.rules"},
            "punctuation": {
                "patterns": [
                    {"match": r"<>", "name": "string.unquoted.rules"},
                    {"match": r"[<>]=?|\.\.", "name": "keyword.operator.rules"},
                    {"match": r"[,;]", "name": "punctuation.separator.rules"},
                    {"match": r"[{}]", "name": "punctuation.section.block.rules"},
                ]
            },
            "escape": {"match": r"\\(?:u\{[0-9A-Fa-f]*\}|.)", "name": "constant.character.escape.rules"},
            "declarations": {
                "patterns": [
                    _declaration(
                        "list|network",
                        "entity.name.rules",
                        lookahead=r"(?=\s*(?:\{|#|$))",
                        end=r"\}",
                        endCaptures={"0": {"name": "punctuation.section.block.rules"}},
                        patterns=[_use("comment"), _use("values"), _use("punctuation")],
                    ),
                    _declaration("list|network|phrases|hours|department|person|condition", "entity.name.rules"),
                ]
            },
            "body": {
                "begin": rf'{_BEGIN}(body)\s*(""")\s*$',
                "beginCaptures": {
                    "1": {"name": "support.variable.rules"},
                    "2": {"name": "string.quoted.triple.rules"},
                },
                "end": '"""',
                "endCaptures": {"0": {"name": "string.quoted.triple.rules"}},
                "contentName": "string.quoted.triple.rules",
            },
            "regexes": {
                "begin": rf"{_BEGIN}matches{END}",
                "beginCaptures": {"0": {"name": "keyword.operator.word.rules"}},
                "end": r"(?=[^\s,/#])",
                "patterns": [
                    {"match": REGEX, "name": "string.regexp.rules"},
                    _use("comment"),
                    _use("punctuation"),
                ],
            },
            # Where the brace stands on a line of its own, its fields are taken for values.
            "bitrix": {
                "begin": rf'{_BEGIN}bitrix{END}(?=(?:[^;{{}}"«“„#]|{STRING})*\{{)',
                "beginCaptures": {"0": {"name": "support.function.rules"}},
                "end": r"\}",
                "endCaptures": {"0": {"name": "punctuation.section.block.rules"}},
                "patterns": [
                    {
                        "begin": r"\{",
                        "beginCaptures": {"0": {"name": "punctuation.section.block.rules"}},
                        "end": r"(?=\})",
                        "patterns": [
                            _use("comment"),
                            {"match": STRING, "captures": {"0": _captured("string.quoted.rules")}},
                            {"match": _WORD, "name": "entity.other.attribute-name.rules"},
                            _use("punctuation"),
                        ],
                    },
                    _use("keywords"),
                    _use("values"),
                ],
            },
            "phrases": {
                "patterns": [
                    {"match": rf"{_BEGIN}subject(?=\s+prefix{END})", "name": "support.function.rules"},
                    {"match": rf"{_BEGIN}reply\s+to\s+known{END}", "name": "support.constant.rules"},
                    _row(r"[<>]=?(?!>)", "keyword.operator.rules", _WORD, _VALUES, ","),
                ]
            },
            "rows": {"patterns": _rows()},
            "keywords": {"patterns": [{"match": word, "name": scope} for word, scope in _by_scope(KEYWORDS)]},
            "values": {"patterns": values},
        },
    }


def written() -> str:
    return json.dumps(grammar(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(written(), encoding="utf-8")
