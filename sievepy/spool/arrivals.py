"""Letters at the queue's door: the bytes are durable, then the row, and only then does anybody hear of it.

A caller may go away at any moment, for it serves a client that may. What was begun goes on without it: a file is never
left behind without its row, and a letter that was to be claimed by a caller who never heard of it is unclaimed.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sievepy.disk.fail_points import Reach
from sievepy.spool import letters
from sievepy.spool.database import Database
from sievepy.spool.files import LetterFiles
from sievepy.spool.ids import Ids
from sievepy.spool.port import Accepted, Arrival, SpoolBroken, SpoolError, SpoolFull, SpoolRefused
from sievepy.spool.recent import Recent
from sievepy.spool.room import NO_ROOM
from sievepy.spool.writer import Writer

T = TypeVar("T")
_DIGEST = hashlib.sha256().digest_size
_UNHEARD = "nobody waited for it"


class Arrivals:
    """T1 of one queue. Methods are called in the event loop."""

    def __init__(self, writer: Writer, files: LetterFiles, recent: Recent, ids: Ids, reach: Reach) -> None:
        self._writer, self._files, self._recent, self._ids, self._reach = writer, files, recent, ids, reach
        self._tasks: set[asyncio.Task[Any]] = set()

    async def accept(self, arrival: Arrival, now: dt.datetime, *, claim: bool) -> Accepted:
        if (arrival.data is None) == (arrival.file is None) or len(arrival.digest) != _DIGEST:
            raise SpoolRefused("a letter has either bytes or a file, and a SHA-256")
        letter = self._ids(now)
        task = None
        accepted: Awaitable[Accepted]
        if arrival.file is None:
            accepted = self._admit(arrival, letter, now, claim)
        else:
            task = self._in_background(self._accept_file(arrival, arrival.file, letter, now, claim))
            accepted = asyncio.shield(task)
        try:
            return await accepted
        except asyncio.CancelledError:
            if claim:
                self._in_background(self._unclaim(letter, task, now))
            raise

    async def finish(self) -> None:
        """Wait for what goes on without its caller."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _in_background(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _admit(self, arrival: Arrival, letter: str, now: dt.datetime, claim: bool) -> Accepted:
        def step(db: Database) -> Accepted:
            self._reach("spool.write")
            return letters.accept(db, arrival, letter, now, claim=claim)

        accepted = await self._writer.step(step, admits=True, weight=len(arrival.data or b""))
        if arrival.data is not None and not accepted.duplicate:
            self._recent.keep(letter, arrival.data)
        return accepted

    async def _accept_file(self, arrival: Arrival, file: Path, letter: str, now: dt.datetime, claim: bool) -> Accepted:
        if self._writer.broken is not None:
            raise SpoolBroken(*self._writer.broken.args)
        await self._on_disk(partial(self._files.take_over, file, letter))
        try:
            accepted = await self._admit(arrival, letter, now, claim)
        except SpoolBroken:
            raise  # the commit is in doubt: the row may be there, and the next start finds out
        except SpoolError:
            await asyncio.to_thread(self._files.drop, [letter])
            raise
        if accepted.duplicate:
            await asyncio.to_thread(self._files.drop, [letter])
        return accepted

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """A step on files, in a thread of its own. The disk's errors mean here what they mean in the database."""
        try:
            return await asyncio.to_thread(work)
        except OSError as problem:
            if problem.errno in NO_ROOM:
                raise SpoolFull("the disk is full") from problem
            if isinstance(problem, FileNotFoundError):
                raise SpoolRefused(str(problem)) from problem
            raise self._writer.fail(problem) from problem

    async def _unclaim(self, letter: str, accepting: asyncio.Task[Accepted] | None, now: dt.datetime) -> None:
        """After it was accepted: in the writer a step comes after all that were asked for before."""
        if accepting is not None:
            await asyncio.wait([accepting])
        with contextlib.suppress(SpoolError):  # it was not stored, or is a letter that came before
            await self._writer.step(lambda db: letters.unclaim(db, letter, _UNHEARD, now))
