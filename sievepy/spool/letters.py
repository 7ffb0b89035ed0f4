"""Steps of a letter's life, from its arrival to its plan, and what a person may do with it.

Each function is one step inside a transaction that the writer began: it runs statements, raises SpoolRefused for what
contradicts the queue, and knows nothing of commits, threads or files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sievepy.spool import journal, rows, threads
from sievepy.spool.database import Database
from sievepy.spool.merging import merge
from sievepy.spool.port import (
    Accepted,
    Arrival,
    DeliveryState,
    JournalEntry,
    LetterState,
    NewDelivery,
    Queued,
    SpoolError,
    SpoolRefused,
    Thread,
    What,
)
from sievepy.spool.rows import Damaged, microseconds

UNREADABLE = "the letter cannot be read"


def accept(db: Database, arrival: Arrival, letter: str, now: dt.datetime) -> Accepted:
    """T1. `letter` is the id to give it; the bytes of one that came in a file lie under that id already."""
    first = _known(db, arrival, now)
    if first is not None:
        journal.write(db, now, What.DUPLICATE, first)
        return Accepted(first, duplicate=True)
    number = db.insert(
        "insert-letter",
        id=letter,
        envelope=rows.json(arrival.envelope),
        size=arrival.size,
        digest=arrival.digest,
        in_file=arrival.file is not None,
        identity=arrival.identity,
        message_id=arrival.message_id,
        now=microseconds(now),
    )
    if arrival.data is not None:
        db.insert("insert-body", letter=number, data=arrival.data)
    if arrival.identity is not None:
        until = None if arrival.window is None else microseconds(now + arrival.window)
        db.run("remember-identity", identity=arrival.identity, letter=number, until=until)
    journal.write(db, now, What.ACCEPTED, letter)
    return Accepted(letter)


def _known(db: Database, arrival: Arrival, now: dt.datetime) -> str | None:
    """The id of the letter that this one is, if it came before within the window."""
    if arrival.identity is None:
        return None
    first = db.row("known-identity", identity=arrival.identity)
    if first is None:
        return None
    if arrival.window is not None and first["accepted_at"] < microseconds(now - arrival.window):
        return None
    return str(first["id"])


def claim(db: Database, now: dt.datetime, limit: int) -> Sequence[Queued]:
    claimed = []
    for row in db.rows("letters-to-judge", limit=limit):
        try:
            letter = rows.queued(row)
        except Damaged as damage:
            corrupt(db, row["number"], row["id"], str(damage), now)
            continue
        db.run("claim", letter=row["number"])
        journal.write(db, now, What.JUDGING, letter.letter)
        claimed.append(replace(letter, attempts=letter.attempts + 1))
    return claimed


def unclaim(db: Database, letter: str, why: str, now: dt.datetime) -> None:
    row = get(db, letter)
    if row["state"] != LetterState.ACCEPTED or not row["claimed"]:
        raise SpoolRefused(f"letter {letter} is not being judged")
    db.run("unclaim", letter=row["number"])
    journal.write(db, now, What.UNCLAIMED, letter, why=why)


def plan(
    db: Database,
    letter: str,
    plan: bytes,
    program: str,
    deliveries: Sequence[NewDelivery],
    entries: Sequence[JournalEntry],
    now: dt.datetime,
    new_id: Callable[[dt.datetime], str],
    begun: Sequence[Thread] = (),
) -> tuple[str, ...]:
    """T2."""
    row = get(db, letter)
    if row["state"] != LetterState.ACCEPTED:
        raise SpoolRefused(f"letter {letter} is {row['state']}, not waiting for a plan")
    merged, places = merge(deliveries)
    db.run("insert-plan", letter=row["number"], plan=plan)
    db.run("planned", letter=row["number"], program=program)
    journal.write(db, now, What.PLANNED, letter, program=program)
    for entry in entries:
        journal.note(db, entry)
    threads.remember(db, begun, now)
    ids = tuple(new_id(now) for _ in merged)
    numbers = [_insert(db, row["number"], id, one, now) for id, one in zip(ids, merged, strict=True)]
    for number, one in zip(numbers, merged, strict=True):
        if one.fallback_of is not None:
            db.run("set-fallback", delivery=number, primary=numbers[one.fallback_of])
    weigh(db, row["number"], now)
    return tuple(ids[place] for place in places)


def _insert(db: Database, letter: int, id: str, one: NewDelivery, now: dt.datetime) -> int:
    waits = one.held or one.fallback_of is not None
    return db.insert(
        "insert-delivery",
        id=id,
        letter=letter,
        channel=one.channel,
        target=one.target,
        department=one.department,
        reference=one.reference,
        rules=rows.json(one.rules),
        options=rows.json(one.options),
        state=DeliveryState.HELD if waits else DeliveryState.QUEUED,
        now=microseconds(now),
        next_at=microseconds(now + one.wait),
        fallback_of=None,
    )


def weigh(db: Database, letter: int, now: dt.datetime) -> None:
    """A planned letter's state follows from the states of its deliveries."""
    db.run("weigh-letter", letter=letter, now=microseconds(now))


# ---------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Body:
    """Where a letter's bytes are, and what they must be. `data` is None for a letter in a file."""

    number: int
    digest: bytes
    data: bytes | None


def body(db: Database, letter: str) -> Body:
    """Raises SpoolError for a letter whose bytes are gone."""
    row = get(db, letter)
    if row["expired_at"] is not None:
        raise SpoolError(f"the bytes of letter {letter} were dropped on {rows.moment(row['expired_at']):%Y-%m-%d}")
    if row["in_file"]:
        return Body(row["number"], row["digest"], None)
    return Body(row["number"], row["digest"], db.value("body", letter=row["number"]) or b"")


def plan_of(db: Database, letter: str) -> bytes | None:
    found: bytes | None = db.value("plan-of", id=letter)
    return found


def corrupt(db: Database, number: int, letter: str, why: str, now: dt.datetime) -> None:
    """Set a letter aside that cannot be read. Its identity is forgotten: a client that sends it again must not be
    told that we have it."""
    db.run("letter-is-corrupt", letter=number)
    db.run("hold-corrupt-deliveries", letter=number, why=UNREADABLE)
    db.run("forget-identity", letter=number)
    journal.write(db, now, What.CORRUPT, letter, why=why)


def found_corrupt(db: Database, number: int, letter: str, why: str) -> None:
    """As `corrupt`, for a reader, who has no clock: the journal's newest time must do."""
    corrupt(db, number, letter, why, rows.moment(db.value("newest-time") or 0))


def find(db: Database, key: str) -> Sequence[Queued]:
    return [_shown(row) for row in db.rows("find-letters", key=key)]


def listed(db: Database, states: Sequence[LetterState], limit: int) -> Sequence[Queued]:
    if states:
        return [_shown(row) for row in db.rows("letters-by-state", states=rows.json(states), limit=limit)]
    return [_shown(row) for row in db.rows("all-letters", limit=limit)]


def _shown(row: dict[str, Any]) -> Queued:
    try:
        return rows.queued(row)
    except Damaged:
        return rows.damaged_letter(row)


# ---------------------------------------------------------------- people


def release(db: Database, letter: str, who: str, why: str, now: dt.datetime) -> None:
    row = get(db, letter)
    if row["state"] != LetterState.HELD and row["state"] != LetterState.PLANNED:
        raise SpoolRefused(f"letter {letter} is {row['state']}, not held")
    if row["program"] is None:
        db.run("judge-anew", letter=row["number"])
        journal.write(db, now, What.RELEASED, letter, who=who, why=why)
        return
    for held in db.rows("held-to-release", letter=row["number"]):
        db.run("begin-anew", delivery=held["number"], now=microseconds(now))
        journal.write(db, now, What.RELEASED, letter, held["id"], who=who, why=why)
    weigh(db, row["number"], now)


def delete(db: Database, letter: str, who: str, why: str, now: dt.datetime) -> None:
    row = get(db, letter)
    if db.value("leased-of", letter=row["number"]):
        raise SpoolRefused(f"letter {letter} is being delivered just now")
    db.run("delete-letter", letter=row["number"])
    journal.write(db, now, What.DELETED, letter, who=who, why=why)


def get(db: Database, letter: str) -> dict[str, Any]:
    row = db.row("letter", id=letter)
    if row is None:
        raise SpoolRefused(f"there is no letter {letter}")
    return row
