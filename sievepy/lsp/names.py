"""The names of a program: what is declared, the tags that rules set or ask for, and the titles of rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sievepy.compiler import Compilation
from sievepy.rules_lang import ast
from sievepy.rules_lang.symbols import Symbol, SymbolKind
from sievepy.text import SourceFile, Span

NameKind = SymbolKind | Literal["tag", "rule"]

_TABLES: Mapping[SymbolKind, str] = {
    "list": "lists",
    "phrases": "phrases",
    "network": "networks",
    "hours": "hours",
    "condition": "conditions",
    "department": "departments",
    "person": "persons",
}


@dataclass(frozen=True, slots=True)
class Name:
    """`declared` is the name in its declaration; a tag has none, and is declared where it first stands. For `rule`, the
    titles of rules, spans are those of strings, quotes included."""

    kind: NameKind
    text: str
    key: str
    declared: Span
    uses: tuple[Span, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        return (self.declared, *self.uses)


def names_of(compilation: Compilation) -> tuple[Name, ...]:
    """All names of a program. A declaration that could not be read has none."""
    declared = (
        name for kind, table in _TABLES.items() for name in _declared(kind, getattr(compilation.symbols, table))
    )
    return (*declared, *_tags(compilation), *_titles(compilation))


def _declared(kind: SymbolKind, table: Mapping[str, Symbol[Any]]) -> Iterator[Name]:
    for key, symbol in table.items():
        uses = dict.fromkeys(span for span in symbol.uses if span != symbol.span)
        yield Name(kind, symbol.name, key, symbol.span, tuple(uses))


def _tags(compilation: Compilation) -> Iterator[Name]:
    found: dict[str, list[ast.Name]] = {}
    for tree in compilation.trees:
        for node in nodes(tree.declarations):
            if isinstance(node, ast.ActionStatement) and node.word == "tag":
                for operand in node.operands:
                    if isinstance(operand, ast.Name):
                        found.setdefault(operand.key, []).append(operand)
            elif isinstance(node, ast.FactTest) and node.words == "tagged" and node.argument is not None:
                found.setdefault(node.argument.key, []).append(node.argument)
    for key, (first, *others) in found.items():
        yield Name("tag", first.text, key, first.span, tuple(name.span for name in others))


def _titles(compilation: Compilation) -> Iterator[Name]:
    declarations = [declaration for tree in compilation.trees for declaration in tree.declarations]
    expected: dict[str, list[Span]] = {}
    for test in (d for d in declarations if isinstance(d, ast.TestDecl)):
        for line in test.lines:
            if line.words.startswith("expect") and line.action is None:
                for operand in line.operands:
                    if isinstance(operand, ast.String):
                        expected.setdefault(operand.value, []).append(operand.span)
    for rule in (d for d in declarations if isinstance(d, ast.RuleDecl)):
        title = rule.title
        yield Name("rule", title.value, title.value, title.span, tuple(expected.get(title.value, ())))


def nodes(node: Any) -> Iterator[Any]:
    """A node of the tree and all below it, each before what it holds; of a tuple, those of its members."""
    if isinstance(node, tuple):
        for each in node:
            yield from nodes(each)
    elif dataclasses.is_dataclass(node) and not isinstance(node, Span | SourceFile):
        yield node
        for each in dataclasses.fields(node):
            yield from nodes(getattr(node, each.name))
