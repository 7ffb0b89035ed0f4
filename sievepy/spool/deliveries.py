"""Steps of a delivery's life: leased, settled, and what a person may do with it. As in `letters.py`, each function is
one step inside the writer's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sievepy.spool import journal, letters, rows
from sievepy.spool.database import Database
from sievepy.spool.port import Delivery, DeliveryState, Outcome, Settlement, SpoolRefused, What
from sievepy.spool.rows import Damaged, Row, microseconds

Destination = tuple[str, str]  # channel, target

_AGAIN = "an attempt before may have arrived"
_STATES = {
    Outcome.DELIVERED: DeliveryState.DELIVERED,
    Outcome.DEFERRED: DeliveryState.QUEUED,
    Outcome.FAILED: DeliveryState.FAILED,
    Outcome.HELD: DeliveryState.HELD,
}


# ---------------------------------------------------------------- delivering


def lease(
    db: Database,
    now: dt.datetime,
    until: dt.datetime,
    limit: int,
    skip: Sequence[Destination],
    only: Destination | None,
) -> Sequence[Delivery]:
    due = db.all(
        "due",
        now=microseconds(now),
        skip=rows.json([_key(one) for one in skip]) if skip else None,
        only=only and _key(only),
        limit=limit,
    )
    return _leased(db, due, now, until)


def _leased(db: Database, due: Iterable[Row], now: dt.datetime, until: dt.datetime) -> Sequence[Delivery]:
    """What was leased already was never settled: nobody knows how that attempt ended."""
    moment, end = microseconds(now), microseconds(until)
    leased, numbers, lines = [], [], []
    for number, delivery in _sound(db, due, now):
        again = delivery.may_have_arrived or delivery.state is DeliveryState.LEASED
        numbers.append((end, number))
        lines.append(journal.line(moment, What.ATTEMPT, delivery.letter, delivery.id))
        if again:
            lines.append(journal.line(moment, What.REDELIVERY, delivery.letter, delivery.id, why=_AGAIN))
        leased.append(
            replace(
                delivery,
                state=DeliveryState.LEASED,
                attempts=delivery.attempts + 1,
                next_at=until,
                may_have_arrived=again,
            )
        )
    db.run_each("lease", numbers)
    journal.write_all(db, lines)
    return leased


def _sound(db: Database, found: Iterable[Row], now: dt.datetime) -> list[tuple[int, Delivery]]:
    """By their numbers. One that cannot be read is set aside, and its letter's others with it."""
    sound, damaged = [], set()
    for row in found:
        try:
            sound.append((row[0], rows.delivery(row)))
        except Damaged as damage:
            _, letter, _, letter_id = row[:4]
            letters.corrupt(db, letter, letter_id, str(damage), now)
            damaged.add(letter_id)
    return [(number, delivery) for number, delivery in sound if delivery.letter not in damaged]


def gather(
    db: Database, delivery: str, option: str, now: dt.datetime, until: dt.datetime, limit: int
) -> Sequence[Delivery]:
    place = db.first("place-of", delivery)
    if place is None:
        raise _unknown(delivery)
    channel, target, department = place
    waiting = db.all("to-gather", channel=channel, target=target, department=department, option=option, limit=limit)
    return _leased(db, waiting, now, until)


def _key(destination: Destination) -> str:
    return " ".join(destination)  # a channel has no spaces


def settle(db: Database, delivery: str, settlement: Settlement, now: dt.datetime) -> None:
    """What is refused is refused before anything is written."""
    known = _get(db, delivery)
    if known.state != DeliveryState.LEASED:
        raise SpoolRefused(f"delivery {delivery} is {known.state}, not leased")
    outcome = settlement.outcome
    next_at = settlement.retry_at if outcome is Outcome.DEFERRED else now
    if next_at is None:
        raise SpoolRefused(f"delivery {delivery} is deferred, but to when?")
    db.run(
        "settle",
        _STATES[outcome],
        settlement.reply,
        microseconds(next_at),
        settlement.may_have_arrived,
        known.number,
    )
    journal.write(db, now, outcome, known.letter_id, delivery, why=settlement.reply)
    if known.has_fallbacks:
        _finish(db, known, outcome, now)
    if outcome is not Outcome.DEFERRED:  # from leased to queued is nothing to its letter
        letters.weigh(db, known.letter, now)


def settle_all(db: Database, settlements: Mapping[str, Settlement], now: dt.datetime) -> None:
    for delivery, settlement in settlements.items():
        settle(db, delivery, settlement, now)


def _finish(db: Database, known: Known, outcome: Outcome, now: dt.datetime) -> None:
    """What the end of a delivery means for those that wait for it."""
    if outcome is Outcome.DELIVERED:
        _dispense(db, known, now)
    elif outcome is Outcome.FAILED:
        _fall_back(db, known, now)


def _dispense(db: Database, known: Known, now: dt.datetime) -> None:
    """Fallbacks, and theirs in turn, are not needed any more."""
    settled = [known.number]
    while settled:
        for number, id in db.all("fallbacks", delivery=settled.pop()):
            db.run("set-state", delivery=number, state=DeliveryState.REPLACED)
            journal.write(db, now, What.NOT_NEEDED, known.letter_id, id)
            settled.append(number)


def _fall_back(db: Database, known: Known, now: dt.datetime) -> None:
    for number, id in db.all("fallbacks", delivery=known.number):
        db.run("begin-anew", delivery=number, now=microseconds(now))
        db.run("set-state", delivery=known.number, state=DeliveryState.REPLACED)
        journal.write(db, now, What.TOOK_OVER, known.letter_id, id)


def wake(db: Database, now: dt.datetime, destination: Destination | None) -> int:
    woken = db.change("wake", now=microseconds(now), destination=destination and _key(destination))
    if woken:
        where = f"{woken} for {destination[1]}" if destination else str(woken)
        journal.write(db, now, What.WOKEN, why=where)
    return woken


def returned(db: Database, delivery: str, why: str, now: dt.datetime) -> Delivery:
    known = _get(db, delivery)
    if known.state != DeliveryState.DELIVERED:
        raise SpoolRefused(f"delivery {delivery} is {known.state}, it cannot come back")
    db.run("set-state", delivery=known.number, state=DeliveryState.FAILED)
    journal.write(db, now, What.RETURNED, known.letter_id, delivery, why=why)
    letters.weigh(db, known.letter, now)
    (row,) = db.all("whole-delivery", delivery)
    return rows.delivery(row)


def recover(db: Database, now: dt.datetime) -> int:
    """After the process that had leases and claims has died. Rows in a state that nobody knows are set aside too."""
    moment = microseconds(now)
    for number, id in db.all("letters-in-no-state"):
        letters.corrupt(db, number, id, "unknown state", now)
    db.run("recover-claims")
    db.run("journal-recovered", now=moment)
    return db.change("recover-leases", now=moment)


# ---------------------------------------------------------------- people


def listed(db: Database, letter: str | None, states: Sequence[DeliveryState], limit: int) -> Sequence[Delivery]:
    """Rows that cannot be read are left out: their letter shows as corrupt."""
    wanted = rows.json(states)
    if letter is not None:
        found = db.all("deliveries-of", letter=letter, states=wanted, limit=limit)
    elif states:
        found = db.all("deliveries-by-state", states=wanted, limit=limit)
    else:
        found = db.all("all-deliveries", limit=limit)
    return [delivery for row in found if (delivery := _readable(row)) is not None]


def _readable(row: Row) -> Delivery | None:
    try:
        return rows.delivery(row)
    except Damaged:
        return None


def change(db: Database, delivery: str, state: DeliveryState, who: str, why: str, now: dt.datetime) -> None:
    known = _get(db, delivery)
    if known.state not in (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.FAILED):
        raise SpoolRefused(f"delivery {delivery} is {known.state}")
    match state:
        case DeliveryState.HELD:
            what = What.HELD
            db.run("set-state", delivery=known.number, state=state)
        case DeliveryState.QUEUED:
            what = What.RELEASED if known.state == DeliveryState.HELD else What.RETRIED
            db.run("begin-anew", delivery=known.number, now=microseconds(now))
        case DeliveryState.FAILED:
            what = What.GIVEN_UP
            db.run("set-state", delivery=known.number, state=state)
            _fall_back(db, known, now)
        case _:
            raise SpoolRefused(f"nobody can make a delivery {state}")
    journal.write(db, now, what, known.letter_id, delivery, who=who, why=why)
    letters.weigh(db, known.letter, now)


def redirect(
    db: Database, source: str, target: str, who: str, now: dt.datetime, new_id: Callable[[dt.datetime], str]
) -> int:
    """Where the letter goes to the new target by the same channel already, the old delivery is only taken back."""
    if source == target:
        raise SpoolRefused("the two targets are the same")
    moved = db.rows("to-redirect", source=source)
    for row in moved:
        there = _there(db, row, target, now) or _copy(db, row, target, new_id(now), now)
        db.run("hand-fallbacks-over", old=row["number"], new=there)
        db.run("set-state", delivery=row["number"], state=DeliveryState.REPLACED)
        journal.write(db, now, What.REDIRECTED, row["letter_id"], row["id"], who=who, why=f"to {target}")
        letters.weigh(db, row["letter"], now)
    return len(moved)


def _there(db: Database, row: dict[str, Any], target: str, now: dt.datetime) -> int | None:
    """The number of the letter's delivery to that target. One that only waits as somebody's fallback waits no
    longer."""
    there = db.first("same-place", letter=row["letter"], channel=row["channel"], target=target)
    if there is None:
        return None
    number, state, fallback_of = there
    if state == DeliveryState.HELD and fallback_of is not None:
        db.run("set-fallback", delivery=number, primary=None)
        if row["state"] != DeliveryState.HELD:
            db.run("begin-anew", delivery=number, now=microseconds(now))
    return int(number)


def _copy(db: Database, row: dict[str, Any], target: str, id: str, now: dt.datetime) -> int:
    held = row["state"] == DeliveryState.HELD
    return db.insert(
        "insert-delivery",
        id,
        row["letter"],
        row["channel"],
        target,
        row["department"],
        row["reference"],
        row["rules"],
        row["options"],
        DeliveryState.HELD if held else DeliveryState.QUEUED,
        0,
        microseconds(now),
        microseconds(now),
        row["fallback_of"],
    )


class Known(NamedTuple):
    """What most steps ask of a delivery. `letter` is its letter's number; fallbacks are those that wait for its end."""

    number: int
    letter: int
    letter_id: str
    state: str
    has_fallbacks: int


def _get(db: Database, delivery: str) -> Known:
    row = db.first("delivery-state", delivery)
    if row is None:
        raise _unknown(delivery)
    return Known(*row)


def _unknown(delivery: str) -> SpoolRefused:
    return SpoolRefused(f"there is no delivery {delivery}")
