"""The batch behind `sievepy process --apply`: judge the letters of a source and carry their plans out, one by one.

Only judging may run in parallel; the steps stay in one process, in the order of the letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sievepy.relay.apply import Application, Gone, Issued, Resumed
from sievepy.relay.journal import Journal
from sievepy.relay.judging import Judged, Judging, Verdict
from sievepy.relay.undo import TakenBack, finish_undoing
from sievepy.sources.port import Letter, Source


class Stopped(Exception):
    """The run cannot go on: the disk is full, a folder cannot be written. Nothing is lost; the text says what to
    mend."""


class Batch:
    """One run on an open journal. First `resume`, then `letters`, then `run` over them to its end."""

    def __init__(self, source: Source, to: Path, journal: Journal, issued: Issued) -> None:
        self._source = source
        self._journal = journal
        self._to = to
        with _Stopping("the journal", to):
            self._application = Application(source, to, journal, issued)

    @property
    def number(self) -> int:
        return self._application.number

    def resume(self) -> tuple[Resumed, Sequence[TakenBack]]:
        """Finish what earlier runs left half done: letters being delivered, and letters being taken back."""
        with _Stopping("an interrupted letter", self._to):
            taken_back = finish_undoing(self._journal, self._source)
            return self._application.resume(), taken_back

    def letters(self) -> Sequence[Letter]:
        return self._application.waiting()

    def run(self, letters: Sequence[Letter], judging: Judging) -> Iterator[Judged]:
        """Each letter when all that its plan asks for is done. Letters without a verdict stay in the source."""
        for judged in judging.judge(letters, with_data=True):
            yield self._apply(judged)
        with _Stopping("the journal", self._to):
            self._application.end()

    def _apply(self, judged: Judged) -> Judged:
        if judged.plan is None:
            return judged
        assert judged.data is not None  # they were asked for
        with _Stopping(judged.letter.name, self._to):
            try:
                self._application.apply(judged.letter, judged.data, judged.plan)
            except Gone:
                return replace(judged, verdict=Verdict(None, failure="somebody moved it away meanwhile"))
        return judged


class _Stopping:
    """Turns an error of the file system into the end of the run, with words for it."""

    def __init__(self, what: str, to: Path) -> None:
        self._what = what
        self._to = to

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, OSError):
            where = problem.filename or self._to
            raise Stopped(f"stopped at {self._what}: {where}: {problem.strerror or problem}") from problem
