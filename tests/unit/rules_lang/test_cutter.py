"""Where a file is cut: at headers whatever the braces, at near-headers outside braces, never at a bare word."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sievepy.rules_lang.cutter import Piece, cut, header_at, like_header_at, meant_header
from sievepy.text import SourceFile

LANGUAGE = (Path(__file__).parents[2] / "corpus" / "language.rules").read_text(encoding="utf-8")


def pieces(text: str) -> tuple[Piece, ...]:
    return cut(SourceFile.of("a.rules", text))[0]


def words(text: str) -> list[str]:
    """The header's word of each piece, `tail` for what follows a declaration, "" for what no header leads."""
    return [piece.header.word if piece.header else "tail" if piece.tail else "" for piece in pieces(text)]


def found(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in cut(SourceFile.of("a.rules", text))[1]]


@pytest.mark.parametrize(
    "line",
    [
        'rule "A" {',
        "rule «A»",
        'session rule "A" {',
        'test "A" {',
        'include "a.rules"',
        "otherwise {",
        "otherwise # why\n\n  {",
        'department abon "Абонентский отдел" {',
        "person deputy\n{",
        "list staff {",
        'list staff from "staff.txt"',
        "phrases act ru translit {",
        "network ours {",
        "hours office {",
        "condition quiet when",
        '\trule "A"',
        "department ip {",
    ],
)
def test_headers(line: str) -> None:
    header = header_at(line, 0)
    assert header is not None and header.exact


@pytest.mark.parametrize(
    "line",
    [
        "rule",
        "otherwise",
        "list staff",
        "department",
        "condition quiet",
        'expect rule "A"',
        'subject "rule"',
        'x rule "A"',
    ],
)
def test_bare_words_are_no_headers(line: str) -> None:
    assert header_at(line, 0) is None


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('rulle "A" {', "rule"),
        ('Rule "A" {', "rule"),
        ('rulе "A" {', "rule"),
        ("departmant buh {", "department"),
        ('test "A', "test"),
        ('правило "A" {', "правило"),
        ("rule Unquoted title {", "rule"),
        ("list {", "list"),
        ("condition quiet empty", "condition"),
        ("include lists/common.rules", "include"),
    ],
)
def test_near_headers(line: str, word: str) -> None:
    header = like_header_at(line, 0)
    assert header is not None and header.word == word and not header.exact


@pytest.mark.parametrize(
    "line",
    ["assign buh", 'subject mentions "x"', 'text mentions "x"', "when any {", "tag x", "foo", "foo bar", '"x" {'],
)
def test_statements_are_no_near_headers(line: str) -> None:
    assert like_header_at(line, 0) is None


def test_a_keyword_that_resembles_a_header_is_not_one() -> None:
    """`text` is near to `test`, and means itself."""
    assert meant_header("text") is None
    assert meant_header("tests") == "test"


def test_each_declaration_is_a_piece() -> None:
    assert words(LANGUAGE)[:4] == ["include", "network", "hours", "list"]
    assert len(words(LANGUAGE)) == 22


def test_pieces_are_in_order_do_not_overlap_and_hold_all_that_means_something() -> None:
    found = pieces(LANGUAGE)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert [piece.text for piece in found] == [LANGUAGE[piece.start : piece.end] for piece in found]
    covered = sum(piece.end - piece.start for piece in found)
    assert LANGUAGE[: found[0].start].lstrip("# ").startswith("rules/x-com.rules")
    assert covered == len(LANGUAGE) - found[0].start


def test_a_header_cuts_inside_open_braces() -> None:
    assert words('rule "A" { when any {\n  empty\nrule "B" { when empty; triage }') == ["rule", "rule"]


def test_a_near_header_does_not_cut_inside_open_braces() -> None:
    assert words('rule "A" { when any {\n  empty\nrulle "B" { when empty; triage }') == ["rule"]


def test_headers_in_strings_comments_and_texts_do_not_cut() -> None:
    text = 'test "A" {\n  subject "x"\n  body """\nrule "B" {\n  """\n# rule "C" {\n  expect triage\n}'
    assert words(text) == ["test"]


def test_braces_in_strings_regexes_and_comments_do_not_count() -> None:
    text = 'rule "A}" { when subject matches /x{2}/, /}/ # }\n unless subject is "}"\n triage }\nfoo'
    assert words(text) == ["rule", "tail"]


def test_a_regex_is_one_only_behind_matches() -> None:
    """Networks and paths hold slashes."""
    assert words("network n { 10.0.0.0/8 }\nlist a { b }\nnetwork m { 10.0.0.0/8 }") == ["network", "list", "network"]


def test_a_semicolon_is_a_line_end() -> None:
    assert words("list a { x.kz }; list b { y.kz }") == ["list", "list"]


def test_what_follows_a_declaration_is_a_piece_of_its_own() -> None:
    first, tail = pieces("otherwise { triage }\n}\n")
    assert (first.tail, tail.tail) == (False, True)
    assert tail.text == "\n}\n"
    assert first.continued


def test_comments_behind_a_declaration_are_no_tail() -> None:
    assert words("otherwise { triage } # }\n\n# more\n;") == ["otherwise"]


def test_a_declaration_behind_a_brace_is_cut_and_reported() -> None:
    text = 'rule "A" { when empty; triage } rule "B" { when empty; triage }'
    assert words(text) == ["rule", "rule"]
    assert found(text) == ["E029"]


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("list a { x\u200b.kz }", "list a { x .kz }"),
        ('rule «A" {', "rule «A» {"),
        ("rule «ООО «А»» {", 'rule "ООО «А»" {'),
        ("rule 'A' {", 'rule "A" {'),
        ('rule """A""" {', 'rule   "A"   {'),
        ("rule „A” {", "rule „A“ {"),
    ],
)
def test_repairs_keep_the_length(text: str, repaired: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == repaired
    assert len(text) == len(repaired)
    assert all(piece.faulty for piece in pieces(text))


def test_a_comma_that_swallows_a_statement_is_repaired() -> None:
    text = 'rule "A" {\n when from is a.kz,\n discard\n}'
    assert found(text) == ["E013"]
    assert pieces(text)[0].text == text.replace(",", " ")


@pytest.mark.parametrize("word", ["assignment.kz", "all-of-us.kz", "discard.kz", "alla"])
def test_a_value_that_begins_like_a_statement_is_none(word: str) -> None:
    assert found(f'rule "A" {{\n when from is a.kz,\n {word}\n triage\n}}') == []


def test_an_invisible_character_is_fine_in_strings_and_comments() -> None:
    assert found('rule "А\u200bБ" { when subject matches /a\u200b/; triage } # \u200b') == []


def test_what_reorders_text_is_refused_in_comments_too() -> None:
    assert found("# \u202e } {") == ["E011"]


def test_tabs_and_no_break_spaces_are_spaces() -> None:
    assert found("list\u00a0a\t{\u2003x.kz\u00a0}") == []
    assert words("\u00a0list\u00a0a\t{ x.kz }") == ["list"]


@given(st.text(alphabet='rule "A{}«»\n;,#/x"\u200b', max_size=60))
def test_pieces_always_cover_the_text_in_order(text: str) -> None:
    source = SourceFile.of("a.rules", text)
    found, _ = cut(source)
    position = 0
    for piece in found:
        assert position <= piece.start <= piece.end <= len(source.text)
        assert len(piece.text) == piece.end - piece.start
        position = piece.end
