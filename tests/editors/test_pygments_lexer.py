"""The Pygments lexer says of every character what the parser says of it."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from pygments.token import Comment, Error, Keyword, Literal, Name, Number, Operator, String

from sievepy.rules_lang import keywords
from sievepy.rules_lang.pygments_lexer import RulesLexer
from tests.editors.rules_texts import ROOT, blanked, documented, painted, parses, stored
from tests.property.rules_text import Piece, files, render

TEXTS = {**documented(), **stored()}
VALID = {name: text for name, text in TEXTS.items() if parses(text)}


def lexed(text: str) -> list[tuple[int, object, str]]:
    return list(RulesLexer().get_tokens_unprocessed(text))


def colours(text: str) -> str:
    """The lexer's answer in the form of `painted`."""
    return blanked(text, [letter for _, kind, value in lexed(text) for letter in _class(kind, value) * len(value)])


def _class(kind: object, value: str) -> str:
    if kind is Name.Variable and value.startswith("@"):
        return "@"
    if kind is String.Regex:
        return "r"
    if kind in String:
        return "s"
    if kind in Comment:
        return "#"
    if kind in Keyword or kind in (Operator.Word, Name.Function, Name.Builtin, Name.Builtin.Pseudo):
        return "k"
    if kind in Name or kind in Number or kind in (Literal, Literal.Date):
        return "w"
    return "."


@pytest.mark.parametrize("name", TEXTS)
def test_no_character_is_lost(name: str) -> None:
    assert "".join(value for _, _, value in lexed(TEXTS[name])) == TEXTS[name]


@pytest.mark.parametrize("name", VALID)
def test_it_agrees_with_the_parser(name: str) -> None:
    assert colours(VALID[name]) == painted(VALID[name])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_it_agrees_with_the_parser_however_rules_are_written(pieces: list[Piece]) -> None:
    text = render(pieces)
    assert colours(text) == painted(text)


@pytest.mark.parametrize("name", [name for name in TEXTS if name in VALID or ".md#" in name])
def test_nothing_in_rules_is_an_error(name: str) -> None:
    """Nor in the documents: a wrong word is still a word."""
    assert not [value for _, kind, value in lexed(TEXTS[name]) if kind is Error]


@pytest.mark.parametrize("text", ['rule "open {', "rule «a” {", "when subject is 'x'"])
def test_what_no_word_or_string_holds_is_an_error(text: str) -> None:
    assert [value for _, kind, value in lexed(text) if kind is Error]


def test_the_texts_are_many() -> None:
    assert len(VALID) > 80 and len(documented()) > 80


@pytest.mark.parametrize("word", sorted(keywords.KEYWORDS))
def test_every_keyword_has_a_colour(word: str) -> None:
    assert lexed(f"{word} ")[0][1] is not Literal


@pytest.mark.parametrize(
    ("text", "word", "kind"),
    [
        ("department ip {", "ip", Name.Class),
        ("also assign ip, test, rule\ntag x", "test", Name.Class),
        ("when client ip in @ours", "ip", Keyword),
        ('expect rule "x"', "rule", Keyword.Declaration),
        ("when source is imap", "imap", Literal),
        ("from any@x.kz", "any@x.kz", Literal),
        ("when reply to known", "reply to known", Name.Builtin.Pseudo),
        ("known abon", "known", Keyword),
        ("unless assigned", "unless", Keyword),
        ("when assigned unless bounce", "unless", Keyword),
        ("size > 25MB", "25MB", Number),
        ("away 2026-12-01 .. 2026-12-14", "2026-12-14", Literal.Date),
        (r'"a\"b\u{41}"', r"\"", String.Escape),
        ('body """\n"x" # no comment\n"""', '"""\n"x" # no comment\n"""', String.Heredoc),
        (r"text matches /a#\/b/i # c", r"/a#\/b/i", String.Regex),
        ("subject prefix", "subject", Name.Function),
        ('when subject is "x"', "subject", Name.Builtin),
        ("subjeсt mentions", "subjeсt", Literal),
    ],
)
def test_soft_words(text: str, word: str, kind: object) -> None:
    assert (kind, word) in [(k, v) for _, k, v in lexed(text)]


def test_pygments_finds_it_by_its_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["entry-points"]["pygments.lexers"]["rules"].split(":")
    assert (module, name) == (RulesLexer.__module__, RulesLexer.__name__)


def test_sievepy_starts_without_pygments() -> None:
    program = "import sys; sys.modules['pygments'] = None; import sievepy.rules_lang.parser, sievepy.cli.main"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
