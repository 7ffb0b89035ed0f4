"""When to try a delivery again, and when to leave a destination alone. Pure: moments and chance are arguments.

A deferred delivery waits 5 minutes, doubling to 4,000 seconds, with full jitter: anywhere between nothing and that,
so that what failed together does not come back together. After five days it is a dead letter.

A destination that deferred several deliveries in a row has its circuit open. Then nothing of it is leased but one
probe at a time, at most 400 a day whatever chance says; the first answer that is none of "later" closes the
circuit, and what waits is due at once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from sievepy.spool.port import Delivery

_MOST_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class Policy:
    """`first` and `longest` wait; `life`: from a delivery's beginning until it is a dead letter; `failures` in a row
    that open a circuit; `probe`: between two probes, give or take `spread` of it, so that destinations that died
    together are not all probed together. 225 s at least: 384 probes a day at most."""

    first: dt.timedelta = dt.timedelta(minutes=5)
    longest: dt.timedelta = dt.timedelta(seconds=4000)
    life: dt.timedelta = dt.timedelta(days=5)
    failures: int = 5
    probe: dt.timedelta = dt.timedelta(seconds=250)
    spread: float = 0.1

    def retry_at(self, delivery: Delivery, now: dt.datetime, chance: float) -> dt.datetime | None:
        """The moment of the next attempt, `chance` (0 to 1) within the ceiling that the attempts so far allow, and
        once more just when its time ends. None: its time is over, give up."""
        end = delivery.created_at + self.life
        if now >= end:
            return None
        doublings = min(max(delivery.attempts - 1, 0), _MOST_DOUBLINGS)
        ceiling = min(self.first * (1 << doublings), self.longest)
        return min(now + ceiling * chance, end)

    def next_probe(self, now: dt.datetime, chance: float) -> dt.datetime:
        return now + self.probe * (1 + self.spread * (2 * chance - 1))


LOCAL = Policy(longest=dt.timedelta(minutes=15))
"""For sinks on our own network, whose operators expect mail back soon after a repair."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """The circuit of one destination, as a value: each event gives the next one. `probe_at` None: closed."""

    policy: Policy = field(default_factory=Policy)
    failures: int = 0
    probe_at: dt.datetime | None = None

    @property
    def open(self) -> bool:
        return self.probe_at is not None

    def may_probe(self, now: dt.datetime) -> bool:
        return self.probe_at is not None and self.probe_at <= now

    def probing(self, now: dt.datetime, chance: float) -> Breaker:
        """A probe is under way. The next may follow after the usual time, whether this one ends or not."""
        return replace(self, probe_at=self.policy.next_probe(now, chance))

    def spared(self, now: dt.datetime) -> Breaker:
        """The probe came to nothing before it was made."""
        return replace(self, probe_at=now) if self.open else self

    def deferred(self, now: dt.datetime, chance: float) -> Breaker:
        """An attempt failed for now. One that was under way when the circuit opened does not put the next probe
        off."""
        failures = self.failures + 1
        if self.open or failures < self.policy.failures:
            return replace(self, failures=failures)
        return replace(self, failures=failures, probe_at=self.policy.next_probe(now, chance))

    def answered(self) -> Breaker:
        """An attempt got a final answer: the destination is alive. Whoever sees an open one close wakes what waits."""
        return Breaker(self.policy)
