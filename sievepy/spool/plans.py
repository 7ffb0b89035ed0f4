"""T2: a letter's plan, its deliveries and the journal in one step. As in `letters.py`, inside the writer's transaction.

What is due at once can be leased in the same step, and is as if `lease` had come just after: the same row, the same
journal, the same end if the process dies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sievepy.spool import journal, letters, rows, threads
from sievepy.spool.database import Database
from sievepy.spool.merging import merge
from sievepy.spool.port import (
    Delivery,
    DeliveryState,
    JournalEntry,
    Lease,
    LetterState,
    NewDelivery,
    SpoolRefused,
    Thread,
    What,
)
from sievepy.spool.rows import microseconds

_NONE = Lease(rows.EPOCH, limit=0)


@dataclass(frozen=True, slots=True)
class Stored:
    """`ids` of the deliveries, in the order in which they were given, and those that were leased."""

    ids: tuple[str, ...]
    leased: Sequence[Delivery]


def store(
    db: Database,
    letter: str,
    plan: bytes,
    program: str,
    deliveries: Sequence[NewDelivery],
    entries: Sequence[JournalEntry],
    now: dt.datetime,
    new_id: Callable[[dt.datetime], str],
    begun: Sequence[Thread] = (),
    lease: Lease = _NONE,
) -> Stored:
    known = letters.get(db, letter)
    if known.state != LetterState.ACCEPTED:
        raise SpoolRefused(f"letter {letter} is {known.state}, not waiting for a plan")
    merged, places = merge(deliveries)
    ids = [new_id(now) for _ in merged]
    leased = _leased(letter, ids, merged, lease, now)
    moment = microseconds(now)
    db.run("planned", program, _state(merged), moment, known.number)
    db.run("insert-plan", known.number, plan)
    threads.remember(db, begun, now)
    numbers = [_insert(db, known.number, id, one, moment, leased.get(id)) for id, one in zip(ids, merged, strict=True)]
    for number, one in zip(numbers, merged, strict=True):
        if one.fallback_of is not None:
            db.run("set-fallback", delivery=number, primary=numbers[one.fallback_of])
    lines = [journal.line(moment, What.PLANNED, letter, program=program)]
    lines += [journal.noted(entry) for entry in entries]
    lines += [journal.line(moment, What.ATTEMPT, letter, id) for id in leased]
    journal.write_all(db, lines)
    return Stored(tuple([ids[place] for place in places]), tuple(leased.values()))


def _waits(one: NewDelivery) -> bool:
    return one.held or one.fallback_of is not None


def _state(deliveries: Sequence[NewDelivery]) -> LetterState:
    """As `letters.weigh` would have it."""
    if not deliveries:
        return LetterState.DONE
    return LetterState.HELD if all(_waits(one) for one in deliveries) else LetterState.PLANNED


def _leased(
    letter: str, ids: Sequence[str], deliveries: Sequence[NewDelivery], lease: Lease, now: dt.datetime
) -> dict[str, Delivery]:
    """The leased ones, by their ids."""
    leased: dict[str, Delivery] = {}
    for id, one in zip(ids, deliveries, strict=True):
        if len(leased) >= lease.limit:
            break
        if one.is_due and (one.channel, one.target) not in lease.skip:
            leased[id] = _first_attempt(letter, id, one, lease.until, now)
    return leased


def _first_attempt(letter: str, id: str, one: NewDelivery, until: dt.datetime, now: dt.datetime) -> Delivery:
    return Delivery(
        id=id,
        letter=letter,
        channel=one.channel,
        target=one.target,
        department=one.department,
        reference=one.reference,
        rules=one.rules,
        options=dict(one.options),
        state=DeliveryState.LEASED,
        attempts=1,
        created_at=now,
        next_at=until,
    )


def _insert(db: Database, letter: int, id: str, one: NewDelivery, moment: int, leased: Delivery | None) -> int:
    """`moment`: now, in microseconds."""
    if leased is not None:
        state, attempts, next_at = DeliveryState.LEASED, leased.attempts, microseconds(leased.next_at)
    else:
        state, attempts = DeliveryState.HELD if _waits(one) else DeliveryState.QUEUED, 0
        next_at = moment + one.wait // rows.MICROSECOND
    return db.insert(
        "insert-delivery",
        id,
        letter,
        one.channel,
        one.target,
        one.department,
        one.reference,
        rows.json(one.rules),
        rows.json(one.options),
        state,
        attempts,
        moment,
        next_at,
        None,
    )
