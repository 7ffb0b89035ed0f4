"""The queue's journal: one row for each step, written in the step's own transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sievepy.spool.database import Database
from sievepy.spool.port import JournalEntry
from sievepy.spool.rows import entry, microseconds

QUEUE = "queue"  # who did it, where no rule and no person did


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
    db.run(
        "journal",
        at=microseconds(at),
        what=what,
        who=who,
        letter=letter,
        delivery=delivery,
        why=why,
        program=program,
    )


def note(db: Database, entry: JournalEntry) -> None:
    write(
        db,
        entry.at,
        entry.what,
        entry.letter,
        entry.delivery,
        who=entry.who,
        why=entry.why,
        program=entry.program,
    )


def entries(db: Database, letter: str | None, limit: int) -> Sequence[JournalEntry]:
    """The newest entries, oldest first."""
    if letter is None:
        newest = db.rows("newest-entries", limit=limit)
    else:
        newest = db.rows("newest-entries-of", letter=letter, limit=limit)
    return [entry(row) for row in reversed(newest)]
