"""Names: where each is declared and where it is used, over all files of a program; and the outline of a file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sievepy.lsp.names import Name, nodes
from sievepy.lsp.projects import State
from sievepy.rules_lang import ast
from sievepy.rules_lang.binder import KINDS
from sievepy.text import Span


@dataclass(frozen=True, slots=True)
class Target:
    """A place to go to: a span of a file that was read, or (`span` is None) the beginning of one that was not."""

    path: str
    span: Span | None = None


# ---------------------------------------------------------------- names


def name_at(state: State, path: str, offset: int) -> Name | None:
    """The name that stands at a place; right behind it counts."""
    for analysis in state.holding(path):
        for name in analysis.names:
            if any(_holds(span, path, offset) for span in name.spans):
                return name
    return None


def span_at(name: Name, path: str, offset: int) -> Span:
    """Where it stands there. Raises StopIteration where it does not."""
    return next(span for span in name.spans if _holds(span, path, offset))


def _holds(span: Span, path: str, offset: int) -> bool:
    return span.start <= offset <= span.end and span.source.name == path


# ---------------------------------------------------------------- going there


def definition(state: State, path: str, offset: int) -> Target | None:
    """What stands at a place: the declaration of a name, the beginning of a file."""
    name = name_at(state, path, offset)
    if name is not None:
        return Target(name.declared.source.name, name.declared)
    for analysis in state.holding(path):
        tree = analysis.tree(path)
        for string in _file_names(tree) if tree is not None else ():
            if string.span.start <= offset <= string.span.end:
                return Target(posixpath.normpath(posixpath.join(posixpath.dirname(path), string.value)))
    return None


def _file_names(tree: ast.Tree) -> Iterator[ast.String]:
    """The strings of a file that name other files."""
    for include in tree.includes:
        yield include.path
    for node in nodes(tree.declarations):
        if isinstance(node, ast.ListDecl) and node.from_file is not None:
            yield node.from_file
        elif (isinstance(node, ast.ActionStatement) and node.word == "reply") or (
            isinstance(node, ast.TestLine) and node.words == "message"
        ):
            yield from (operand for operand in node.operands if isinstance(operand, ast.String))


def references(state: State, path: str, offset: int, *, declaration: bool) -> tuple[Span, ...]:
    """Every place where the name at a place stands, in every program that the file is part of."""
    name = name_at(state, path, offset)
    if name is None:
        return ()
    found = same_names(state, name)
    spans = (span for each in found for span in (each.spans if declaration else each.uses))
    return tuple({(span.source.name, span.start, span.end): span for span in spans}.values())


def same_names(state: State, name: Name) -> list[Name]:
    """The name as each program sees it that holds its declaration."""
    place = (name.declared.source.name, name.declared.start)
    return [
        each
        for analysis in state.holding(name.declared.source.name)
        for each in analysis.names
        if each.kind == name.kind and (each.declared.source.name, each.declared.start) == place
    ]


# ---------------------------------------------------------------- outline


@dataclass(frozen=True, slots=True)
class Entry:
    """A declaration in a file's outline: its word, its name or title, where it stands and where its name does."""

    word: str
    name: str
    span: Span
    name_span: Span


_WORDS: Mapping[type, str] = {
    **KINDS,
    ast.RuleDecl: "rule",
    ast.OtherwiseDecl: "otherwise",
    ast.TestDecl: "test",
}


def outline(tree: ast.Tree) -> Iterable[Entry]:
    for declaration in tree.declarations:
        word = _WORDS[type(declaration)]
        match declaration:
            case ast.RuleDecl(title=title) | ast.TestDecl(title=title):
                yield Entry(word, title.value, declaration.span, title.span)
            case ast.OtherwiseDecl(header=header):
                yield Entry(word, word, declaration.span, header)
            case _:
                yield Entry(word, declaration.name.text, declaration.span, declaration.name.span)
