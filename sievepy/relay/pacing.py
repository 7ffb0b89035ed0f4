"""The circuit breakers of all destinations, and chance, for the dispatcher. The policy itself is pure:
`spool/retry.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from sievepy.spool.port import Delivery
from sievepy.spool.retry import Breaker, Policy

__all__ = ["Destination", "Pacing", "Policy"]

Destination = tuple[str, str]
"""A channel and a target."""


class Pacing:
    """`chance` gives numbers from 0 to 1."""

    def __init__(self, policy: Policy, chance: Callable[[], float]) -> None:
        self._policy, self._chance = policy, chance
        self._breakers: dict[Destination, Breaker] = {}

    def retry_at(self, delivery: Delivery, now: dt.datetime) -> dt.datetime | None:
        """None: its time is over."""
        return self._policy.retry_at(delivery, now, self._chance())

    # ------------------------------------------------------------ circuits

    def told(self, destination: Destination, answered: bool, now: dt.datetime) -> bool:
        """Note how an attempt ended; True if this closes the destination's circuit."""
        if answered:
            breaker = self._breakers.pop(destination, None)
            return breaker is not None and breaker.open
        breaker = self._breakers.get(destination, Breaker(self._policy))
        self._breakers[destination] = breaker.deferred(now, self._chance())
        return False

    def open(self) -> Sequence[Destination]:
        """Those to be passed over."""
        return [destination for destination, breaker in self._breakers.items() if breaker.open]

    def probes(self, now: dt.datetime) -> Sequence[Destination]:
        """Open ones whose probe is due. The next one is due after the usual time, whether this one ends or not."""
        due = [destination for destination, breaker in self._breakers.items() if breaker.may_probe(now)]
        for destination in due:
            self._breakers[destination] = self._breakers[destination].probing(now, self._chance())
        return due

    def forget(self) -> None:
        """All circuits are closed, by a person's word."""
        self._breakers.clear()
