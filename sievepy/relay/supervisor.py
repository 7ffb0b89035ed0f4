"""The running service: recover, open the door, keep its parts at work, drain, and close in order.

    start   what a dead process left is made due again; the listeners, unless session rules are asked at the door; the
            rules are compiled and tested; workers
    SIGHUP  the rules anew (`reload.py`); configuration is read at start only
    SIGTERM the listeners close, letters in progress are finished, deliveries under way end, leases go back

A queue whose disk fails accepts nothing more, and the service ends with an error so that it is started anew: an fsync
that failed is never tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sievepy.relay.dispatcher import Dispatcher
from sievepy.relay.health import Answer, HealthServer, Page
from sievepy.relay.intake import RelayIntake
from sievepy.relay.judge import Judge
from sievepy.relay.log import named
from sievepy.relay.metrics import CONTENT_TYPE
from sievepy.relay.reload import Programs
from sievepy.relay.settings import Settings
from sievepy.relay.upkeep import tidy
from sievepy.relay.watching import Watching
from sievepy.sinks.port import Sink
from sievepy.spool.port import Spool, SpoolError

_UPKEEP = 3600.0  # seconds between droppings of what is old
_LOOK = 1.0  # seconds between looks whether the queue is whole


class Source(Protocol):
    """What takes letters in (`sources.smtp`)."""

    async def start(self) -> None: ...
    async def drain(self, timeout: float) -> None: ...
    async def close(self) -> None: ...


class NotReady(Exception):
    """The service cannot start; the text, a line each, says why."""


class PartEnded(Exception):
    """A part of the service came to its end by an error of ours, which is in the log."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the wiring has put together. `source` is made last: it needs nothing of the others but the intake."""

    spool: Spool
    programs: Programs
    intake: RelayIntake
    source: Source
    judge: Judge
    dispatcher: Dispatcher
    sinks: Mapping[str, Sink]
    watching: Watching


class Supervisor:
    """`run` once."""

    def __init__(self, parts: Parts, settings: Settings, clock: Callable[[], dt.datetime]) -> None:
        self._parts, self._settings, self._clock = parts, settings, clock
        self._stop = asyncio.Event()
        self._again = asyncio.Event()
        self._phase = "starting"
        self._tasks: list[asyncio.Task[None]] = []
        self._ended_by: BaseException | None = None
        self._health: HealthServer | None = None

    def stop(self) -> None:
        """SIGTERM, SIGINT."""
        self._stop.set()

    def reload(self) -> None:
        """SIGHUP."""
        self._again.set()

    async def run(self, ready: Callable[[], None]) -> None:
        """Until `stop`; `ready` is called when letters are taken. Raises NotReady, SpoolBroken, PartEnded,
        OSError."""
        try:
            await self._start()
            self._phase = "ready"
            ready()
            await self._until_stopped()
        finally:
            self._phase = "draining"
            await self._drain()
        if self._parts.spool.broken is not None:
            raise self._parts.spool.broken
        if self._ended_by is not None:
            raise PartEnded(f"a part of the relay has failed ({named(self._ended_by)})") from self._ended_by

    # ------------------------------------------------------------ start

    async def _start(self) -> None:
        parts = self._parts
        if self._settings.metrics is not None:
            self._health = HealthServer(*self._settings.metrics, self._pages())
            await self._health.start()
        recovered = await parts.spool.recover(self._clock())
        if not self._settings.edge:  # no rule is asked before a letter is ours: it may come while they are compiled
            await parts.source.start()
        compiled = await parts.programs.load()
        if compiled.script is None:
            raise NotReady("\n".join(compiled.problems))
        self._keep(parts.judge.run())
        self._keep(parts.dispatcher.run())
        self._keep(self._reloading())
        self._keep(self._upkeep())
        if self._settings.edge:
            await parts.source.start()
        parts.watching.log.info("ready", recovered=recovered, program=compiled.program)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """A part that ends by an error of ours ends the service: half a relay is none."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()) is not None:
            self._parts.watching.internal("task", problem)
            self._ended_by = self._ended_by or problem
            self._stop.set()

    async def _until_stopped(self) -> None:
        while not self._stop.is_set() and self._parts.spool.broken is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._stop.wait()

    # ------------------------------------------------------------ at work

    async def _reloading(self) -> None:
        while True:
            await self._again.wait()
            self._again.clear()
            try:
                await self._parts.programs.load()
            except Exception as problem:  # what was in force stays in force
                self._parts.watching.internal("reload", problem)

    async def _upkeep(self) -> None:
        while True:
            try:
                await tidy(self._parts.spool, self._parts.programs.current.directory, self._clock())
            except SpoolError as problem:
                self._parts.watching.internal("upkeep", problem)
            await asyncio.sleep(_UPKEEP)

    # ------------------------------------------------------------ end

    async def _drain(self) -> None:
        """In the order in which letters flow. Whatever one step meets, the next ones are taken."""
        parts = self._parts
        parts.intake.closed = True
        parts.watching.log.info("draining")
        await self._step("source", parts.source.drain(self._settings.drain))
        parts.judge.stop()
        parts.dispatcher.stop()
        await self._finish(self._tasks[:2])
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._step("source", parts.source.close())
        for sink in parts.sinks.values():
            await self._step("sink", sink.close())
        if parts.spool.broken is None and self._tasks:
            await self._step("leases", parts.spool.recover(self._clock()))
        await self._step("workers", parts.programs.close())
        if self._health is not None:
            await self._step("health", self._health.close())
        parts.watching.log.info("stopped")

    async def _step(self, what: str, work: Awaitable[object]) -> None:
        try:
            await work
        except Exception as problem:
            self._parts.watching.internal(what, problem)

    async def _finish(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        if tasks:
            await asyncio.wait(tasks, timeout=self._settings.drain)

    # ------------------------------------------------------------ pages

    def _pages(self) -> Mapping[str, Page]:
        return {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics}

    async def _healthz(self) -> Answer:
        broken = self._parts.spool.broken
        return Answer(200, b"alive\n") if broken is None else Answer(503, b"the queue's disk has failed\n")

    async def _readyz(self) -> Answer:
        """Ready for letters. Dead letters are named, and do not make it less ready."""
        if self._phase != "ready" or self._parts.spool.broken is not None:
            return Answer(503, f"{self._phase}\n".encode())
        counts = await self._parts.spool.counts()
        lines = ["ready"]
        for name, text in (("delivery.failed", "dead letters"), ("letter.held", "held"), ("letter.corrupt", "corrupt")):
            if amount := counts.get(name, 0):
                lines.append(f"{text}: {amount}")
        return Answer(200, ("\n".join(lines) + "\n").encode())

    async def _metrics(self) -> Answer:
        metrics = self._parts.watching.metrics
        if self._parts.spool.broken is None:
            metrics.show_queue(await self._parts.spool.counts())
        return Answer(200, metrics.text(), CONTENT_TYPE)
