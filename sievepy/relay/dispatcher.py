"""Lease what is due, deliver it, settle it: each delivery on its own, and no destination in another's way.

A destination is a channel and a target. Each has its own few attempts at a time and its own circuit breaker: one that
fails again and again is passed over, but for a probe now and then, and what waits for it drains at once when a probe
gets through. What a sink says is one of four things: delivered; deferred, to be tried later; failed for good, a dead
letter with an alarm; unsupported, which is tried once more with the letter wrapped whole, and else held.

A delivery whose attempt was cut off (we were killed) is due again when its lease ends or the queue recovers: a sink may
get a letter twice then, with the same Delivery-ID, but never none.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sievepy.relay.pacing import Destination, Pacing
from sievepy.relay.parcels import Parcels, is_notice
from sievepy.relay.routing import Route, Routes
from sievepy.relay.settings import Settings
from sievepy.sinks.port import Result, Sink
from sievepy.spool.port import Delivery, Outcome, Settlement, Spool, SpoolError

_IDLE = 1.0  # seconds between looks for what has become due
_PAUSE = 1.0  # seconds before what went wrong here is tried again
_LARGE = 2  # letters from files that lie in memory at a time
_SPARE = dt.timedelta(minutes=1)  # an attempt ends that long before its lease


@dataclass(frozen=True, slots=True)
class Settled:
    """One attempt and how it ended. `seconds` is how long it took."""

    delivery: Delivery
    settlement: Settlement
    seconds: float


class Watch(Protocol):
    """Who counts, logs and raises alarms. Must not raise."""

    async def settled(self, settled: Settled) -> None: ...
    def internal(self, what: str, error: BaseException) -> None: ...


class Dispatcher:
    """`run` until cancelled or `stop`; `wake` when there may be something due. `routes` are those in force just now."""

    def __init__(
        self,
        spool: Spool,
        settings: Settings,
        routes: Callable[[], Routes],
        sinks: Mapping[str, Sink],
        parcels: Parcels,
        pacing: Pacing,
        *,
        clock: Callable[[], dt.datetime],
        watch: Watch,
    ) -> None:
        self._spool, self._settings, self._routes = spool, settings, routes
        self._sinks, self._parcels, self._pacing = sinks, parcels, pacing
        self._clock, self._watch = clock, watch
        self._work = asyncio.Event()
        self._active: Counter[Destination] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._large = asyncio.Semaphore(_LARGE)

    def wake(self) -> None:
        self._work.set()

    def try_all(self) -> None:
        """A person wants everything tried that is due."""
        self._pacing.forget()
        self.wake()

    def stop(self) -> None:
        """Begin nothing more; what is begun comes to its end."""
        self._stopping = True
        self._work.set()

    async def run(self) -> None:
        while not self._stopping:
            self._work.clear()
            if not await self._lease_some():
                await self._wait()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_IDLE):
                await self._work.wait()
        except TimeoutError:
            return

    # ------------------------------------------------------------ leasing

    async def _lease_some(self) -> int:
        """How many deliveries were begun."""
        now = self._clock()
        begun = 0
        for destination in self._pacing.probes(now):
            if not self._active[destination]:
                begun += self._begin(await self._lease(1, (), destination))
        busy = [d for d, count in self._active.items() if count >= self._settings.each]
        skip = [*busy, *self._pacing.open()]
        free = min(self._settings.together - len(self._tasks), self._settings.each)
        if free > 0:
            begun += self._begin(await self._lease(free, skip, None))
        return begun

    async def _lease(self, limit: int, skip: Sequence[Destination], only: Destination | None) -> Sequence[Delivery]:
        now = self._clock()
        try:
            return await self._spool.lease(now, now + self._settings.lease, limit, skip, only)
        except SpoolError as problem:
            self._watch.internal("lease", problem)
            await asyncio.sleep(_PAUSE)
            return ()

    def _begin(self, leased: Sequence[Delivery]) -> int:
        for delivery in leased:
            self._active[_destination(delivery)] += 1
            task = asyncio.create_task(self._deliver(delivery))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(leased)

    # ------------------------------------------------------------ one delivery

    async def _deliver(self, delivery: Delivery) -> None:
        """Whatever goes wrong here, the delivery is due again when its lease ends."""
        destination = _destination(delivery)
        start = time.perf_counter()
        try:
            settlement = await self._attempt(delivery)
            await self._spool.settle(delivery.id, settlement, self._clock())
            await self._paced(destination, settlement)
            await self._watch.settled(Settled(delivery, settlement, time.perf_counter() - start))
        except Exception as problem:
            self._watch.internal("deliver", problem)
        finally:
            self._active[destination] -= 1
            if not self._active[destination]:
                del self._active[destination]
            self._work.set()

    async def _paced(self, destination: Destination, settlement: Settlement) -> None:
        """Tell the breaker; when it closes again, what waits need not wait any longer."""
        reached = settlement.outcome is not Outcome.DEFERRED
        if self._pacing.told(destination, reached, self._clock()):
            await self._spool.wake(self._clock(), destination)

    async def _attempt(self, delivery: Delivery) -> Settlement:
        """An error of our own is a deferral: nobody's letter is dead because of it."""
        route = self._routes().of(delivery, self._clock())
        if isinstance(route, str):
            return Settlement(Outcome.HELD, route)
        sink = self._sinks.get(route.channel)
        if sink is None:
            return Settlement(Outcome.HELD, f"no channel {route.channel} is configured")
        try:
            async with asyncio.timeout((self._settings.lease - _SPARE).total_seconds()):
                result, wrapped = await self._send(delivery, route, sink)
        except Exception as problem:
            self._watch.internal("send", problem)
            result, wrapped = Result("deferred", f"internal error: {type(problem).__name__}"), False
        return self._settlement(delivery, result, wrapped)

    async def _send(self, delivery: Delivery, route: Route, sink: Sink) -> tuple[Result, bool]:
        """What the sink says, and whether it was of the wrapped letter."""
        content: bytes | Path = b"" if is_notice(delivery) else await self._spool.content(delivery.letter)
        if isinstance(content, bytes):
            return await self._offer(delivery, route, sink, content)
        async with self._large:
            return await self._offer(delivery, route, sink, await asyncio.to_thread(content.read_bytes))

    async def _offer(self, delivery: Delivery, route: Route, sink: Sink, content: bytes) -> tuple[Result, bool]:
        result = await sink.deliver(self._parcels.of(delivery, route.target, content))
        if result.outcome != "unsupported" or result.is_too_large or is_notice(delivery):
            return result, False
        wrapped = self._parcels.wrapped(delivery, route.target, content, result.reply, delivery.created_at)
        return await sink.deliver(wrapped), True

    def _settlement(self, delivery: Delivery, result: Result, wrapped: bool) -> Settlement:
        match result.outcome:
            case "delivered":
                return Settlement(Outcome.DELIVERED, result.reply + (" (wrapped)" if wrapped else ""))
            case "failed":
                return Settlement(Outcome.FAILED, result.reply)
            case "unsupported":
                return Settlement(Outcome.HELD, f"its sink cannot take it: {result.reply}")
        retry_at = self._pacing.retry_at(delivery, self._clock())
        if retry_at is None:
            return Settlement(Outcome.FAILED, f"given up: {result.reply}")
        return Settlement(Outcome.DEFERRED, result.reply, retry_at)


def _destination(delivery: Delivery) -> Destination:
    return delivery.channel, delivery.target
