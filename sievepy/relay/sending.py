"""One attempt to deliver: where it goes now, what the sink is given, and what its answer means for the queue.

| the sink says | the delivery is |
|---|---|
| delivered | delivered |
| deferred | queued until its next time, or dead when its time is over |
| failed | dead |
| unsupported | tried at once with the letter wrapped whole; held if that is not taken either |
| too large | held: wrapped it would be larger still. A person is told where it lies |

An error of our own is a deferral: nobody's letter is dead because of it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sievepy.relay.deliveries import NOTIFY
from sievepy.relay.pacing import Pacing, destination_of
from sievepy.relay.parcels import Parcels
from sievepy.relay.routing import Route, Routes
from sievepy.sinks.port import Parcel, Result, Sink
from sievepy.spool.port import Delivery, Outcome, Settlement, Spool

_SILENT = "its destination does not answer"


@dataclass(frozen=True, slots=True)
class Attempted:
    """How an attempt ended for each of its deliveries, by their ids. `answered`: whether the sink gave an answer other
    than `later`; None: it was not asked. `is_too_large`: for the sink, so that it is held."""

    settlements: Mapping[str, Settlement]
    answered: bool | None
    is_too_large: bool = False


class Sending:
    """`internal` is told of errors of our own; must not raise. `longest`: an attempt takes no longer."""

    def __init__(
        self,
        spool: Spool,
        routes: Callable[[], Routes],
        sinks: Mapping[str, Sink],
        parcels: Parcels,
        pacing: Pacing,
        *,
        longest: dt.timedelta,
        clock: Callable[[], dt.datetime],
        internal: Callable[[str, BaseException], None],
    ) -> None:
        self._spool, self._routes, self._sinks = spool, routes, sinks
        self._parcels, self._pacing, self._longest = parcels, pacing, longest
        self._clock, self._internal = clock, internal

    async def attempt(self, deliveries: Sequence[Delivery]) -> Attempted:
        """Deliver what goes in one letter: one delivery, or several notices."""
        first = deliveries[0]
        route = self._routes().of(first, self._clock())
        if isinstance(route, str):
            return _unasked(deliveries, Outcome.HELD, route)
        sink = self._sinks.get(route.channel)
        if sink is None:
            return _unasked(deliveries, Outcome.HELD, f"no channel {route.channel} is configured")
        if all(self._pacing.hopeless(destination_of(one), one, self._clock()) for one in deliveries):
            return _unasked(deliveries, Outcome.FAILED, f"given up: {first.last_reply or _SILENT}")
        result = await self._within_time(deliveries, route, sink)
        retry_at = self._pacing.retry_at(first, self._clock()) if result.outcome == "deferred" else None
        settlements = {one.id: self._settlement(one, result, retry_at) for one in deliveries}
        return Attempted(settlements, result.outcome != "deferred", result.is_too_large)

    # ------------------------------------------------------------ asking

    async def _within_time(self, deliveries: Sequence[Delivery], route: Route, sink: Sink) -> Result:
        """What the sink says. Whatever cuts it off, it may have the letter by then."""
        asked = False
        try:
            async with asyncio.timeout(self._longest.total_seconds()):
                content = await self._content(deliveries[0])
                parcel = await self._parcel(deliveries, route, content)
                asked = True
                result = await sink.deliver(parcel)
                if result.outcome == "unsupported" and not result.is_too_large and content is not None:
                    result = await self._wrapped(deliveries[0], route, sink, content, result)
                return result
        except Exception as problem:
            self._internal("send", problem)
            may_have_arrived = asked or deliveries[0].may_have_arrived
            return Result("deferred", f"internal error: {type(problem).__name__}", may_have_arrived=may_have_arrived)

    async def _content(self, delivery: Delivery) -> bytes | Path | None:
        """None for what carries no byte of the letter."""
        if delivery.reference or delivery.channel == NOTIFY:
            return None
        return await self._spool.content(delivery.letter)

    async def _parcel(self, deliveries: Sequence[Delivery], route: Route, content: bytes | Path | None) -> Parcel:
        first = deliveries[0]
        if first.channel == NOTIFY:
            return self._parcels.notice(deliveries, route.target)
        if isinstance(content, Path):
            return await asyncio.to_thread(self._parcels.of, first, route.target, content)
        return self._parcels.of(first, route.target, content or b"")

    async def _wrapped(
        self, delivery: Delivery, route: Route, sink: Sink, content: bytes | Path, before: Result
    ) -> Result:
        parcel = self._parcels.wrapped(delivery, route.target, content, before.reply, delivery.created_at)
        result = await sink.deliver(parcel)
        if result.outcome != "delivered":
            return result
        return Result("delivered", f"{result.reply} (wrapped)")

    # ------------------------------------------------------------ judging the answer

    def _settlement(self, delivery: Delivery, result: Result, retry_at: dt.datetime | None) -> Settlement:
        """Those that went together go together again."""
        reply, lost = result.reply, result.may_have_arrived
        match result.outcome:
            case "delivered":
                return Settlement(Outcome.DELIVERED, reply)
            case "failed":
                return Settlement(Outcome.FAILED, reply)
            case "unsupported":
                what = "it is too large for its sink" if result.is_too_large else "its sink cannot take it"
                return Settlement(Outcome.HELD, f"{what}: {reply}")
        own = self._pacing.retry_at(delivery, self._clock())
        if own is None:
            return Settlement(Outcome.FAILED, f"given up: {reply}", may_have_arrived=lost)
        return Settlement(Outcome.DEFERRED, reply, retry_at or own, lost)


def _unasked(deliveries: Sequence[Delivery], outcome: Outcome, why: str) -> Attempted:
    """Nothing was sent now; what may have arrived before still may."""
    return Attempted(
        {one.id: Settlement(outcome, why, may_have_arrived=one.may_have_arrived) for one in deliveries}, None
    )
