"""From source text to the syntax tree: the only door to lark.

The cutter makes pieces, lark's LALR parser reads each of them alone, `tree_builder` makes the declarations, and where
lark stops, `syntax_errors` says why. Nothing here recurses deeper than the cutter lets conditions nest, so no text
can exhaust the stack.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import lark
from lark.exceptions import UnexpectedInput
from lark.grammar import Rule
from lark.lexer import TerminalDef

from sievepy.rules_lang import ast, text_errors
from sievepy.rules_lang.cutter import Piece, cut
from sievepy.rules_lang.grammar_file import grammar_path, grammar_text
from sievepy.rules_lang.strings import CLOSERS, unquote
from sievepy.rules_lang.tables import PACKAGED, cache_path, read_tables, tables_key, write_tables
from sievepy.rules_lang.tree_builder import TreeBuilder
from sievepy.text import Diagnostic, SourceFile

GRAMMAR = "rules.lark"


def parse(source: SourceFile) -> tuple[ast.Tree, tuple[Diagnostic, ...]]:
    """The tree of a whole file, and all its syntax errors, sorted by place. Never raises on any text."""
    if len(source.text) > text_errors.MAX_SIZE:
        return ast.Tree(source, (), ()), (text_errors.too_large(source),)
    pieces, diagnostics = cut(source)
    reading = _Reading(source)
    reading.diagnostics.extend(diagnostics)
    for piece in pieces:
        reading.read(piece)
    return reading.tree(), tuple(sorted(reading.diagnostics, key=lambda d: d.sort_key))


@dataclass(frozen=True, slots=True)
class Token:
    """One token as the grammar sees it: the name of its terminal (`RULE`, `WORD`, `_SEP` …), and its offsets in the
    file. White space, and comments that stand in no separator, are in the gaps between tokens."""

    kind: str
    start: int
    end: int


def tokens(source: SourceFile) -> Iterator[Token]:
    """All tokens of a file that `parse` found no error in, in order."""
    for piece in cut(source)[0]:
        for token in load_parser().parse_interactive(piece.text).iter_parse():
            assert token.start_pos is not None and token.end_pos is not None
            yield Token(token.type, piece.start + token.start_pos, piece.start + token.end_pos)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the parser could take at some place: the names of terminals. `before` are the tokens of the declaration
    that is open there."""

    accepts: frozenset[str]
    before: tuple[Token, ...]


def expectation(source: SourceFile, offset: int) -> Expectation | None:
    """What could stand at `offset`, whatever stands there. None where the declaration cannot be read up to there, and
    inside a string or a comment."""
    pieces, _ = cut(SourceFile(source.name, source.text[:offset]))
    piece = pieces[-1] if pieces else Piece(0, offset, source.text[:offset], None)
    if piece.faulty or not piece.readable:
        return None
    reading = load_parser().parse_interactive(piece.text)
    before: list[Token] = []
    try:
        for token in reading.iter_parse():
            assert token.start_pos is not None and token.end_pos is not None
            before.append(Token(token.type, piece.start + token.start_pos, piece.start + token.end_pos))
    except UnexpectedInput:
        return None
    behind = before[-1].end if before else piece.start
    if "#" in source.text[behind:offset].rpartition("\n")[2]:
        return None
    return Expectation(frozenset(reading.accepts()), tuple(before))  # type: ignore[no-untyped-call]


class _Reading:
    """What has been read of one file so far."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._includes: list[ast.Include] = []
        self._declarations: list[ast.Declaration] = []
        self._broken: list[ast.Broken] = []
        self._last_failed = False
        self.diagnostics: list[Diagnostic] = []

    def tree(self) -> ast.Tree:
        return ast.Tree(self._source, tuple(self._includes), tuple(self._declarations), tuple(self._broken))

    def read(self, piece: Piece) -> None:
        """Parse one piece. A tail is not worth a second error where the declaration before it failed: the same
        brace is to blame."""
        if piece.tail and self._last_failed:
            return
        failure = self._parse(piece) if piece.readable else None
        self._last_failed = failure is not None or not piece.readable
        if self._last_failed:
            self._note_broken(piece)
        if failure is not None and not piece.faulty:
            self.diagnostics.append(failure)

    def _parse(self, piece: Piece) -> Diagnostic | None:
        """Add what the piece declares; or say why it could not be parsed."""
        try:
            tree = load_parser().parse(piece.text)
        except UnexpectedInput as stop:
            return self._explain(piece, stop)
        builder = TreeBuilder(self._source, piece.start)
        for declaration in builder.declarations(tree):
            if isinstance(declaration, ast.Include):
                self._include(declaration)
            else:
                self._declarations.append(declaration)
        self.diagnostics.extend(builder.diagnostics)
        return None

    def _explain(self, piece: Piece, stop: UnexpectedInput) -> Diagnostic:
        from sievepy.rules_lang.syntax_errors import explain

        token = getattr(stop, "token", None)
        at_end = token is not None and token.type == "$END"
        offset = len(piece.text) if at_end or stop.pos_in_stream is None else stop.pos_in_stream
        return explain(self._source, piece, offset, frozenset(stop.interactive_parser.accepts()))  # type: ignore[no-untyped-call]

    def _include(self, include: ast.Include) -> None:
        if self._declarations or self._broken:
            self.diagnostics.append(text_errors.late_include(include.span))
        self._includes.append(include)

    def _note_broken(self, piece: Piece) -> None:
        if piece.header is None:
            return
        span = self._source.span(piece.start, piece.end)
        self._broken.append(ast.Broken(piece.header.word, self._broken_name(piece), span))

    def _broken_name(self, piece: Piece) -> ast.Name | ast.String | None:
        assert piece.header is not None
        if piece.header.name is None:
            return None
        span = self._source.span(*piece.header.name)
        if span.text[0] not in CLOSERS:
            return ast.Name(span.text, span, unicodedata.normalize("NFKC", span.text))
        return ast.String(unquote(span.text)[0], span) if len(span.text) > 1 else None


# ---------------------------------------------------------------- lark


class Postlex:
    """What lets STRAY, which no rule holds, be lexed in every state (see the head of the grammar)."""

    always_accept = ("STRAY",)

    @staticmethod
    def process(stream: Any) -> Any:
        return stream


@functools.cache
def load_parser() -> lark.Lark:
    """The parser of the `.rules` language, from ready tables if there are any; else they are built and cached."""
    grammar = grammar_text(GRAMMAR)
    key = tables_key(grammar, lark.__version__)
    tables = read_tables(grammar_path(PACKAGED), key) or read_tables(cache_path(key), key)
    if tables is None:
        tables = build_tables(grammar)
        write_tables(cache_path(key), tables)
    return from_tables(tables)


def build_parser(grammar: str, *, strict: bool = False) -> lark.Lark:
    """Build a parser from the grammar's text. `strict` refuses every conflict and every collision of terminals
    (that needs `interegular`, a development dependency)."""
    return lark.Lark(
        grammar, parser="lalr", lexer="contextual", postlex=Postlex(), strict=strict, maybe_placeholders=True
    )


def build_tables(grammar: str) -> dict[str, Any]:
    """The tables of a grammar as JSON-safe data; `from_tables` is the inverse."""
    data, memo = build_parser(grammar).memo_serialize([TerminalDef, Rule])
    table = data["parser"]["parser"]
    options = {name: value for name, value in data["options"].items() if name in ("parser", "lexer", "start")}
    return {
        "key": tables_key(grammar, lark.__version__),
        "memo": [memo[i] for i in range(len(memo))],
        "rules": data["rules"],
        "options": {**options, "maybe_placeholders": True},
        "lexer_conf": data["parser"]["lexer_conf"],
        "parser_conf": data["parser"]["parser_conf"],
        "frontend_type": data["parser"]["__type__"],
        "tokens": [table["tokens"][i] for i in range(len(table["tokens"]))],
        "states": [_flat(table["states"][i]) for i in range(len(table["states"]))],
        "start_states": table["start_states"],
        "end_states": table["end_states"],
    }


def from_tables(tables: Mapping[str, Any]) -> lark.Lark:
    """A parser from the data of `build_tables`, by the door that Lark's own stand-alone parsers use."""
    table = {
        "tokens": dict(enumerate(tables["tokens"])),
        "states": {number: _actions(flat) for number, flat in enumerate(tables["states"])},
        "start_states": tables["start_states"],
        "end_states": tables["end_states"],
    }
    parser = {
        "lexer_conf": tables["lexer_conf"],
        "parser_conf": tables["parser_conf"],
        "parser": table,
        "__type__": tables["frontend_type"],
    }
    data = {"parser": parser, "rules": tables["rules"], "options": tables["options"]}
    return lark.Lark._load_from_dict(data, dict(enumerate(tables["memo"])), postlex=Postlex())  # type: ignore[no-any-return, no-untyped-call]


def _flat(actions: Mapping[int, tuple[int, Any]]) -> list[int]:
    """A state's actions as triples in a row: token, kind (0 shift, 1 reduce), next state or number of the rule."""
    flat: list[int] = []
    for token, (kind, argument) in actions.items():
        flat += (token, kind, argument["@"] if kind else argument)
    return flat


def _actions(flat: list[int]) -> dict[int, tuple[int, Any]]:
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    return {token: (kind, {"@": argument} if kind else argument) for token, kind, argument in triples}
