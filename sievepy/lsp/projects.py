"""Which programs the open files belong to, and all there is to say about each.

A file belongs to the program of the project whose `sievepy.toml` is found upward from it; one that this program does
not include, and one without a project, is a program of its own unless another open one includes it. An open text
stands for its file. What an analysis has read is remembered: while that stays the same, so does the analysis.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sievepy import lint
from sievepy.compiler import Compilation, Memory, compile_file
from sievepy.config import FILE_NAME, Config, parse_config
from sievepy.lsp.documents import Document
from sievepy.lsp.names import Name, names_of
from sievepy.rules_lang import ast
from sievepy.text import Diagnostic
from sievepy.words import Expander

Read = Callable[[str], bytes]


class Superseded(Exception):
    """What is being looked at has changed: the answer would be of no use."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The texts at one moment: `open` in the editor, by path, and the files. `superseded`: a newer one is waiting."""

    open: Mapping[str, Document]
    read_file: Read
    superseded: Callable[[], bool] = lambda: False

    def proceed(self) -> None:
        """Raises Superseded where it is no use to go on."""
        if self.superseded():
            raise Superseded

    def read(self, path: str) -> bytes:
        """Raises OSError as the file would, and Superseded."""
        self.proceed()
        document = self.open.get(path)
        # Half a surrogate pair, which no file can hold, is one character here and one there.
        return self.read_file(path) if document is None else document.text.encode("utf-8", "replace")

    def bytes_of(self, path: str) -> bytes | None:
        """As `read`; None for a file that cannot be read."""
        try:
            return self.read(path)
        except OSError:
            return None

    def document(self, path: str) -> Document | None:
        """The text of a file, open or not; None for one that cannot be read."""
        if path in self.open:
            return self.open[path]
        data = self.bytes_of(path)
        return None if data is None else Document.of_bytes(path, data)


@dataclass(frozen=True, eq=False)
class Analysis:
    """One program: its compilation, and what was found. `linted`: the checks have had their say, too. `documents`: its
    rules files. `read`: the bytes of every file that was asked for, None where there were none. `expander`: who knows
    the forms of its words."""

    entry: str
    config: Config
    compilation: Compilation
    documents: Mapping[str, Document]
    read: Mapping[str, bytes | None]
    findings: tuple[Diagnostic, ...]
    expander: Expander
    linted: bool = False

    @cached_property
    def names(self) -> tuple[Name, ...]:
        return names_of(self.compilation)

    def tree(self, path: str) -> ast.Tree | None:
        return next((tree for tree in self.compilation.trees if tree.source.name == path), None)


@dataclass(frozen=True)
class State:
    """All programs of the open files, and what is wrong in their configurations, by the configuration's document."""

    analyses: tuple[Analysis, ...] = ()
    misconfigured: tuple[tuple[Document, tuple[Diagnostic, ...]], ...] = ()

    @property
    def linted(self) -> bool:
        return all(analysis.linted for analysis in self.analyses)

    def holding(self, path: str) -> Iterator[Analysis]:
        """The programs that a file is part of."""
        return (analysis for analysis in self.analyses if path in analysis.documents)

    def document(self, path: str) -> Document | None:
        """The text that was looked at, of any file that was read; None for others."""
        for analysis in self.holding(path):
            return analysis.documents[path]
        for document, _ in self.misconfigured:
            if document.path == path:
                return document
        data = next((data for a in self.analyses if (data := a.read.get(path)) is not None), None)
        return None if data is None else Document.of_bytes(path, data)


class Projects:
    """Looks at snapshots, one after the other, in one thread at a time."""

    def __init__(self) -> None:
        self._memories: dict[str, Memory] = {}
        self._kept: dict[str, Analysis] = {}
        self._configs: dict[str, Config] = {}

    def compile(self, snapshot: Snapshot) -> State:
        """The programs of a snapshot, compiled. Raises Superseded."""
        configured = {path: self._config(path, snapshot) for path in sorted(snapshot.open) if _is_rules(path)}
        named = {config.rules: config for config, _ in configured.values() if config.rules is not None}
        analyses = {posixpath.normpath(rules): self._analysis(rules, named[rules], snapshot) for rules in named}
        for path, (config, _) in configured.items():
            if not any(path in analysis.documents for analysis in analyses.values()):
                analyses[path] = self._analysis(path, config, snapshot)
        for path in list(analyses):
            if _included(path, analyses.values()):
                del analyses[path]
        kept = analyses.values()
        self._kept = {analysis.entry: analysis for analysis in kept}
        self._memories = {entry: memory for entry, memory in self._memories.items() if entry in analyses}
        problems = {document.path: (document, found) for _, told in configured.values() for document, found in told}
        return State(tuple(kept), tuple(problems.values()))

    def lint(self, state: State, snapshot: Snapshot) -> State:
        """The same with the opinions of the checks. Raises Superseded."""
        analyses = tuple(_linted(analysis, snapshot) for analysis in state.analyses)
        self._kept = {analysis.entry: analysis for analysis in analyses}
        return replace(state, analyses=analyses)

    # ------------------------------------------------------------ one program

    def _analysis(self, entry: str, config: Config, snapshot: Snapshot) -> Analysis:
        entry = posixpath.normpath(entry)
        kept = self._kept.get(entry)
        if kept is not None and kept.config == config and _unchanged(kept, snapshot):
            return kept
        read: dict[str, bytes | None] = {}

        def reading(path: str) -> bytes:
            read[path] = None
            data = read[path] = snapshot.read(path)
            return data

        memory = self._memories.setdefault(entry, Memory())
        compilation = compile_file(entry, reading, config.settings, memory)
        names = [tree.source.name for tree in compilation.trees]
        documents = {name: document for name in names if (document := snapshot.document(name)) is not None}
        return Analysis(entry, config, compilation, documents, read, compilation.diagnostics, memory.expander)

    # ------------------------------------------------------------ configurations

    def _config(
        self, path: str, snapshot: Snapshot
    ) -> tuple[Config, tuple[tuple[Document, tuple[Diagnostic, ...]], ...]]:
        """The configuration that a file is under. While it is wrong, the last one that was right."""
        for folder in _folders(path):
            document = snapshot.document(posixpath.join(folder, FILE_NAME))
            if document is None:
                continue
            config, problems = parse_config(document.path, document.text)
            if problems:
                return self._configs.get(document.path, Config()), ((document, problems),)
            self._configs[document.path] = config
            return config, ()
        return Config(), ()


def _is_rules(path: str) -> bool:
    """Whether a file can be a program; a text that has no name yet can."""
    return posixpath.splitext(path)[1] in (".rules", "")


def _folders(path: str) -> Iterator[str]:
    """The folder of a file, and those above it."""
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        above = posixpath.dirname(folder)
        folder = "" if above == folder else above


def _unchanged(analysis: Analysis, snapshot: Snapshot) -> bool:
    return all(snapshot.bytes_of(path) == data for path, data in analysis.read.items())


def _included(entry: str, analyses: Iterable[Analysis]) -> bool:
    return any(entry in analysis.documents for analysis in analyses if analysis.entry != entry)


def _linted(analysis: Analysis, snapshot: Snapshot) -> Analysis:
    if analysis.linted:
        return analysis
    compilation = analysis.compilation
    opinions = lint.run(compilation, before_each=snapshot.proceed)
    findings = tuple(sorted((*compilation.diagnostics, *opinions), key=lambda finding: finding.sort_key))
    return replace(analysis, findings=findings, linted=True)
