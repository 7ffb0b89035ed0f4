"""Whatever a rules file looks like: its layout is stable, means the same, and holds every comment, in order."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sievepy.rules_lang import ast
from sievepy.rules_lang.formatter import CODE, format_source
from sievepy.rules_lang.formatter.layout import WIDTH
from sievepy.rules_lang.parser import parse
from sievepy.text import SourceFile, Span
from tests.property.rules_text import Gap, Piece, comments, files, render

ROOT = Path(__file__).parents[2]
_SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def laid_out(text: str) -> str:
    formatted = format_source(SourceFile.of("a.rules", text))
    assert formatted.text is not None, (text, formatted.diagnostics)
    return formatted.text


def tree_of(text: str) -> ast.Tree:
    tree, diagnostics = parse(SourceFile.of("a.rules", text))
    assert not diagnostics, (text, diagnostics)
    return tree


def bare(node: Any) -> Any:
    """A tree without places."""
    if isinstance(node, Span):
        return "somewhere"
    if isinstance(node, tuple):
        return [bare(part) for part in node]
    if dataclasses.is_dataclass(node) and not isinstance(node, SourceFile):
        return (type(node).__name__, *(bare(getattr(node, field.name)) for field in dataclasses.fields(node)))
    return None if isinstance(node, SourceFile) else node


@_SETTINGS
@given(files())
@example([Gap(("# alone",))])
@example([Gap(("\n", "\n"))])
def test_stable_same_and_whole(pieces: list[Piece]) -> None:
    text = render(pieces)
    once = laid_out(text)
    assert laid_out(once) == once
    assert bare(tree_of(once)) == bare(tree_of(text))
    assert comments_in(once) == comments(pieces)


@_SETTINGS
@given(files())
def test_blanks_do_not_matter(pieces: list[Piece]) -> None:
    assert laid_out(render(pieces, " ")) == laid_out(render(pieces, " \t\u00a0"))


@_SETTINGS
@given(files(calm=True))
def test_separators_do_not_matter(pieces: list[Piece]) -> None:
    """`;` for line ends and line ends for `;` behind an open brace: one layout."""
    assert laid_out(render(pieces)) == laid_out(render([_swapped(piece) for piece in pieces]))


def _swapped(piece: Piece) -> Piece:
    if isinstance(piece, Gap) and piece.parts[1:2] in ((";",), ("\n",)) and "" not in piece.parts:
        return Gap((" ", "\n" if piece.parts[1] == ";" else ";", " "))
    return piece


@_SETTINGS
@given(files())
def test_no_line_ends_with_blanks_and_no_two_lines_are_blank(pieces: list[Piece]) -> None:
    text = laid_out(render(pieces))
    assert "\n\n\n" not in text and not text.startswith("\n") and not text.endswith("\n\n")
    assert all(line == line.rstrip() for line in text.split("\n"))
    assert "{\n\n" not in text.replace('"{ ; }"', "")


LANGUAGE = (ROOT / "tests" / "corpus" / "language.rules").read_text(encoding="utf-8")
BITS = ("\n", ";", ",", "{", "}", "# c\n", "#", '"', '"""', " ", "unless ", "not ", "/", "\u2028", "\t", "rule ")


@settings(_SETTINGS, max_examples=150)
@given(
    st.integers(0, len(LANGUAGE)),
    st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 20), st.sampled_from(BITS)), max_size=4),
)
def test_a_spoilt_file_is_laid_out_well_or_refused(start: int, changes: list[tuple[int, int, str]]) -> None:
    text = LANGUAGE[start : start + 1200]
    for place, length, bit in changes:
        text = text[:place] + bit + text[place + length :]
    formatted = format_source(SourceFile.of("a.rules", text))
    assert (formatted.text is None) == bool(formatted.diagnostics)
    assert CODE.id not in {diagnostic.code for diagnostic in formatted.diagnostics}
    if formatted.text is not None:
        assert laid_out(formatted.text) == formatted.text


def comments_in(text: str) -> list[str]:
    """The comments of a canonical text, by a scanner of its own."""
    found, rest = [], text
    while rest:
        if rest.startswith('"""'):
            rest = rest[rest.index('"""', 3) + 3 :]
        elif rest[0] in '"«„“':
            rest = _behind_string(rest)
        elif rest[0] == "/" and (end := _regex_end(rest)):
            rest = rest[end:]
        elif rest[0] == "#":
            line, _, rest = rest.partition("\n")
            found.append(line)
        else:
            rest = rest[1:]
    return found


def _behind_string(rest: str) -> str:
    closer = {'"': '"', "«": "»", "„": "“", "“": "”"}[rest[0]]
    end = 1
    while rest[end] != closer:
        end += 2 if rest[end] == "\\" else 1
    return rest[end + 1 :]


def _regex_end(rest: str) -> int:
    """Behind one of the regexes that the strategy writes; 0 where none stands."""
    return next((len(r) for r in ("/a b/i", r"/x;{1,2}#\//", "/, y/") if rest.startswith(r)), 0)


def test_the_width_is_kept_where_words_allow_it() -> None:
    text = laid_out('rule "a" { when subject mentions ' + ", ".join(['"акт сверки"'] * 40) + "; triage }\n")
    assert max(map(len, text.split("\n"))) <= WIDTH
    assert text.count("\n") > 5
