"""The grammar builds without a conflict, and keeps the promises of its head."""

from __future__ import annotations

import re

import pytest

from sievepy.rules_lang import cutter, keywords
from sievepy.rules_lang.grammar_file import grammar_text
from sievepy.rules_lang.parser import GRAMMAR, Postlex, build_parser, load_parser

TEXT = grammar_text(GRAMMAR)
_KEYWORD = re.compile(r"^([A-Z_]+)\.1:\s+/([a-z-]+)\(\?!\[\\w-\]\)/$", re.M)


def test_the_grammar_has_no_conflict_and_no_collision() -> None:
    parser = build_parser(TEXT, strict=True)
    assert parser.parse("otherwise { triage }").data == "start"


def test_a_keyword_s_terminal_is_its_spelling() -> None:
    found = _KEYWORD.findall(TEXT)
    assert found
    for name, spelling in found:
        assert name.lower().replace("_", "-") == spelling


def test_the_lists_of_keywords_are_the_grammar_s() -> None:
    assert {spelling for _, spelling in _KEYWORD.findall(TEXT)} == keywords.KEYWORDS


def test_keywords_have_priority_over_values() -> None:
    terminals = {terminal.name: terminal for terminal in build_parser(TEXT).terminals}
    assert all(terminals[name].priority > terminals["WORD"].priority for name, _ in _KEYWORD.findall(TEXT))


def test_no_rule_holds_the_stray_character() -> None:
    assert "STRAY" in Postlex.always_accept
    assert not any(symbol.name == "STRAY" for rule in load_parser().rules for symbol in rule.expansion)


@pytest.mark.parametrize("text", ['"a"', "«a»", "“a”", "„a“", r'"a\"b"', r"«a\»»", '""', '"«"'])
def test_grammar_and_cutter_agree_on_strings(text: str) -> None:
    pattern = next(t for t in build_parser(TEXT).terminals if t.name == "STRING").pattern.to_regexp()
    assert re.fullmatch(pattern, text)
    assert re.fullmatch(cutter.STRING, text)


@pytest.mark.parametrize("text", ['"a', "«a«b»»", '«a"', "“a“", '"a\nb"', "„a”"])
def test_grammar_and_cutter_agree_on_what_is_none(text: str) -> None:
    pattern = next(t for t in build_parser(TEXT).terminals if t.name == "STRING").pattern.to_regexp()
    assert not re.fullmatch(pattern, text)
    assert not re.fullmatch(cutter.STRING, text)
