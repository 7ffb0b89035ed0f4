"""Steps that keep the queue in order: what is old goes, and what came out of a backup is held."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sievepy.spool import journal
from sievepy.spool.database import Database
from sievepy.spool.port import JOURNAL, What
from sievepy.spool.rows import microseconds

AT_A_TIME = 500  # rows a step: others wait for no more than that
BACKUP = "backup"  # the fact by which a copy is known


@dataclass(frozen=True, slots=True)
class Expired:
    """What one step dropped. `files`: letters whose files may go now; `after`: where to go on, None at the end."""

    letters: int
    files: tuple[str, ...]
    after: int | None


def expire(db: Database, now: dt.datetime, keep: Mapping[str, dt.timedelta], after: int) -> Expired:
    """One step over the letters with numbers above `after`."""
    shortest = min((time for name, time in keep.items() if name != JOURNAL), default=None)
    if shortest is None:
        return Expired(0, (), None)
    candidates = db.rows("settled-before", before=microseconds(now - shortest), after=after, limit=AT_A_TIME)
    due = [row for row in candidates if _is_due(db, row, now, keep)]
    for row in due:
        db.run("expire-letter", letter=row["number"], now=microseconds(now))
        db.run("delete-body", letter=row["number"])
        db.run("forget-subjects", letter=row["number"])
        journal.write(db, now, What.EXPIRED, row["id"])
    files = tuple(row["id"] for row in due if row["in_file"])
    return Expired(len(due), files, candidates[-1]["number"] if len(candidates) == AT_A_TIME else None)


def _is_due(db: Database, row: dict[str, Any], now: dt.datetime, keep: Mapping[str, dt.timedelta]) -> bool:
    names = {name for place in db.rows("classes-of", letter=row["number"]) for name in place.values()}
    times = [time for name, time in keep.items() if name in names and name not in ("", JOURNAL)]
    time = min(times) if times else keep.get("")
    return time is not None and bool(row["settled_at"] <= microseconds(now - time))


def forget(db: Database, now: dt.datetime, life: dt.timedelta | None) -> int:
    """Drop some of what no question can reach any more: how many rows there were."""
    dropped = db.change("drop-identities", now=microseconds(now), limit=AT_A_TIME)
    if life is not None:
        before = microseconds(now - life)
        dropped += db.change("drop-letters", before=before, limit=AT_A_TIME)
        dropped += db.change("drop-journal", before=before, limit=AT_A_TIME)
        dropped += db.change("drop-threads", before=before, limit=AT_A_TIME)
    return dropped


def counts(db: Database) -> dict[str, int]:
    return {row["name"]: row["amount"] for row in db.rows("counts") if row["amount"]}


def is_restored(db: Database) -> bool:
    return db.value("fact", name=BACKUP) is not None


def mark_backup(db: Database) -> None:
    db.run("set-fact", name=BACKUP, value="1")


def hold_everything(db: Database, now: dt.datetime) -> None:
    """A backup is older than what was delivered since: a person decides what is to be done again."""
    db.run("journal-restored", now=microseconds(now))
    db.run("hold-all-deliveries")
    db.run("hold-all-letters")
    db.run("drop-fact", name=BACKUP)


def letters_in_files(db: Database) -> frozenset[str]:
    return frozenset(row["id"] for row in db.rows("letters-in-files"))
