"""The SQLite queue: the port's coroutines around the writer thread, and the files of large letters beside it.

A folder holds all of it: `spool.db` with its log, `letters/` and `incoming/` (files), `ballast`, `owner` (a lock).
The relay opens it as its owner; `sievepy queue`, while the relay runs, as a guest, which neither sweeps, migrates
nor keeps a ballast. The clock and randomness are the caller's.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from sievepy.disk.durable import make_folder, sync_folder
from sievepy.disk.fail_points import Reach, pass_by
from sievepy.spool import deliveries, journal, letters, migrations, plans, queries, threads, upkeep
from sievepy.spool.arrivals import Arrivals
from sievepy.spool.backup import PAGES, WHOLE, Copy
from sievepy.spool.database import Database, connect
from sievepy.spool.files import LetterFiles, digest_of, owned
from sievepy.spool.ids import Ids
from sievepy.spool.port import (
    JOURNAL,
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
    SpoolRefused,
    Thread,
)
from sievepy.spool.recent import Recent
from sievepy.spool.room import Promise, Room
from sievepy.spool.settings import Settings
from sievepy.spool.writer import Work, Writer

T = TypeVar("T")
FILE = "spool.db"


async def _digest_of(content: bytes | Path) -> bytes:
    if isinstance(content, bytes):
        return hashlib.sha256(content).digest()
    return await asyncio.to_thread(digest_of, content)


class SqliteSpool:
    """`port.Spool`, embedded. Make one with `open`, and close it."""

    def __init__(self, settings: Settings, files: LetterFiles, ids: Ids, reach: Reach, own: bool) -> None:
        self.settings, self.files, self.reach, self._own = settings, files, reach, own
        self._ids = ids
        self._room = Room(settings.folder, settings.ballast, settings.slack)
        self._recent = Recent(settings.recent)
        self._held = contextlib.ExitStack()
        self._writer: Writer
        self._arrivals: Arrivals

    @classmethod
    async def open(
        cls,
        settings: Settings,
        now: dt.datetime,
        *,
        own: bool = True,
        reach: Reach = pass_by,
        entropy: Callable[[int], bytes] = os.urandom,
        files: LetterFiles | None = None,
        known: Sequence[str] | None = None,
        vfs: str | None = None,
    ) -> Self:
        """`own`: be its only owner; False: a guest. `reach` is called in the writer thread with the names of fail
        points: `db.begin`, `db.commit`, `spool.write`, `plan.commit`, `mark-done`. `files`, `known` (migrations) and
        `vfs` (a SQLite VFS by name) are for tests of the disk and of other versions.

        Raises SpoolError; UnknownSchema, before anything is touched, for a queue of a program too new.
        """
        self = cls(settings, files or LetterFiles(settings.folder), Ids(entropy), reach, own)
        known = migrations.load() if known is None else known
        start = partial(self._start, now, tuple(known), own, vfs)
        self._writer = Writer(start, self._room, reach)
        self._arrivals = Arrivals(self._writer, self.files, self._recent, self._ids, reach)
        try:
            migrations.look(settings.folder / FILE, len(known))
            if own:
                make_folder(settings.folder)
                self._held.enter_context(owned(settings.folder))
            await self._writer.start()
        except SpoolError:
            self._held.close()
            raise
        except Exception as problem:
            self._held.close()
            raise SpoolError(f"the queue in {settings.folder} cannot be opened: {problem}") from problem
        return self

    async def close(self) -> None:
        """After what is under way."""
        await self._arrivals.finish()
        await self._writer.close()
        self._held.close()

    # ------------------------------------------------------------ at start, in the writer thread

    def _start(self, now: dt.datetime, known: Sequence[str], own: bool, vfs: str | None) -> Database:
        path = self.settings.folder / FILE
        connection = connect(path, busy=self.settings.busy, create=own, vfs=vfs)
        try:
            migrations.migrate(connection, known, allowed=own)
            db = Database(connection, queries.load())
            if own:
                self._set_in_order(db, now)
        except BaseException:
            connection.close(True)
            raise
        return db

    def _set_in_order(self, db: Database, now: dt.datetime) -> None:
        """The log is copied into the file first: after an earlier failed sync its pages may be in memory only, and
        what is written anew is synced anew. The folder is synced because SQLite does not do it for a new database
        file."""
        db.checkpoint(truncate=True)
        self.files.sync(self.settings.folder)
        self._room.fill()
        self.files.prepare()
        restored = upkeep.is_restored(db)
        self.files.sweep(upkeep.letters_in_files(db), delete=not restored)
        if restored:
            db.begin()
            upkeep.hold_everything(db, now)
            db.commit()

    # ------------------------------------------------------------ intake and judging

    @property
    def broken(self) -> SpoolBroken | None:
        return self._writer.broken

    @property
    def incoming(self) -> Path:
        """Where a receiver writes the files of large letters."""
        return self.files.incoming

    def reserve(self, size: int) -> Promise:
        return self._room.reserve(size)

    async def accept(self, arrival: Arrival, now: dt.datetime, *, claim: bool = False) -> Accepted:
        return await self._arrivals.accept(arrival, now, claim=claim)

    async def claim_judgement(self, now: dt.datetime, limit: int) -> Sequence[Queued]:
        return await self._step(lambda db: letters.claim(db, now, limit))

    async def unclaim(self, letter: str, why: str, now: dt.datetime) -> None:
        await self._step(lambda db: letters.unclaim(db, letter, why, now))

    async def content(self, letter: str) -> bytes | Path:
        recent = self._recent.get(letter)
        if recent is not None and self.broken is None:
            return recent
        body = await self._writer.read(lambda db: letters.body(db, letter))
        content = self.files.path(letter) if body.data is None else body.data
        try:
            found = await _digest_of(content)
        except FileNotFoundError as problem:
            raise await self._corrupt(body.number, letter, "its file is gone") from problem
        except OSError as problem:
            raise self._writer.fail(problem) from problem
        if found != body.digest:
            raise await self._corrupt(body.number, letter, "the bytes do not match their digest")
        return content

    async def _corrupt(self, number: int, letter: str, why: str) -> SpoolError:
        await self._step(lambda db: letters.found_corrupt(db, number, letter, why))
        return SpoolError(f"letter {letter} is corrupt: {why}")

    async def read(self, letter: str) -> bytes:
        content = await self.content(letter)
        return content if isinstance(content, bytes) else await asyncio.to_thread(content.read_bytes)

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
        def store(db: Database) -> plans.Stored:
            return plans.store(db, letter, plan, program, deliveries, entries, now, self._ids, threads)

        return (await self._plan(store, len(plan))).ids

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
        def store(db: Database) -> plans.Stored:
            return plans.store(db, letter, plan, program, deliveries, entries, now, self._ids, threads, lease)

        return (await self._plan(store, len(plan))).leased

    async def _plan(self, store: Work[plans.Stored], weight: int) -> plans.Stored:
        def step(db: Database) -> plans.Stored:
            stored = store(db)
            self.reach("plan.commit")
            return stored

        return await self._writer.step(step, weight=weight)

    async def plan_of(self, letter: str) -> bytes | None:
        return await self._writer.read(lambda db: letters.plan_of(db, letter))

    async def threads(self, keys: Sequence[bytes]) -> Mapping[bytes, tuple[str, ...]]:
        return await self._writer.read(lambda db: threads.known(db, keys))

    # ------------------------------------------------------------ delivering

    async def lease(
        self,
        now: dt.datetime,
        until: dt.datetime,
        limit: int,
        skip: Sequence[tuple[str, str]] = (),
        only: tuple[str, str] | None = None,
    ) -> Sequence[Delivery]:
        return await self._step(lambda db: deliveries.lease(db, now, until, limit, skip, only))

    async def gather(
        self, delivery: str, option: str, now: dt.datetime, until: dt.datetime, limit: int
    ) -> Sequence[Delivery]:
        return await self._step(lambda db: deliveries.gather(db, delivery, option, now, until, limit))

    async def settle(self, delivery: str, settlement: Settlement, now: dt.datetime) -> None:
        await self._settle(lambda db: deliveries.settle(db, delivery, settlement, now))

    async def settle_all(self, settlements: Mapping[str, Settlement], now: dt.datetime) -> None:
        await self._settle(lambda db: deliveries.settle_all(db, settlements, now))

    async def _settle(self, work: Work[T]) -> T:
        def step(db: Database) -> T:
            answer = work(db)
            self.reach("mark-done")
            return answer

        return await self._writer.step(step)

    async def wake(self, now: dt.datetime, destination: tuple[str, str] | None = None) -> int:
        return await self._step(lambda db: deliveries.wake(db, now, destination))

    async def returned(self, delivery: str, why: str, now: dt.datetime) -> Delivery:
        return await self._step(lambda db: deliveries.returned(db, delivery, why, now))

    async def recover(self, now: dt.datetime) -> int:
        return await self._step(lambda db: deliveries.recover(db, now))

    # ------------------------------------------------------------ people

    async def find(self, key: str) -> Sequence[Queued]:
        return await self._writer.read(lambda db: letters.find(db, key))

    async def letters(self, states: Sequence[LetterState] = (), limit: int = 1000) -> Sequence[Queued]:
        return await self._writer.read(lambda db: letters.listed(db, states, limit))

    async def deliveries(
        self, letter: str | None = None, states: Sequence[DeliveryState] = (), limit: int = 1000
    ) -> Sequence[Delivery]:
        return await self._writer.read(lambda db: deliveries.listed(db, letter, states, limit))

    async def change(self, delivery: str, state: DeliveryState, who: str, why: str, now: dt.datetime) -> None:
        await self._step(lambda db: deliveries.change(db, delivery, state, who, why, now))

    async def release(self, letter: str, who: str, why: str, now: dt.datetime) -> None:
        await self._step(lambda db: letters.release(db, letter, who, why, now))

    async def redirect(self, source: str, target: str, who: str, now: dt.datetime) -> int:
        return await self._step(lambda db: deliveries.redirect(db, source, target, who, now, self._ids))

    async def delete(self, letter: str, who: str, why: str, now: dt.datetime) -> None:
        await self._step(lambda db: letters.delete(db, letter, who, why, now))
        self._recent.drop(letter)
        await asyncio.to_thread(self.files.drop, [letter])

    async def journal(self, letter: str | None = None, limit: int = 10_000) -> Sequence[JournalEntry]:
        return await self._writer.read(lambda db: journal.entries(db, letter, limit))

    async def note(self, entry: JournalEntry) -> None:
        await self._step(lambda db: journal.note(db, entry))

    async def counts(self) -> Mapping[str, int]:
        return await self._writer.read(upkeep.counts)

    # ------------------------------------------------------------ upkeep

    async def expire(self, now: dt.datetime, keep: Mapping[str, dt.timedelta]) -> int:
        """Step by step, so that nobody waits for all of it; the log, which has copies of the bytes, is cut at the
        end."""
        self._recent.clear()
        total, after = 0, 0
        while True:
            step = await self._step(partial(upkeep.expire, now=now, keep=keep, after=after))
            await asyncio.to_thread(self.files.drop, step.files)
            total += step.letters
            if step.after is None:
                break
            after = step.after
        while await self._step(lambda db: upkeep.forget(db, now, keep.get(JOURNAL))) >= upkeep.AT_A_TIME:
            pass
        await self._writer.checkpoint()
        return total

    async def backup(self, folder: Path) -> None:
        """The owner's pages are copied between batches; what changes meanwhile is copied again. Raises SpoolRefused
        for a folder that has a queue already."""
        if (folder / FILE).exists():
            raise SpoolRefused(f"there is a queue in {folder}")
        await asyncio.to_thread(make_folder, folder)
        copy = await self._writer.read(lambda db: Copy(db, folder / FILE, PAGES if self._own else WHOLE))
        try:
            while not await self._writer.read(copy.step):
                pass
            await self._writer.read(copy.finish)
        finally:
            await self._writer.read(copy.close)
        target = LetterFiles(folder)
        await asyncio.to_thread(target.prepare)
        await asyncio.to_thread(target.copy_from, self.files, copy.files)
        await asyncio.to_thread(sync_folder, folder)

    # ------------------------------------------------------------ the writer

    async def _step(self, work: Work[T]) -> T:
        return await self._writer.step(work)
