"""Which notices go in one letter: those of one channel, target and department that are to be told of together.

Each waits in the queue for as long as its rule says. When the first one's time has come all are leased and told of, so
that nobody gets more than one such letter in that time, and a notice that comes next waits anew. What the queue hands
out in the midst of that joins, or where it is too late for that, waits too. The queue remembers all of it; here is
only what is under way, and when the last one went.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence

from sievepy.relay.deliveries import DIGEST
from sievepy.spool.port import Delivery, Spool

_Key = tuple[str, str, str | None]
_MOST = 2000  # in one letter; what is more goes with the next one


class Digests:
    """`lease`: for how long a delivery is one attempt's."""

    def __init__(self, spool: Spool, lease: dt.timedelta, clock: Callable[[], dt.datetime]) -> None:
        self._spool, self._lease, self._clock = spool, lease, clock
        self._open: dict[_Key, list[Delivery]] = {}
        self._closed: dict[_Key, dt.datetime] = {}

    async def gather(self, first: Delivery) -> Sequence[Delivery] | dt.datetime:
        """What goes with a leased notice that is due, oldest first; nothing if another one has taken it along; the
        moment to wait for if a letter has just gone. Raises SpoolError."""
        now, key = self._clock(), _key(first)
        if (others := self._open.get(key)) is not None:
            others.append(first)
            return ()
        if now < (until := self._closed.pop(key, now)):
            self._closed[key] = until
            return until
        together = self._open[key] = [first]
        try:
            await asyncio.sleep(0)  # those that were handed out with it join before the queue is asked
            together += await self._spool.gather(first.id, DIGEST, now, now + self._lease, _MOST)
        finally:
            del self._open[key]
        if len(together) < _MOST:
            self._closed[key] = now + min(map(_time, together))
        return sorted(together, key=lambda delivery: (delivery.created_at, delivery.id))

    def not_sent(self, first: Delivery) -> None:
        """The letter with it did not arrive: the next attempt need not wait."""
        self._closed.pop(_key(first), None)

    def forget(self) -> None:
        """A person wants everything tried now."""
        self._closed.clear()


def _key(delivery: Delivery) -> _Key:
    return delivery.channel, delivery.target, delivery.department


def _time(delivery: Delivery) -> dt.timedelta:
    return dt.timedelta(seconds=int(delivery.options[DIGEST]))
