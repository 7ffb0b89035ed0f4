"""The TextMate grammar says of every character what the parser says of it, and is the one the language's words make."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings

from sievepy.rules_lang import keywords
from tests.editors.rules_texts import ROOT, blanked, documented, painted, parses, stored
from tests.editors.textmate import Grammar
from tests.property.rules_text import Piece, files, render

FILE = ROOT / "editors" / "textmate" / "rules.tmLanguage.json"
TABLE = json.loads(FILE.read_text(encoding="utf-8"))
GRAMMAR = Grammar(TABLE)
VALID = {name: text for name, text in {**documented(), **stored()}.items() if parses(text)}

# The first that a scope begins with.
_CLASSES = {
    "comment": "#",
    "string.regexp": "r",
    "string": "s",
    "constant.character.escape": "s",
    "constant": "w",
    "entity": "w",
    "variable.other": "@",
    "keyword.operator.rules": ".",
    "punctuation": ".",
    "storage": "k",
    "support": "k",
    "keyword": "k",
}


def colours(text: str) -> str:
    """The grammar's answer in the form of `painted`."""
    return blanked(text, [_class(p.scopes[-1]) for p in GRAMMAR.pieces(text) for _ in range(p.end - p.start)])


def _class(scope: str) -> str:
    return next((letter for prefix, letter in _CLASSES.items() if scope.startswith(prefix)), "?")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("textmate_grammar", ROOT / "tools" / "textmate_grammar.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_what_its_program_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == generator().written()


@pytest.mark.parametrize("name", VALID)
def test_it_agrees_with_the_parser(name: str) -> None:
    assert colours(VALID[name]) == painted(VALID[name])


def test_our_reading_of_the_grammar_is_the_one_of_vs_code() -> None:
    """See `vscode_textmate.mjs`."""
    text = (ROOT / "tests" / "corpus" / "language.rules").read_text(encoding="utf-8")
    rows = json.loads((ROOT / "tests" / "golden" / "textmate" / "language.json").read_text(encoding="utf-8"))
    assert "\n".join("".join(piece for piece, _ in row) for row in rows) == text
    stored = [scope for row in rows for piece, scope in [*row, ("\n", None)] for _ in piece][: len(text)]
    ours = [piece.scopes[-1] for piece in GRAMMAR.pieces(text) for _ in range(piece.end - piece.start)]
    ends = {i for i, char in enumerate(text) if char == "\n"}
    assert [(i, s) for i, s in enumerate(ours) if i not in ends] == [
        (i, s) for i, s in enumerate(stored) if i not in ends
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_it_agrees_with_the_parser_however_rules_are_written(pieces: list[Piece]) -> None:
    text = render(pieces)
    assert colours(text) == painted(text)


@pytest.mark.parametrize("word", sorted(keywords.KEYWORDS))
def test_every_keyword_has_a_scope(word: str) -> None:
    assert colours(word) == "k" * len(word)
