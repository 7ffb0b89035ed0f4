"""The queue's journal: one row for each step, written in the step's own transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sievepy.spool.database import Database
from sievepy.spool.port import JournalEntry
from sievepy.spool.rows import entry, microseconds

QUEUE = "queue"  # who did it, where no rule and no person did
Line = tuple[int, str, str, str | None, str | None, str | None, str | None]


def line(
    at: int,
    what: str,
    letter: str | None = None,
    delivery: str | None = None,
    *,
    who: str = QUEUE,
    why: str | None = None,
    program: str | None = None,
) -> Line:
    """A row to be; `at` in microseconds."""
    return (at, what, who, letter, delivery, why, program)


def write_all(db: Database, lines: Iterable[Line]) -> None:
    db.run_each("journal", lines)


def write(
    db: Database,
    at: dt.datetime,
    what: str,
    letter: str | None = None,
    delivery: str | None = None,
    *,
    who: str = QUEUE,
    why: str | None = None,
    program: str | None = None,
) -> None:
    db.run("journal", *line(microseconds(at), what, letter, delivery, who=who, why=why, program=program))


def noted(entry: JournalEntry) -> Line:
    """A caller's entry."""
    return (microseconds(entry.at), entry.what, entry.who, entry.letter, entry.delivery, entry.why, entry.program)


def note(db: Database, entry: JournalEntry) -> None:
    db.run("journal", *noted(entry))


def entries(db: Database, letter: str | None, limit: int) -> Sequence[JournalEntry]:
    """The newest entries, oldest first."""
    if letter is None:
        newest = db.rows("newest-entries", limit=limit)
    else:
        newest = db.rows("newest-entries-of", letter=letter, limit=limit)
    return [entry(row) for row in reversed(newest)]
