"""The way of one file through the formatter, and when it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from sievepy.rules_lang import ast
from sievepy.rules_lang.formatter import concrete, faithful
from sievepy.rules_lang.formatter.layout import lay_out
from sievepy.rules_lang.parser import parse
from sievepy.text import Diagnostic, Severity, SourceFile, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import error

CODE = Code(
    "E162",
    "layout-changes-rules",
    """\
## What it does
Refuses to lay out a file whose canonical layout would not mean the same: the tree of the rules or a comment would
differ. The file stays as it is.

## Why it is bad
A layout that changes what rules mean is a change that nobody asked for and nobody reviews.

## Use instead
Write the statement at that place on one line, or the comment on a line of its own. And report it: sievepy should have
laid it out.
""",
)


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file's canonical text; None where there are `diagnostics` that say why it has none."""

    source: SourceFile
    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()


def format_source(source: SourceFile) -> Formatted:
    """The canonical text of a rules file. Refuses a file with syntax errors, and one whose text it could not keep."""
    tree, diagnostics = parse(source)
    errors = tuple(d for d in diagnostics if d.severity is Severity.ERROR)
    if errors:
        return Formatted(source, None, errors)
    file = concrete.read(source)
    text = lay_out(file)
    place = _unfaithful(tree, file, SourceFile.of(source.name, text))
    if place is not None:
        problem = error(CODE.id, "the canonical layout would not mean the same from here on", place)
        return Formatted(source, None, (problem,))
    return Formatted(source, text)


def _unfaithful(tree: ast.Tree, file: concrete.File, written: SourceFile) -> Span | None:
    """The first place of the source that `written` does not render."""
    again, diagnostics = parse(written)
    if any(d.severity is Severity.ERROR for d in diagnostics):
        return faithful.first_difference(tree, again) or tree.source.span(0, 0)
    return faithful.first_difference(tree, again) or _lost(file, concrete.read(written))


def _lost(file: concrete.File, again: concrete.File) -> Span | None:
    """The first comment of the file that does not stand where it stood among the others."""
    for mine, theirs in zip_longest(file.comments, again.comments):
        if mine is None or theirs is None or mine.text != theirs.text:
            return mine or file.comments[-1] if file.comments else again.comments[0]
    return None
