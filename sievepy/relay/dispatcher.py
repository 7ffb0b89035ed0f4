"""Lease what is due, deliver it, settle it: each delivery on its own, and no destination in another's way.

A destination is a channel and a target. Each has its own few attempts at a time and its own circuit breaker: one that
fails again and again is passed over, but for a probe now and then, and what waits for it drains at once when a probe
gets through. What an attempt is stands in `sending.py`, which notices go in one letter in `digests.py`.

A delivery whose attempt was cut off (we were killed) is due again when its lease ends or the queue recovers: a sink may
get a letter twice then, with the same Delivery-ID, but never none. The journal calls that attempt a redelivery.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sievepy.disk.fail_points import Reach, pass_by
from sievepy.relay.deliveries import DIGEST
from sievepy.relay.digests import Digests
from sievepy.relay.pacing import Destination, Pacing
from sievepy.relay.pacing import destination_of as _destination
from sievepy.relay.parcels import Parcels
from sievepy.relay.routing import Routes
from sievepy.relay.sending import Sending
from sievepy.relay.settings import Settings
from sievepy.sinks.port import Sink
from sievepy.spool.port import Delivery, Lease, Outcome, Settlement, Spool, SpoolBroken, SpoolError, SpoolRefused

_IDLE = 1.0  # seconds between looks for what has become due
_PAUSE = 1.0  # seconds before what went wrong here is tried again
_SPARE = dt.timedelta(minutes=1)  # an attempt ends that long before its lease


@dataclass(frozen=True, slots=True)
class Settled:
    """One attempt and how it ended. `seconds` is how long it took. `is_too_large`: for its sink, so that it is held."""

    delivery: Delivery
    settlement: Settlement
    seconds: float
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What the queue may lease with a plan, and the destinations for which places are kept meanwhile."""

    lease: Lease
    places: Sequence[Destination]


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
        reach: Reach = pass_by,
    ) -> None:
        self._spool, self._settings, self._pacing = spool, settings, pacing
        self._clock, self._watch, self._reach = clock, watch, reach
        self._digests = Digests(spool, settings.lease, clock)
        self._sending = Sending(
            spool,
            routes,
            sinks,
            parcels,
            pacing,
            longest=settings.lease - _SPARE,
            clock=clock,
            internal=watch.internal,
        )
        self._work = asyncio.Event()
        self._active: Counter[Destination] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._reserved = 0
        self._more = True  # there may be something due that was not leased when we looked

    def wake(self) -> None:
        self._work.set()

    def offer(self, destinations: Iterable[Destination]) -> Offer | None:
        """Places for deliveries that are just being planned, one for each destination that has one free; None if none
        has. What comes of it must be told by `take`."""
        free = self._settings.together - len(self._tasks) - self._reserved
        wanted, closed = set(destinations), self._pacing.open()
        places = [d for d in wanted if self._active[d] < self._settings.each and d not in closed][: max(free, 0)]
        if self._stopping or not places:
            return None
        self._reserved += len(places)
        self._active.update(places)
        return Offer(Lease(self._clock() + self._settings.lease, len(places), wanted - set(places)), places)

    def take(self, offer: Offer, leased: Sequence[Delivery]) -> None:
        """Deliver what was leased of an offer; the other places are free again."""
        self._reserved -= len(offer.places)
        for destination in offer.places:
            self._leave(destination)
        self._begin(leased)
        if self._stopping:
            self._work.set()

    def try_all(self) -> None:
        """A person wants everything tried that is due."""
        self._pacing.forget()
        self._digests.forget()
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
        while self._tasks or self._reserved:
            self._work.clear()
            if self._tasks:
                await asyncio.wait(self._tasks)
            else:  # a plan is being stored, and its deliveries are ours already
                await self._wait()

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
        free = min(self._settings.together - len(self._tasks) - self._reserved, self._settings.each)
        self._more = bool(skip) or free <= 0
        if free > 0:
            leased = await self._lease(free, skip, None)
            self._more |= len(leased) == free
            begun += self._begin(leased)
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
            if DIGEST not in delivery.options:
                await self._carry_out((delivery,), start)
            elif isinstance(together := await self._digests.gather(delivery), dt.datetime):
                await self._put_off(delivery, together)
            elif together:
                await self._carry_out(together, start)
        except Exception as problem:
            self._watch.internal("deliver", problem)
        finally:
            self._leave(destination)
            if self._more:
                self._work.set()

    def _leave(self, destination: Destination) -> None:
        self._active[destination] -= 1
        if not self._active[destination]:
            del self._active[destination]

    async def _carry_out(self, together: Sequence[Delivery], start: float) -> None:
        """`start` as `time.perf_counter` had it."""
        attempted = await self._sending.attempt(together)
        if not attempted.answered:
            self._digests.not_sent(together[0])
        self._reach("sink.replied")
        await self._settle(together[0].next_at, attempted.settlements)
        if any(one.outcome is Outcome.FAILED for one in attempted.settlements.values()):
            self._more = True  # a fallback may have taken over
        await self._paced(_destination(together[0]), attempted.answered)
        seconds = time.perf_counter() - start
        for delivery in together:
            settlement = attempted.settlements[delivery.id]
            await self._watch.settled(Settled(delivery, settlement, seconds, attempted.is_too_large))

    async def _put_off(self, delivery: Delivery, until: dt.datetime) -> None:
        """A letter with others of its kind has just gone. Nobody was asked, so nobody is told."""
        waits = Settlement(
            Outcome.DEFERRED, "waits for the next digest", until, may_have_arrived=delivery.may_have_arrived
        )
        await self._settle(delivery.next_at, {delivery.id: waits})
        self._pacing.spared(_destination(delivery), self._clock())

    async def _settle(self, until: dt.datetime, settlements: Mapping[str, Settlement]) -> None:
        """What the queue cannot write down just now it may be able to in a moment; an end that is never written down
        makes the deliveries due again when their lease ends, at `until`. Raises SpoolError."""
        while True:
            try:
                await self._write_down(settlements)
            except (SpoolBroken, SpoolRefused):
                raise
            except SpoolError as problem:
                if self._stopping or self._clock() >= until:
                    raise
                self._watch.internal("settle", problem)
                await asyncio.sleep(_PAUSE)
            else:
                return

    async def _write_down(self, settlements: Mapping[str, Settlement]) -> None:
        if len(settlements) > 1:
            await self._spool.settle_all(settlements, self._clock())
            return
        for delivery, settlement in settlements.items():
            await self._spool.settle(delivery, settlement, self._clock())

    async def _paced(self, destination: Destination, answered: bool | None) -> None:
        """Tell the breaker; when it closes again, what waits need not wait any longer."""
        if answered is None:
            self._pacing.spared(destination, self._clock())
        elif self._pacing.told(destination, answered, self._clock()):
            await self._spool.wake(self._clock(), destination)
            self._more = True
