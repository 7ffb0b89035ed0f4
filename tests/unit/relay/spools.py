"""A queue for tests of the relay: the steps of `sievepy.spool` on an in-memory database, each its own transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import apsw

from sievepy.spool import deliveries, journal, letters, migrations, plans, queries, threads, upkeep
from sievepy.spool.database import Database
from sievepy.spool.ids import Ids
from sievepy.spool.port import (
    Accepted,
    Arrival,
    Delivery,
    DeliveryState,
    JournalEntry,
    Lease,
    LetterState,
    NewDelivery,
    Queued,
    Settlement,
    SpoolBroken,
    SpoolError,
    SpoolFull,
    Thread,
)

T = TypeVar("T")


class Reserved:
    def __init__(self) -> None:
        self.released = False

    def release(self) -> None:
        self.released = True


class MemorySpool:
    """`fail` is raised by the next step, once; `full` by every reservation."""

    def __init__(self) -> None:
        connection = apsw.Connection(":memory:")
        migrations.migrate(connection, migrations.load())
        self.db = Database(connection, queries.load())
        self.ids = Ids(bytes)
        self.fail: SpoolError | None = None
        self.full = False
        self.broken: SpoolBroken | None = None

    def _step(self, step: Callable[[], T]) -> T:
        if self.fail is not None:
            problem, self.fail = self.fail, None
            raise problem
        self.db.begin()
        try:
            found = step()
        except BaseException:
            self.db.roll_back()
            raise
        self.db.commit()
        return found

    def reserve(self, size: int) -> Reserved:
        if self.full:
            raise SpoolFull("full")
        return Reserved()

    async def accept(self, arrival: Arrival, now: dt.datetime, *, claim: bool = False) -> Accepted:
        return self._step(lambda: letters.accept(self.db, arrival, self.ids(now), now, claim=claim))

    async def claim_judgement(self, now: dt.datetime, limit: int) -> Sequence[Queued]:
        return self._step(lambda: letters.claim(self.db, now, limit))

    async def unclaim(self, letter: str, why: str, now: dt.datetime) -> None:
        self._step(lambda: letters.unclaim(self.db, letter, why, now))

    async def content(self, letter: str) -> bytes | Path:
        return await self.read(letter)

    async def read(self, letter: str) -> bytes:
        return self._step(lambda: letters.body(self.db, letter)).data or b""

    async def plan(
        self,
        letter: str,
        plan: bytes,
        program: str,
        deliveries: Sequence[NewDelivery],
        entries: Sequence[JournalEntry],
        now: dt.datetime,
        threads: Sequence[Thread] = (),
    ) -> tuple[str, ...]:
        return self._step(
            lambda: plans.store(self.db, letter, plan, program, deliveries, entries, now, self.ids, threads)
        ).ids

    async def plan_and_lease(
        self,
        letter: str,
        plan: bytes,
        program: str,
        deliveries: Sequence[NewDelivery],
        entries: Sequence[JournalEntry],
        now: dt.datetime,
        lease: Lease,
        threads: Sequence[Thread] = (),
    ) -> Sequence[Delivery]:
        return self._step(
            lambda: plans.store(self.db, letter, plan, program, deliveries, entries, now, self.ids, threads, lease)
        ).leased

    async def threads(self, keys: Sequence[bytes]) -> Mapping[bytes, tuple[str, ...]]:
        return self._step(lambda: threads.known(self.db, keys))

    async def plan_of(self, letter: str) -> bytes | None:
        found: bytes | None = self._step(lambda: self.db.value("plan-of", id=letter))
        return found

    async def lease(
        self,
        now: dt.datetime,
        until: dt.datetime,
        limit: int,
        skip: Sequence[tuple[str, str]] = (),
        only: tuple[str, str] | None = None,
    ) -> Sequence[Delivery]:
        return self._step(lambda: deliveries.lease(self.db, now, until, limit, skip, only))

    async def settle(self, delivery: str, settlement: Settlement, now: dt.datetime) -> None:
        self._step(lambda: deliveries.settle(self.db, delivery, settlement, now))

    async def gather(
        self, delivery: str, option: str, now: dt.datetime, until: dt.datetime, limit: int
    ) -> Sequence[Delivery]:
        return self._step(lambda: deliveries.gather(self.db, delivery, option, now, until, limit))

    async def settle_all(self, settlements: Mapping[str, Settlement], now: dt.datetime) -> None:
        self._step(lambda: deliveries.settle_all(self.db, settlements, now))

    async def wake(self, now: dt.datetime, destination: tuple[str, str] | None = None) -> int:
        return self._step(lambda: deliveries.wake(self.db, now, destination))

    async def returned(self, delivery: str, why: str, now: dt.datetime) -> Delivery:
        return self._step(lambda: deliveries.returned(self.db, delivery, why, now))

    async def recover(self, now: dt.datetime) -> int:
        return self._step(lambda: deliveries.recover(self.db, now))

    async def find(self, key: str) -> Sequence[Queued]:
        return self._step(lambda: letters.find(self.db, key))

    async def letters(self, states: Sequence[LetterState] = (), limit: int = 1000) -> Sequence[Queued]:
        return self._step(lambda: letters.listed(self.db, states, limit))

    async def deliveries(
        self, letter: str | None = None, states: Sequence[DeliveryState] = (), limit: int = 1000
    ) -> Sequence[Delivery]:
        return self._step(lambda: deliveries.listed(self.db, letter, states, limit))

    async def change(self, delivery: str, state: DeliveryState, who: str, why: str, now: dt.datetime) -> None:
        self._step(lambda: deliveries.change(self.db, delivery, state, who, why, now))

    async def release(self, letter: str, who: str, why: str, now: dt.datetime) -> None:
        self._step(lambda: letters.release(self.db, letter, who, why, now))

    async def redirect(self, source: str, target: str, who: str, now: dt.datetime) -> int:
        return self._step(lambda: deliveries.redirect(self.db, source, target, who, now, self.ids))

    async def delete(self, letter: str, who: str, why: str, now: dt.datetime) -> None:
        self._step(lambda: letters.delete(self.db, letter, who, why, now))

    async def journal(self, letter: str | None = None, limit: int = 10_000) -> Sequence[JournalEntry]:
        return self._step(lambda: journal.entries(self.db, letter, limit))

    async def note(self, entry: JournalEntry) -> None:
        self._step(lambda: journal.note(self.db, entry))

    async def counts(self) -> Mapping[str, int]:
        return self._step(lambda: upkeep.counts(self.db))

    async def expire(self, now: dt.datetime, keep: Mapping[str, dt.timedelta]) -> int:
        return self._step(lambda: upkeep.expire(self.db, now, keep, 0)).letters

    async def backup(self, folder: Path) -> None:
        raise SpoolError("not in memory")


def steps(entries: Sequence[JournalEntry]) -> list[str]:
    """The words of a journal."""
    return [entry.what for entry in entries]
