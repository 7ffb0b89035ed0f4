"""Steps of a letter's life, from its arrival to its plan, and what a person may do with it.

Each function is one step inside a transaction that the writer began: it runs statements, raises SpoolRefused for what
contradicts the queue, and knows nothing of commits, threads or files. The writer may run a step twice, the first time
without any effect.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sievepy.spool import journal, rows
from sievepy.spool.database import Database
from sievepy.spool.port import (
    Accepted,
    Arrival,
    LetterState,
    Queued,
    SpoolError,
    SpoolRefused,
    What,
)
from sievepy.spool.rows import Damaged, Row, microseconds

UNREADABLE = "the letter cannot be read"


def accept(db: Database, arrival: Arrival, letter: str, now: dt.datetime, *, claim: bool = False) -> Accepted:
    """T1. `letter` is the id to give it; the bytes of one that came in a file lie under that id already."""
    first = _known(db, arrival, now)
    if first is not None:
        journal.write(db, now, What.DUPLICATE, first)
        return Accepted(first, duplicate=True)
    moment = microseconds(now)
    number = db.insert(
        "insert-letter",
        letter,
        rows.json(arrival.envelope),
        arrival.size,
        arrival.digest,
        arrival.file is not None,
        arrival.identity,
        arrival.message_id,
        moment,
        claim,
        claim,
    )
    if arrival.data is not None:
        db.run("insert-body", number, arrival.data)
    if arrival.identity is not None:
        until = None if arrival.window is None else microseconds(now + arrival.window)
        db.run("remember-identity", arrival.identity, number, until)
    lines = [journal.line(moment, What.ACCEPTED, letter)]
    if claim:
        lines.append(journal.line(moment, What.JUDGING, letter))
    journal.write_all(db, lines)
    return Accepted(letter, claimed=_claimed(arrival, letter, now) if claim else None)


def _known(db: Database, arrival: Arrival, now: dt.datetime) -> str | None:
    """The id of the letter that this one is, if it came before within the window."""
    if arrival.identity is None:
        return None
    known = db.first("known-identity", arrival.identity)
    if known is None:
        return None
    first, accepted_at = known
    if arrival.window is not None and accepted_at < microseconds(now - arrival.window):
        return None
    return str(first)


def _claimed(arrival: Arrival, letter: str, now: dt.datetime) -> Queued:
    return Queued(letter, LetterState.ACCEPTED, arrival.envelope, arrival.size, arrival.message_id, now, attempts=1)


def claim(db: Database, now: dt.datetime, limit: int) -> Sequence[Queued]:
    claimed = []
    for row in db.all("letters-to-judge", limit):
        number, id = row[:2]
        try:
            letter = rows.queued(row)
        except Damaged as damage:
            corrupt(db, number, id, str(damage), now)
            continue
        db.run("claim", number)
        journal.write(db, now, What.JUDGING, id)
        claimed.append(replace(letter, attempts=letter.attempts + 1))
    return claimed


def unclaim(db: Database, letter: str, why: str, now: dt.datetime) -> None:
    known = get(db, letter)
    if known.state != LetterState.ACCEPTED or not known.claimed:
        raise SpoolRefused(f"letter {letter} is not being judged")
    db.run("unclaim", letter=known.number)
    journal.write(db, now, What.UNCLAIMED, letter, why=why)


def weigh(db: Database, letter: int, now: dt.datetime) -> None:
    """A planned letter's state follows from the states of its deliveries."""
    db.run("weigh-letter", microseconds(now), letter)


# ---------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Body:
    """Where a letter's bytes are, and what they must be. `data` is None for a letter in a file."""

    number: int
    digest: bytes
    data: bytes | None


def body(db: Database, letter: str) -> Body:
    """Raises SpoolError for a letter whose bytes are gone."""
    row = db.first("body", letter)
    if row is None:
        raise _unknown(letter)
    number, digest, in_file, expired_at, data = row
    if expired_at is not None:
        raise SpoolError(f"the bytes of letter {letter} were dropped on {rows.moment(expired_at):%Y-%m-%d}")
    return Body(number, digest, None if in_file else data or b"")


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
    return [_shown(row) for row in db.all("find-letters", key=key)]


def listed(db: Database, states: Sequence[LetterState], limit: int) -> Sequence[Queued]:
    if states:
        return [_shown(row) for row in db.all("letters-by-state", states=rows.json(states), limit=limit)]
    return [_shown(row) for row in db.all("all-letters", limit=limit)]


def _shown(row: Row) -> Queued:
    try:
        return rows.queued(row)
    except Damaged:
        return rows.damaged_letter(row)


# ---------------------------------------------------------------- people


def release(db: Database, letter: str, who: str, why: str, now: dt.datetime) -> None:
    known = get(db, letter)
    if known.state != LetterState.HELD and known.state != LetterState.PLANNED:
        raise SpoolRefused(f"letter {letter} is {known.state}, not held")
    if known.program is None:
        db.run("judge-anew", letter=known.number)
        journal.write(db, now, What.RELEASED, letter, who=who, why=why)
        return
    for number, id in db.all("held-to-release", letter=known.number):
        db.run("begin-anew", delivery=number, now=microseconds(now))
        journal.write(db, now, What.RELEASED, letter, id, who=who, why=why)
    weigh(db, known.number, now)


def delete(db: Database, letter: str, who: str, why: str, now: dt.datetime) -> None:
    known = get(db, letter)
    if db.value("leased-of", letter=known.number):
        raise SpoolRefused(f"letter {letter} is being delivered just now")
    db.run("delete-letter", letter=known.number)
    journal.write(db, now, What.DELETED, letter, who=who, why=why)


class Known(NamedTuple):
    """What most steps ask of a letter. `program` is None for one without a plan."""

    number: int
    state: str
    claimed: int
    program: str | None


def get(db: Database, letter: str) -> Known:
    row = db.first("letter", letter)
    if row is None:
        raise _unknown(letter)
    return Known(*row)


def _unknown(letter: str) -> SpoolRefused:
    return SpoolRefused(f"there is no letter {letter}")
