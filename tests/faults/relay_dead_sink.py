"""A sink that is dead for days, on a clock of our own, under the real dispatcher and the real queue.

    python -m tests.faults.relay_dead_sink --letters 10000

Letters are queued to a dead destination, and then to one that is alive. The clock stands still until the dispatcher has
nothing more to do, and goes on by a small step then; nothing here waits for time to pass. Counted are the attempts at
the dead sink, day by day; the passes until the living one has all that is its own, before the dead one has answered
anything; what happens when the dead one comes back; and, in a run of its own in which it never does, the dead letters
after five days, and the alarms.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import io
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sievepy.mail.edit import Author
from sievepy.relay.alarms import Alarms
from sievepy.relay.deliveries import Directory
from sievepy.relay.dispatcher import Dispatcher, Settled
from sievepy.relay.log import open_log
from sievepy.relay.metrics import Metrics
from sievepy.relay.pacing import Destination, Pacing, Policies, Policy
from sievepy.relay.parcels import Parcels
from sievepy.relay.passing import ALARM
from sievepy.relay.routing import Routes
from sievepy.relay.settings import Place, Settings
from sievepy.relay.watching import Watching
from sievepy.sinks.port import Parcel, Result, Takes
from sievepy.spool.port import Delivery, NewDelivery
from sievepy.spool.sqlite import SqliteSpool
from tests.ports.spools import DAY, NOW, arrival, letter
from tests.ports.spools import settings as spool_settings

STEP = dt.timedelta(seconds=25)  # the waits between probes, 225, 250 and 275 seconds, are multiples of it
CHANCES = (0.0, 0.5, 1.0)
SECRET = b"k" * 32
SETTINGS = Settings("mx.x.kz", "x.kz", SECRET, {"triage": Place("maildir", "Triage")})
DEAD, ALIVE = ("email", "dead@x.kz"), ("email", "alive@x.kz")
WITHOUT_BREAKER = Policy(failures=1 << 62)  # the planted defect


class Sink:
    """One destination never answers, until it does: an attempt at it that is under way ends when `held` is set."""

    kind = "test"
    takes = Takes()

    def __init__(self) -> None:
        self.dead, self.held, self.waiting = True, asyncio.Event(), 0
        self.attempts: Counter[str] = Counter()

    async def deliver(self, parcel: Parcel) -> Result:
        self.attempts[parcel.target] += 1
        if parcel.target == DEAD[1] and self.dead:
            self.waiting += 1
            await self.held.wait()
            self.waiting -= 1
            return Result("deferred", "cannot connect: timed out")
        return Result("delivered", "250 2.0.0 taken")

    async def probe(self) -> str | None:
        return None

    async def close(self) -> None:
        return None


class Counted(SqliteSpool):
    """Counts the looks for what is due, and those that found something; `quiet` is the last one that found nothing."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.looks = self.fruitful = self.leased = self.quiet = 0
        self.nothing_due = asyncio.Event()

    async def lease(
        self,
        now: dt.datetime,
        until: dt.datetime,
        limit: int,
        skip: Sequence[Destination] = (),
        only: Destination | None = None,
    ) -> Sequence[Delivery]:
        self.looks += 1
        number = self.looks
        found = await super().lease(now, until, limit, skip, only)
        self.leased += len(found)
        self.fruitful += bool(found)
        if only is None and not found:
            self.quiet = number
            self.nothing_due.set()
        return found


class Site:
    """A dispatcher with everything around it that a relay has, and a clock that we set."""

    def __init__(self, spool: Counted, policy: Policy, seed: int) -> None:
        self.spool, self.sink, self.now = spool, Sink(), NOW
        self.ended, self.errors = 0, list[str]()
        chance = random.Random(seed)
        self.watching = Watching(open_log(self.clock, io.StringIO()), Metrics())
        author = Author("postmaster@x.kz")
        self.watching.alarms = Alarms(
            spool,
            author,
            SETTINGS.alarm_pause,
            clock=self.clock,
            token=lambda: f"{chance.getrandbits(64):x}",
            woken=lambda: None,
        )
        routes = Routes(Directory.of((), ()), SETTINGS.places, dt.UTC)
        self.dispatcher = Dispatcher(
            spool,
            SETTINGS,
            lambda: routes,
            {"email": self.sink},
            Parcels("x.kz", SECRET, author),
            Pacing(Policies(policy, policy), lambda: chance.choice(CHANCES)),
            clock=self.clock,
            watch=self,
        )

    def clock(self) -> dt.datetime:
        return self.now

    async def settled(self, settled: Settled) -> None:
        await self.watching.settled(settled)
        self.ended += 1

    def internal(self, what: str, error: BaseException) -> None:
        self.errors.append(f"{what}: {error!r}")
        self.spool.nothing_due.set()

    async def queue(self, destination: Destination, letters: int, first: int = 0) -> None:
        async def one(number: int) -> None:
            accepted = await self.spool.accept(arrival(letter(number, 400)), self.now)
            new = NewDelivery(*destination, options={"sender": "a@b.kz"})
            await self.spool.plan(accepted.letter, b"{}", "p", [new], [], self.now)

        for start in range(first, first + letters, 200):
            await asyncio.gather(*(one(number) for number in range(start, min(start + 200, first + letters))))

    async def rest(self) -> None:
        """Until a look has found nothing while nothing was under way but what the dead sink holds."""
        while True:
            look, before = self.spool.looks, self.under_way()
            while self.spool.quiet <= look:
                self.spool.nothing_due.clear()
                self.dispatcher.wake()
                await self.spool.nothing_due.wait()
                assert not self.errors, self.errors
            if before == self.under_way() == (self.spool.leased, 0):
                return

    def under_way(self) -> tuple[int, int]:
        """What was leased so far, and how much of it has neither ended nor hangs in the dead sink."""
        return self.spool.leased, self.spool.leased - self.ended - self.sink.waiting

    async def states(self, destination: Destination) -> Counter[str]:
        found = await self.spool.deliveries(limit=1_000_000)
        return Counter(str(one.state) for one in found if (one.channel, one.target) == destination)

    async def alarms(self) -> int:
        return sum(one.envelope.folder == ALARM for one in await self.spool.letters(limit=1_000_000))


@dataclass
class Outcome:
    """`attempts` at the dead sink by day; the first day's has those in it that opened the circuit (`opening`). `looks`:
    those that found something until the living sink had all of its letters; `slowest`: the later steps of the clock in
    which a letter to it had to wait. `drained`: delivered without the clock going on, once a probe got through."""

    letters: int
    attempts: list[int] = field(default_factory=list)
    opening: int = 0
    alive: int = 0
    looks: int = 0
    slowest: int = 0
    drained: int = 0
    dead: int = 0
    left: int = 0
    alarms: int = 0

    @property
    def wrong(self) -> list[str]:
        """What promise is not kept."""
        checks = {
            "more than 400 attempts a day at a dead sink": all(n <= 400 for n in self.attempts),
            "a letter to another sink waited": self.slowest == 0,
        }
        return [what for what, kept in checks.items() if not kept]


# ---------------------------------------------------------------- runs


async def run(folder: Path, letters: int, days: int, policy: Policy, seed: int, *, skipped: int = 0) -> Outcome:
    """`days` of death, and after the first `skipped` more on which nobody looks; the sink comes back after them if they
    are fewer than a letter's five."""
    spool = await Counted.open(spool_settings(folder), NOW)
    site = Site(spool, policy, seed)
    result = Outcome(letters)
    await site.queue(DEAD, letters)
    await site.queue(ALIVE, letters // 20, first=letters)
    work = asyncio.create_task(site.dispatcher.run())
    try:
        await begin(site, result)
        for day in range(days):
            await one_day(site, result)
            site.now += DAY * (skipped if day == 0 else 0)
        if site.now < NOW + policy.life:
            await come_back(site, result)
        states = await site.states(DEAD)
        result.dead, result.left = states["failed"], states["queued"] + states["leased"]
        result.alarms = await site.alarms()
    finally:
        site.dispatcher.stop()
        await work
        await spool.close()
    return result


async def begin(site: Site, result: Outcome) -> None:
    """The living sink gets all of its letters while the dead one has not answered once."""
    await site.rest()
    result.alive, result.looks = site.sink.attempts[ALIVE[1]], site.spool.fruitful
    site.sink.held.set()
    await site.rest()
    result.opening = site.sink.attempts[DEAD[1]]


async def one_day(site: Site, result: Outcome) -> None:
    """Now and then a letter comes for the living sink."""
    before = site.sink.attempts[DEAD[1]] if result.attempts else 0
    for step in range(DAY // STEP):
        site.now += STEP
        if step % 100 == 0:
            await site.queue(ALIVE, 1, first=1_000_000 + result.alive)
            result.alive += 1
        await site.rest()
        result.slowest += site.sink.attempts[ALIVE[1]] < result.alive
    result.attempts.append(site.sink.attempts[DEAD[1]] - before)


async def come_back(site: Site, result: Outcome) -> None:
    """The next probe gets through, and the clock stands still from there."""
    site.sink.dead = False
    while not (await site.states(DEAD))["delivered"]:
        site.now += STEP
        await site.rest()
    result.drained = (await site.states(DEAD))["delivered"]


def main() -> int:
    parser = argparse.ArgumentParser(description="A sink that is dead for a day, and one that is dead for good.")
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    print(f"seed {seed}, {options.letters} letters")
    wrong = []
    for days, title in ((1, "dead for a day"), (6, "dead for good")):
        with tempfile.TemporaryDirectory() as folder:
            result = asyncio.run(run(Path(folder), options.letters, days, Policy(), seed))
        print(f"{title}: {result}", flush=True)
        wrong += result.wrong
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
