"""The driver: from a path to a Program and everything there is to say about the rules.

It reads nothing itself: `read` fetches a file's bytes and raises OSError as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sievepy.ir.cases import Case
from sievepy.ir.passes import simplify
from sievepy.ir.script import Script
from sievepy.ir.validate import validate
from sievepy.rules_lang import ast
from sievepy.rules_lang.loader import Files, load
from sievepy.rules_lang.lower import lower
from sievepy.rules_lang.parser import parse
from sievepy.rules_lang.report import Report
from sievepy.rules_lang.settings import Settings
from sievepy.rules_lang.symbols import Symbols
from sievepy.text import Diagnostic, SourceFile
from sievepy.words import Expander

if TYPE_CHECKING:
    from sievepy.engine.program import Program

Read = Callable[[str], bytes]


class Memory:
    """What one compilation leaves to the next one: the trees of files whose text is still the same, and the forms of
    words. For who compiles a program again and again while it is written; one compilation at a time."""

    def __init__(self, expander: Expander | None = None) -> None:
        self.expander = expander or Expander()
        self._parsed: dict[str, tuple[ast.Tree, tuple[Diagnostic, ...]]] = {}

    def parse(self, source: SourceFile) -> tuple[ast.Tree, tuple[Diagnostic, ...]]:
        """The tree of a file, and its syntax errors. Their spans may be those of an equal source file, read before."""
        kept = self._parsed.get(source.name)
        if kept is None or kept[0].source.text != source.text:
            kept = self._parsed[source.name] = parse(source)
        return kept


@dataclass(frozen=True, slots=True)
class Compilation:
    """`trees`: the entry file and what it includes, in the order of inclusion (the entry file last where it is asked
    for by position: its own declarations follow those of its includes). `script` is None where an error stands in
    the way of meaning; `cases` are the tests beside the rules, in order. `diagnostics` are sorted by place."""

    trees: tuple[ast.Tree, ...]
    symbols: Symbols
    script: Script | None
    cases: tuple[Case, ...]
    diagnostics: tuple[Diagnostic, ...]
    settings: Settings

    @property
    def ok(self) -> bool:
        return self.script is not None


def compile_file(
    path: str,
    read: Read,
    settings: Settings = Settings(),  # noqa: B008  (frozen)
    memory: Memory | None = None,
) -> Compilation:
    """Compile the entry file at `path` and everything it includes. Never raises on any text, and reports what `read`
    raises (OSError) as a diagnostic; an exception is a mistake of this program, or anything else that `read` raises."""
    memory = memory or Memory()
    report = Report()
    files = Files(path, read, report, settings.root)
    loaded = load(files, report, memory.parse)
    lowered = lower(loaded, files, settings, report, memory.expander)
    script = lowered.script
    if script is not None:
        script = simplify(script)
        validate(script)
    return Compilation(loaded.trees, lowered.symbols, script, lowered.cases, report.sorted(), settings)


def build_program(compilation: Compilation) -> Program:
    """The program of a compilation without errors. Raises ValueError if there are errors."""
    if compilation.script is None:
        raise ValueError("rules with errors have no meaning that could be run")
    from sievepy.engine.program import build  # `check` needs no engine, and starts without one

    return build(compilation.script)
