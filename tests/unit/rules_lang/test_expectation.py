"""What the parser could take at a place, whatever stands there."""

from __future__ import annotations

import pytest

from sievepy.rules_lang.parser import expectation
from sievepy.rules_lang.strings import CLOSERS, quoted, unquote
from sievepy.text import SourceFile


def accepts(text: str) -> frozenset[str] | None:
    """What could stand at `|`."""
    offset = text.index("|")
    found = expectation(SourceFile.of("a.rules", text.replace("|", "", 1)), offset)
    return None if found is None else found.accepts


def test_a_declaration_begins_a_file() -> None:
    assert {"RULE", "LIST", "INCLUDE"} <= (accepts("|") or set())
    assert {"RULE", "LIST"} <= (accepts("list a { b.kz }\n|") or set())


@pytest.mark.parametrize(
    ("text", "terminals"),
    [
        ('rule "x" { |', {"WHEN", "OBSERVE", "OFF", "PRIORITY", "_SEP"}),
        ('rule "x" { when subject mentions "a"|', {"_COMMA", "_SEP", "UNLESS"}),
        ('rule "x" { when bounce; assign |buh }', {"WORD", "SAME"}),
        ('rule "y" { when }\nlist a |{ b.kz }', {"LBRACE", "FROM"}),
    ],
)
def test_a_place_inside_one(text: str, terminals: set[str]) -> None:
    assert terminals == accepts(text)


@pytest.mark.parametrize(
    "text", ['rule "x|', 'rule "x" { when text matches /a|', "# a|", 'rule "x" { # a|', 'rule "x" { when when |']
)
def test_where_nothing_is_to_be_said(text: str) -> None:
    assert accepts(text) is None


def test_the_tokens_before_are_told() -> None:
    text = 'list a { b.kz }\nrule "x" { when '
    found = expectation(SourceFile.of("a.rules", text), len(text))
    assert found is not None
    assert [text[token.start : token.end] for token in found.before] == ["rule", '"x"', "{", "when"]


@pytest.mark.parametrize("opener", CLOSERS)
@pytest.mark.parametrize("value", ["", "a", 'a"b', "a\\", "«»", "„“”", "a\nb", "\\u{41}"])
def test_quoted_is_the_inverse_of_unquote(value: str, opener: str) -> None:
    written = quoted(value, opener)
    assert unquote(written) == (value, ())
    assert written[0] == opener and written[-1] == CLOSERS[opener]
