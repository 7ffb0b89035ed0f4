"""Steps of a delivery's life: leased, settled, and what a person may do with it. As in `letters.py`, each function is
one step inside the writer's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sievepy.spool import journal, letters, rows
from sievepy.spool.database import Database
from sievepy.spool.port import Delivery, DeliveryState, Outcome, Settlement, SpoolRefused, What
from sievepy.spool.rows import Damaged, microseconds

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
    due = db.rows(
        "due",
        now=microseconds(now),
        skip=rows.json([_key(one) for one in skip]),
        only=only and _key(only),
        limit=limit,
    )
    return _leased(db, due, now, until)


def _leased(db: Database, due: Iterable[dict[str, Any]], now: dt.datetime, until: dt.datetime) -> Sequence[Delivery]:
    """What was leased already was never settled: nobody knows how that attempt ended."""
    leased = []
    for row in due:
        try:
            delivery = rows.delivery(row)
        except Damaged as damage:
            letters.corrupt(db, row["letter"], row["letter_id"], str(damage), now)
            continue
        again = delivery.may_have_arrived or delivery.state is DeliveryState.LEASED
        db.run("lease", delivery=row["number"], until=microseconds(until))
        journal.write(db, now, What.ATTEMPT, delivery.letter, delivery.id)
        if again:
            journal.write(db, now, What.REDELIVERY, delivery.letter, delivery.id, why=_AGAIN)
        leased.append(
            replace(
                delivery,
                state=DeliveryState.LEASED,
                attempts=delivery.attempts + 1,
                next_at=until,
                may_have_arrived=again,
            )
        )
    return leased


def gather(
    db: Database, delivery: str, option: str, now: dt.datetime, until: dt.datetime, limit: int
) -> Sequence[Delivery]:
    row = _get(db, delivery)
    place = {name: row[name] for name in ("channel", "target", "department")}
    waiting = db.rows("to-gather", **place, option=option, limit=limit)
    return _leased(db, waiting, now, until)


def _key(destination: Destination) -> str:
    return " ".join(destination)  # a channel has no spaces


def settle(db: Database, delivery: str, settlement: Settlement, now: dt.datetime) -> None:
    row = _get(db, delivery)
    if row["state"] != DeliveryState.LEASED:
        raise SpoolRefused(f"delivery {delivery} is {row['state']}, not leased")
    next_at = settlement.retry_at if settlement.outcome is Outcome.DEFERRED else now
    if next_at is None:
        raise SpoolRefused(f"delivery {delivery} is deferred, but to when?")
    db.run(
        "settle",
        delivery=row["number"],
        state=_STATES[settlement.outcome],
        reply=settlement.reply,
        next_at=microseconds(next_at),
        may_have_arrived=settlement.may_have_arrived,
    )
    journal.write(db, now, settlement.outcome, row["letter_id"], delivery, why=settlement.reply)
    _finish(db, row, settlement.outcome, now)
    letters.weigh(db, row["letter"], now)


def settle_all(db: Database, settlements: Mapping[str, Settlement], now: dt.datetime) -> None:
    for delivery, settlement in settlements.items():
        settle(db, delivery, settlement, now)


def _finish(db: Database, row: dict[str, Any], outcome: Outcome, now: dt.datetime) -> None:
    """What the end of a delivery means for those that wait for it."""
    if outcome is Outcome.DELIVERED:
        _dispense(db, row, now)
    elif outcome is Outcome.FAILED:
        _fall_back(db, row, now)


def _dispense(db: Database, row: dict[str, Any], now: dt.datetime) -> None:
    """Fallbacks, and theirs in turn, are not needed any more."""
    settled = [row["number"]]
    while settled:
        for fallback in db.rows("fallbacks", delivery=settled.pop()):
            db.run("set-state", delivery=fallback["number"], state=DeliveryState.REPLACED)
            journal.write(db, now, What.NOT_NEEDED, row["letter_id"], fallback["id"])
            settled.append(fallback["number"])


def _fall_back(db: Database, row: dict[str, Any], now: dt.datetime) -> None:
    for fallback in db.rows("fallbacks", delivery=row["number"]):
        db.run("begin-anew", delivery=fallback["number"], now=microseconds(now))
        db.run("set-state", delivery=row["number"], state=DeliveryState.REPLACED)
        journal.write(db, now, What.TOOK_OVER, row["letter_id"], fallback["id"])


def wake(db: Database, now: dt.datetime, destination: Destination | None) -> int:
    woken = db.run("wake", now=microseconds(now), destination=destination and _key(destination))
    if woken:
        where = f"{woken} for {destination[1]}" if destination else str(woken)
        journal.write(db, now, What.WOKEN, why=where)
    return woken


def returned(db: Database, delivery: str, why: str, now: dt.datetime) -> Delivery:
    row = _get(db, delivery)
    if row["state"] != DeliveryState.DELIVERED:
        raise SpoolRefused(f"delivery {delivery} is {row['state']}, it cannot come back")
    db.run("set-state", delivery=row["number"], state=DeliveryState.FAILED)
    journal.write(db, now, What.RETURNED, row["letter_id"], delivery, why=why)
    letters.weigh(db, row["letter"], now)
    return rows.delivery(_get(db, delivery))


def recover(db: Database, now: dt.datetime) -> int:
    """After the process that had leases and claims has died. Rows in a state that nobody knows are set aside too."""
    moment = microseconds(now)
    for row in db.rows("letters-in-no-state"):
        letters.corrupt(db, row["number"], row["id"], "unknown state", now)
    db.run("recover-claims")
    db.run("journal-recovered", now=moment)
    return db.run("recover-leases", now=moment)


# ---------------------------------------------------------------- people


def listed(db: Database, letter: str | None, states: Sequence[DeliveryState], limit: int) -> Sequence[Delivery]:
    """Rows that cannot be read are left out: their letter shows as corrupt."""
    wanted = rows.json(states)
    if letter is not None:
        found = db.rows("deliveries-of", letter=letter, states=wanted, limit=limit)
    elif states:
        found = db.rows("deliveries-by-state", states=wanted, limit=limit)
    else:
        found = db.rows("all-deliveries", limit=limit)
    return [delivery for row in found if (delivery := _readable(row)) is not None]


def _readable(row: dict[str, Any]) -> Delivery | None:
    try:
        return rows.delivery(row)
    except Damaged:
        return None


def change(db: Database, delivery: str, state: DeliveryState, who: str, why: str, now: dt.datetime) -> None:
    row = _get(db, delivery)
    if row["state"] not in (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.FAILED):
        raise SpoolRefused(f"delivery {delivery} is {row['state']}")
    match state:
        case DeliveryState.HELD:
            what = What.HELD
            db.run("set-state", delivery=row["number"], state=state)
        case DeliveryState.QUEUED:
            what = What.RELEASED if row["state"] == DeliveryState.HELD else What.RETRIED
            db.run("begin-anew", delivery=row["number"], now=microseconds(now))
        case DeliveryState.FAILED:
            what = What.GIVEN_UP
            db.run("set-state", delivery=row["number"], state=state)
            _fall_back(db, row, now)
        case _:
            raise SpoolRefused(f"nobody can make a delivery {state}")
    journal.write(db, now, what, row["letter_id"], delivery, who=who, why=why)
    letters.weigh(db, row["letter"], now)


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
    there = db.row("same-place", letter=row["letter"], channel=row["channel"], target=target)
    if there is None:
        return None
    number = int(there["number"])
    if there["state"] == DeliveryState.HELD and there["fallback_of"] is not None:
        db.run("set-fallback", delivery=number, primary=None)
        if row["state"] != DeliveryState.HELD:
            db.run("begin-anew", delivery=number, now=microseconds(now))
    return number


def _copy(db: Database, row: dict[str, Any], target: str, id: str, now: dt.datetime) -> int:
    held = row["state"] == DeliveryState.HELD
    copied = {name: row[name] for name in ("letter", "channel", "department", "reference", "rules", "options")}
    return db.insert(
        "insert-delivery",
        **copied,
        id=id,
        target=target,
        state=DeliveryState.HELD if held else DeliveryState.QUEUED,
        now=microseconds(now),
        next_at=microseconds(now),
        fallback_of=row["fallback_of"],
    )


def _get(db: Database, delivery: str) -> dict[str, Any]:
    row = db.row("delivery", id=delivery)
    if row is None:
        raise SpoolRefused(f"there is no delivery {delivery}")
    return row
