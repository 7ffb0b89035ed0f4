"""The circuit breakers of all destinations, and chance, for the dispatcher. The policy itself is pure:
`spool/retry.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sievepy.spool.port import Delivery
from sievepy.spool.retry import LOCAL, Breaker, Policy

__all__ = ["Destination", "Pacing", "Policies", "Policy", "destination_of"]

Destination = tuple[str, str]
"""A channel and a target."""


def destination_of(delivery: Delivery) -> Destination:
    return delivery.channel, delivery.target


@dataclass(frozen=True, slots=True)
class Policies:
    """How often is tried what goes by which sink: `email`, and everything else, which is a maildir. `email_places`: the
    places that lie at a mail address; notices go by mail, too."""

    email: Policy = Policy()  # noqa: RUF009  (frozen)
    maildir: Policy = LOCAL
    email_places: frozenset[str] = frozenset()

    def of(self, channel: str) -> Policy:
        """For a delivery's channel."""
        return self.email if channel in ("email", "notify") or channel in self.email_places else self.maildir


class Pacing:
    """`chance` gives numbers from 0 to 1."""

    def __init__(self, policies: Policies, chance: Callable[[], float]) -> None:
        self._policies, self._chance = policies, chance
        self._breakers: dict[Destination, Breaker] = {}

    def retry_at(self, delivery: Delivery, now: dt.datetime) -> dt.datetime | None:
        """None: its time is over."""
        return self._policies.of(delivery.channel).retry_at(delivery, now, self._chance())

    def hopeless(self, destination: Destination, delivery: Delivery, now: dt.datetime) -> bool:
        """Its time is over, and its destination's circuit is open: an attempt of its own would tell nothing new."""
        breaker = self._breakers.get(destination)
        return breaker is not None and breaker.open and self.retry_at(delivery, now) is None

    # ------------------------------------------------------------ circuits

    def told(self, destination: Destination, answered: bool, now: dt.datetime) -> bool:
        """Note how an attempt ended; True if this closes the destination's circuit."""
        if answered:
            breaker = self._breakers.pop(destination, None)
            return breaker is not None and breaker.open
        breaker = self._breakers.get(destination, Breaker(self._policies.of(destination[0])))
        self._breakers[destination] = breaker.deferred(now, self._chance())
        return False

    def spared(self, destination: Destination, now: dt.datetime) -> None:
        """What was leased asked nothing of the destination. If it was to be a probe, another may be made at once."""
        breaker = self._breakers.get(destination)
        if breaker is not None:
            self._breakers[destination] = breaker.spared(now)

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
