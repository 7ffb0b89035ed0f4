"""One editor at work: the texts it has open, what it is shown, and what the rules match in the archive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Protocol

from sievepy.lsp.analyst import Analyst
from sievepy.lsp.archive import Archive, Counts, Lens, lenses
from sievepy.lsp.diagnostics import Findings, by_file
from sievepy.lsp.documents import Document, Range
from sievepy.lsp.projects import Read, Snapshot, State
from sievepy.sources.port import SourceError
from sievepy.text import Severity


class Editor(Protocol):
    """Who is shown what was found."""

    def show(self, found: Findings) -> None:
        """Everything there is to say about one file now."""

    def refresh_lenses(self) -> None:
        """The lenses that were asked for say something else now."""

    def warn(self, message: str) -> None:
        """Tell the person."""


class Session:
    def __init__(self, editor: Editor, read_file: Read, now: Callable[[], dt.datetime]) -> None:
        self._editor = editor
        self._now = now
        self._open: dict[str, Document] = {}
        self._shown: dict[str, Findings] = {}
        self._archives: dict[str, Archive] = {}
        self._counts: dict[str, Counts] = {}
        self._trouble: str | None = None
        self.analyst = Analyst(read_file, self._told, self._count)

    # ------------------------------------------------------------ texts

    def open(self, path: str, text: str, version: int | None) -> None:
        self._open[path] = Document(path, text, version)
        self.changed()

    def change(self, path: str, changes: Iterable[tuple[Range | None, str]], version: int | None) -> None:
        """Changes one after the other; each speaks of the text that the ones before it made."""
        document = self._open[path]
        for range_, text in changes:
            document = document.changed(range_, text, version)
        self._open[path] = document
        self.changed()

    def close(self, path: str) -> None:
        self._open.pop(path, None)
        self.changed()

    def changed(self) -> None:
        """Something has changed, here or on the disk."""
        self.analyst.changed(self._open)

    def document(self, path: str) -> Document:
        """The text of a file, open or read for the last state; empty where there is none."""
        return self._open.get(path) or self.analyst.state.document(path) or Document(path, "")

    # ------------------------------------------------------------ what is shown

    def _told(self, state: State) -> None:
        """Show what was found. While the checks have not had their say, their findings of before stay: only errors are
        news, and that there are none any more."""
        news = _has_errors(state) or any(_is_bad(found) for found in self._shown.values())
        if not state.linted and self._shown and not news:
            return
        before, self._shown = self._shown, by_file(state)
        for path in before.keys() - self._shown.keys():
            self._editor.show(Findings(self.document(path), ()))
        for path, found in self._shown.items():
            known = before.get(path)
            if found != known and (path in self._open or found.findings or (known is not None and known.findings)):
                self._editor.show(found)

    # ------------------------------------------------------------ what the rules match

    def lenses(self, path: str) -> list[Lens]:
        """What is known so far of the rules of a file."""
        for analysis in self.analyst.state.holding(path):
            tree = analysis.tree(path)
            if tree is not None:
                return lenses(tree, self._counts.get(analysis.entry))
        return []

    def _count(self, state: State, snapshot: Snapshot) -> Callable[[], None]:
        """In the thread: count; and what is to be done then in the event loop."""
        counts: dict[str, Counts] = {}
        trouble: str | None = None
        for analysis in state.analyses:
            archive = self._archives.setdefault(analysis.entry, Archive(self._now))
            try:
                counted = archive.count(analysis, snapshot)
            except SourceError as problem:
                trouble = f"[editor] archive: {problem}"
                continue
            if counted is None and not analysis.compilation.ok:
                counted = self._counts.get(analysis.entry)  # rules are changed, and soon right again
            if counted is not None:
                counts[analysis.entry] = counted
        return lambda: self._counted(counts, trouble)

    def _counted(self, counts: dict[str, Counts], trouble: str | None) -> None:
        if trouble is not None and trouble != self._trouble:
            self._editor.warn(trouble)
        self._trouble = trouble
        if counts != self._counts:
            self._counts = counts
            self._editor.refresh_lenses()


def _has_errors(state: State) -> bool:
    return any(_is_bad(found) for found in by_file(state).values())


def _is_bad(found: Findings) -> bool:
    return any(finding.severity is Severity.ERROR for finding in found.findings)
