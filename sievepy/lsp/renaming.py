"""A new name in all places of all programs at once, or why not.

The new texts are compiled before anybody sees them: what would be an error that was none is the reason to refuse. So a
word of the language, a name that is taken, or letters of two alphabets need no rules of their own here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sievepy.compiler import Compilation, Memory, compile_file
from sievepy.lsp.documents import Document
from sievepy.lsp.names import Name
from sievepy.lsp.navigation import name_at, same_names, span_at
from sievepy.lsp.projects import Analysis, Snapshot, State
from sievepy.rules_lang.strings import quoted
from sievepy.rules_lang.word_errors import check_name
from sievepy.text import Diagnostic, Edit, Severity, Span
from sievepy.text.edits import edited


class Refused(Exception):
    """Why there is no new name; the text is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """What stands at a place and can be renamed: where, without quotes, and the name as it is."""

    span: Span
    name: Name

    @property
    def text(self) -> str:
        return self.name.text


def prepare(state: State, path: str, offset: int) -> Renaming:
    """Raises Refused where nothing can be renamed."""
    name = name_at(state, path, offset)
    if name is None:
        raise Refused("nothing that can have another name stands here")
    span = span_at(name, path, offset)
    return Renaming(Span(span.source, span.start + 1, span.end - 1) if name.kind == "rule" else span, name)


def rename(state: State, snapshot: Snapshot, path: str, offset: int, new: str) -> tuple[Edit, ...]:
    """The edits, over all files, that give the name at a place another one. Raises Refused, and Superseded."""
    name = prepare(state, path, offset).name
    if new == name.text:
        return ()
    programs = list(state.holding(name.declared.source.name))
    _refuse_unreadable(programs)
    _refuse_bad(name, new)
    if name.kind == "tag" and any(other.kind == "tag" and other.text == new for p in programs for other in p.names):
        raise Refused(f"there is a tag `{new}` already; the two would be one")
    spans = [span for each in same_names(state, name) for span in each.spans]
    edits = {(s.source.name, s.start): Edit(s, _written(name, s, new)) for s in spans}
    for program in programs:
        _refuse_worse(program, snapshot, tuple(edits.values()))
    return tuple(edits[place] for place in sorted(edits))


def _written(name: Name, span: Span, new: str) -> str:
    """The new name as it is written where the old one stands: a title in the quotes it has there."""
    return quoted(new, span.text[0]) if name.kind == "rule" else new


def _refuse_bad(name: Name, new: str) -> None:
    if name.kind == "rule":
        if not new.strip() or not new.isprintable():
            raise Refused("a title is one line of text")
        return
    for problem in check_name(new, name.declared):
        raise Refused(f"{problem.message}; {problem.help}")


def _refuse_unreadable(programs: Iterable[Analysis]) -> None:
    """What could not be read may hold the name, too."""
    for program in programs:
        for tree in program.compilation.trees:
            for broken in tree.broken:
                raise Refused(f"mend the rules first: {broken.span} cannot be read, and may hold the name")


def _refuse_worse(program: Analysis, snapshot: Snapshot, edits: tuple[Edit, ...]) -> None:
    texts = {
        tree.source.name: Document(tree.source.name, edited(tree.source, edits)) for tree in program.compilation.trees
    }
    renamed = replace(snapshot, open={**snapshot.open, **texts})
    compilation = compile_file(program.entry, renamed.read, program.config.settings, Memory(program.expander))
    known = Counter(error.code for error in _errors(program.compilation))
    for error in _errors(compilation):
        if not known[error.code]:
            raise Refused(f"{error.message} ({error.span or program.entry})")
        known[error.code] -= 1


def _errors(compilation: Compilation) -> Iterator[Diagnostic]:
    return (finding for finding in compilation.diagnostics if finding.severity is Severity.ERROR)
