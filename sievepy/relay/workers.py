"""Judge in worker processes that may be killed: each builds the program from the IR, and judges one letter at a time.

A letter made to hurt takes down its worker at most. The kernel ends a worker that uses too much processor time
(setrlimit(2)) and refuses it memory, we end one that does not answer; a new one takes its place,
and the letter's judging ends with `Died`.

A worker is handed a few letters ahead, so that it never waits for us, and we write once for several. What lies behind a
letter that takes long is given to others too, and the first answer counts.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from sievepy.mail.envelope import Envelope
from sievepy.relay.seeing import Known, See, Seen
from sievepy.relay.settings import WorkerLimits
from sievepy.relay.worker import Job, Worker

_AHEAD = 8  # letters that a worker has at most
_PAUSE = 1.0  # seconds before another worker is hired where one could not be


class Died(Exception):
    """The worker did not come to the end of a letter; the text says how it ended."""


class Workers:
    """A pool. `make_see` must be picklable; it is called once in each worker. `start` before, `close` after."""

    def __init__(self, make_see: Callable[[], See], count: int, limits: WorkerLimits) -> None:
        self._make_see, self._count, self._limits = make_see, count, limits
        self._jobs: deque[Job] = deque()
        self._workers: list[Worker] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._handing_out = False
        self._waiting = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self) -> None:
        """Returns when one worker is ready; raises what stands in the way of that."""
        first = await self._hire()
        self._keep(self._serve(first))
        for _ in range(self._count - 1):
            self._keep(self._serve(None))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def judge(self, letter: bytes | Path, envelope: Envelope, timestamp: float, known: Known = None) -> Seen:
        """Raises Died. A path is of a file that holds the letter."""
        job = Job(letter, envelope, timestamp, known, asyncio.get_running_loop().create_future())
        self._waiting += 1
        self._idle.clear()
        self._jobs.append(job)
        self._hand_out_soon()
        try:
            return await job.answer
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._idle.set()

    async def close(self) -> None:
        """Wait for the letters that were handed in, and send the workers home."""
        await self._idle.wait()
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ------------------------------------------------------------ handing out

    def _hand_out_soon(self) -> None:
        """Once for all that is handed in at the same time."""
        if self._jobs and not self._handing_out:
            self._handing_out = True
            asyncio.get_running_loop().call_soon(self._hand_out)

    def _hand_out(self) -> None:
        """Equal shares to those who have little to do."""
        self._handing_out = False
        free = sorted((w for w in self._workers if len(w.jobs) <= _AHEAD // 2), key=lambda worker: len(worker.jobs))
        for position, worker in enumerate(free):
            share = -(-len(self._jobs) // (len(free) - position))
            jobs = [self._jobs.popleft() for _ in range(min(share, _AHEAD - len(worker.jobs)))]
            worker.give(job for job in jobs if not job.answer.done())

    def _take_back(self, jobs: Sequence[Job]) -> None:
        """To the front: they have waited the longest."""
        self._jobs.extendleft(reversed([job for job in jobs if not job.answer.done()]))
        self._hand_out_soon()

    # ------------------------------------------------------------ one worker

    async def _hire(self) -> Worker:
        worker = await Worker.hire(self._make_see, self._limits)
        worker.wants, worker.slow = self._hand_out_soon, self._take_back
        try:
            await worker.connect()
        except BaseException:
            await worker.dismiss()
            raise
        return worker

    async def _serve(self, worker: Worker | None) -> None:
        """A worker, and the next one when that has ended, until we are cancelled."""
        while True:
            worker = worker or await self._hired()
            if worker is not None:
                await self._employ(worker)
            worker = None

    async def _hired(self) -> Worker | None:
        """A new worker; None, after a pause, if the machine has none to give: letters wait meanwhile."""
        try:
            return await self._hire()
        except (OSError, EOFError):
            await asyncio.sleep(_PAUSE)
            return None

    async def _employ(self, worker: Worker) -> None:
        """Until it ends."""
        self._workers.append(worker)
        self._hand_out_soon()
        took_too_long = False
        try:
            took_too_long = await worker.ended()
        finally:
            self._workers.remove(worker)
            how = await worker.dismiss()
            self._part(worker, "took too long" if took_too_long else how)

    def _part(self, worker: Worker, how: str) -> None:
        """The letter it was judging is to blame, those behind it are not."""
        jobs = [*worker.jobs]
        if jobs and not jobs[0].answer.done():
            jobs[0].answer.set_exception(Died(how))
        self._take_back(jobs[1:])
