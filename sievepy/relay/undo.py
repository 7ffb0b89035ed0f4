"""Take a run back: what was delivered is removed where nobody has touched it, then the originals return to the source.

A copy that somebody has read, flagged, moved or changed stays, and is told. Nothing is removed while the original
cannot be read: a letter is never lost by undoing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sievepy.disk.durable import sync_folder
from sievepy.disk.maildir import flags
from sievepy.relay.apply import outgoing
from sievepy.relay.journal import Begin, Deliver, Enter, Journal, SetAside, Step, Undo, Undone, Work
from sievepy.relay.steps import PENDING
from sievepy.sinks.maildir import Maildir
from sievepy.sinks.pending import Pending
from sievepy.sources.port import Letter, Source

GONE = "it is no longer there"


class NoSuchRun(Exception):
    """The journal knows no run of this number."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One letter: whether its original is back where it was, and what of it could not be undone."""

    name: str
    back: bool
    left: tuple[str, ...] = ()


def undo_run(journal: Journal, source: Source, number: int) -> Iterator[TakenBack]:
    """Undo what a run did, last letter first. Raises NoSuchRun; OSError leaves the rest for another try."""
    if number not in journal.history.runs:
        raise NoSuchRun(number)
    for work in reversed(journal.history.of_run(number)):
        if not work.undone:
            yield undo(journal, source, work)


def finish_undoing(journal: Journal, source: Source) -> list[TakenBack]:
    """Go on with letters whose undoing was interrupted."""
    started = [work for work in journal.history.works.values() if work.undoing]
    return [undo(journal, source, work) for work in started]


def undo(journal: Journal, source: Source, work: Work) -> TakenBack:
    """Undo one letter, finished or not. May be interrupted and done again."""
    begin, again = work.begin, work.undoing
    aside = next((step.place for step in begin.steps if isinstance(step, SetAside)), None)
    try:
        data = _original(source, begin, aside)
    except OSError as problem:
        return TakenBack(begin.name, False, (f"its original cannot be read: {problem.strerror}",))
    target = Path(journal.history.runs[begin.run].to)
    reached = len(begin.steps) if work.closed else 0 if work.last is None else work.last.index
    journal.write(Undo(begin.id))
    left = []
    for index, step in enumerate(begin.steps):
        why = _undo_step(source, target, begin, step, data)
        never_there = why == GONE and (again or index >= reached)
        if why is not None and not never_there:
            left.append(f"{_named(step)}: {why}")
    journal.write(Undone(begin.id, tuple(left)))
    return TakenBack(begin.name, True, tuple(left))


def _undo_step(source: Source, target: Path, begin: Begin, step: Step, data: bytes) -> str | None:
    """None, or why the step cannot be undone."""
    match step:
        case Deliver():
            return _take_back(Maildir(target.joinpath(*step.place)), step.name, outgoing(begin, step, data))
        case Enter():
            ids = {str(line["id"]) for line in step.lines}
            return None if Pending(target / PENDING).remove(ids) == ids else GONE
        case SetAside():
            source.bring_back(begin.key, step.place)
    return None


def _named(step: Step) -> str:
    return "/".join(step.place) if isinstance(step, Deliver) else PENDING


def _original(source: Source, begin: Begin, aside: str | None) -> bytes:
    """From `Processed`; from the source where it never left or an interrupted undo has brought it back."""
    try:
        return source.read_aside(begin.key, aside or "")
    except FileNotFoundError:
        return source.read(Letter(begin.name, begin.key))


def _take_back(maildir: Maildir, name: str, delivered: bytes) -> str | None:
    """Remove a copy that nobody has touched; else say what was done to it."""
    maildir.clear(name)
    path = maildir.find(name)
    if path is None:
        return GONE
    if flags(path):
        return f"somebody has read or marked it ({flags(path)}); it stays"
    if path.read_bytes() != delivered:
        return "it was changed; it stays"
    path.unlink()
    sync_folder(path.parent)
    return None
