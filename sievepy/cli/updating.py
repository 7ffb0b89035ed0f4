"""`sievepy test --update`: failing tests rewritten beside the rules. Nothing is written that was not tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sievepy.cli.rules_files import Contents
from sievepy.cli.wiring import Unusable

if TYPE_CHECKING:
    from sievepy.cli.wiring import Project
    from sievepy.ir.cases import Case
    from sievepy.ruletest.run import CaseResult
    from sievepy.text import Edit


@dataclass(frozen=True, slots=True)
class Updated:
    """The new text of each file that changes, its old one, and its bytes. `refused`: tests that stay as they are, and
    why."""

    texts: Mapping[str, str]
    before: Mapping[str, str]
    data: Mapping[str, bytes]
    updated: Sequence[Case]
    refused: Sequence[tuple[Case, str]]


def update_tests(project: Project, results: Sequence[CaseResult]) -> Updated:
    """Rewrite the tests that fail, in memory. Raises Unusable where the result would not be what it should."""
    from sievepy.ruletest.update import Inexpressible, updates
    from sievepy.text import SourceFile
    from sievepy.text.edits import edited

    edits: list[Edit] = []
    updated: list[Case] = []
    refused: list[tuple[Case, str]] = []
    for result in results:
        if result.passed:
            continue
        try:
            edits += updates(project.compilation, result)
            updated.append(result.case)
        except Inexpressible as why:
            refused.append((result.case, str(why)))
    contents = Contents()
    sources = {edit.span.source for edit in edits}
    for source in sources:
        if SourceFile.of(source.name, contents.read(source.name).decode("utf-8", "replace")).text != source.text:
            raise Unusable(f"{source.name} has changed meanwhile; nothing was written")
    texts = {source.name: edited(source, edits) for source in sorted(sources, key=lambda source: source.name)}
    found = Updated(texts, {s.name: s.text for s in sources}, contents.read_bytes, updated, refused)
    _check(project, found)
    return found


def _check(project: Project, found: Updated) -> None:
    """The rewritten tests pass, and the others do what they did."""
    from sievepy.compiler import compile_file
    from sievepy.ruletest.run import run_cases

    def read(path: str) -> bytes:
        return found.texts[path].encode() if path in found.texts else project.read(path)

    entry = project.compilation.trees[-1].source.name
    compilation = compile_file(entry, read, project.compilation.settings)
    cases = (project.cases, compilation.cases)
    before, after = (list(run_cases(project.program, each, project.conditions, project.read)) for each in cases)
    wanted = [result.passed or any(result.case is case for case in found.updated) for result in before]
    if compilation.script != project.compilation.script or [result.passed for result in after] != wanted:
        raise Unusable("nothing was written: a rewritten test would not pass; please report this")


def write_updated(found: Updated) -> None:
    from sievepy.disk.replace import replace_contents
    from sievepy.text.edits import as_saved

    for name, text in found.texts.items():
        try:
            replace_contents(Path(name), as_saved(text, found.data[name]))
        except OSError as problem:
            raise Unusable(f"cannot write {name}: {problem.strerror or problem}") from None
