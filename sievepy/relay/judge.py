"""From an accepted letter to its plan and deliveries (T2), each letter by exactly one program, named in its plan.

An attempt is counted, durably, before the letter meets a worker. A letter that kills its worker is claimed again; when
it has killed `deaths` of them it goes to triage unread. Only deaths count for that: a relay that was itself killed
while it judged the letter has counted an attempt, too, but the letter is not to blame.

Not every letter is asked of the rules: what goes round in a loop is held, what came back to one of our envelope senders
makes its delivery a dead letter and ends here, and our own alarms go to triage.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sievepy.disk.fail_points import Reach, pass_by
from sievepy.engine.settle import written
from sievepy.mail.edit import digest, read_verp
from sievepy.plan import Plan, Planned, Quarantine, Triage
from sievepy.relay.deliveries import AN_ALARM, Directory, deliveries_of
from sievepy.relay.dispatcher import Offer
from sievepy.relay.pacing import Destination
from sievepy.relay.passing import ALARM, headers, pack
from sievepy.relay.record import record
from sievepy.relay.refusing import Refusing
from sievepy.relay.returned import Came
from sievepy.relay.seeing import Seen
from sievepy.relay.settings import Settings
from sievepy.relay.threads import begun, home
from sievepy.relay.workers import Died, Workers
from sievepy.spool.port import (
    Delivery,
    JournalEntry,
    NewDelivery,
    Queued,
    Spool,
    SpoolBroken,
    SpoolError,
    SpoolRefused,
    Thread,
    What,
)

RELAY = "relay"  # who did it, where no rule and no person did
NO_PROGRAM = "none"
_AT_ONCE = 32
_PAUSE = 1.0  # seconds before what went wrong here is tried again
_KILLED = "its worker "  # why a letter was given back that is to blame for it
_IDLE = 5.0  # seconds; what another process put back into the queue is seen after that


@dataclass(frozen=True, slots=True)
class Generation:
    """One compiled program and all that goes with it; a reload puts another in its place, whole. `threads`: its rules
    ask where threads live."""

    program: str
    directory: Directory
    refusing: Refusing
    workers: Workers
    threads: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """A letter with its plan, stored. `seconds`: how long judging took."""

    letter: Queued
    plan: Plan
    deliveries: int
    seconds: float


class Watch(Protocol):
    """Who counts, logs and raises alarms. Must not raise."""

    def decided(self, decided: Decided) -> None: ...
    def worker_died(self, letter: str, how: str) -> None: ...
    async def came_back(self, delivery: Delivery, codes: str) -> None: ...
    async def unread(self, letter: str, why: str) -> None: ...
    def came_round(self, letter: str, why: str) -> None: ...
    def internal(self, what: str, error: BaseException) -> None: ...


class Dispatch(Protocol):
    """Who delivers what is planned. None of it waits."""

    def offer(self, destinations: Iterable[Destination]) -> Offer | None:
        """Which of a letter's deliveries could begin at once; None: none. Then `take` must follow."""
        ...

    def take(self, offer: Offer, leased: Sequence[Delivery]) -> None:
        """The deliveries that were leased of an offer."""
        ...

    def wake(self) -> None:
        """There are deliveries, for whoever comes to lease them."""
        ...


class Judge:
    """`run` until cancelled or `stop`; `wake` when there is a letter to claim.

    A letter that has just come in is handed over claimed (`reserve`, `take`), while nobody waits longer than it does:
    whenever there may be others in the queue, no room is given before they have been claimed.
    """

    def __init__(
        self,
        spool: Spool,
        settings: Settings,
        current: Callable[[], Generation],
        *,
        clock: Callable[[], dt.datetime],
        dispatch: Dispatch,
        watch: Watch,
        reach: Reach = pass_by,
    ) -> None:
        self._spool, self._settings, self._current = spool, settings, current
        self._clock, self._dispatch, self._watch, self._reach = clock, dispatch, watch, reach
        self._work = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._reserved = 0
        self._caught_up = False  # no letter waits to be claimed, as far as we know

    def wake(self) -> None:
        self._caught_up = False
        self._work.set()

    def reserve(self) -> bool:
        if not self._caught_up or self._stopping or self._free <= 0:
            return False
        self._reserved += 1
        return True

    def take(self, letter: Queued | None) -> None:
        """One that comes when we have stopped stays claimed until the queue recovers."""
        self._reserved -= 1
        if letter is not None and not self._stopping:
            self._begin(letter)
        else:
            self._look_for_more()

    @property
    def _free(self) -> int:
        return _AT_ONCE - len(self._tasks) - self._reserved

    def stop(self) -> None:
        """Finish what is begun; what is not stays in the queue."""
        self._stopping = True
        self._work.set()

    async def run(self) -> None:
        while not self._stopping:
            self._work.clear()
            free = self._free
            letters = await self._claim(free) if free > 0 else ()
            for letter in letters:
                self._begin(letter)
            if len(letters) < free or free <= 0:
                self._caught_up = free > 0 and not self._work.is_set()
                await self._wait()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, letter: Queued) -> None:
        task = asyncio.create_task(self._judge(letter))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._look_for_more()

    def _look_for_more(self) -> None:
        """There is room again: somebody may have waited for it."""
        if not self._caught_up:
            self._work.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_IDLE):
                await self._work.wait()
        except TimeoutError:
            self._caught_up = False

    async def _claim(self, limit: int) -> Sequence[Queued]:
        try:
            return await self._spool.claim_judgement(self._clock(), limit)
        except SpoolError as problem:
            self._watch.internal("claim", problem)
            return ()

    # ------------------------------------------------------------ one letter

    async def _judge(self, letter: Queued) -> None:
        """Whatever goes wrong, the letter stays in the queue: claimed until the next start at worst."""
        try:
            await self._one(letter)
        except Exception as problem:
            self._watch.internal("judge", problem)
            await asyncio.sleep(_PAUSE)
            await self._give_back(letter, "internal error")

    async def _one(self, letter: Queued) -> None:
        generation = self._current()
        start = time.perf_counter()
        self._reach("judge.start")
        if letter.envelope.folder == ALARM:
            seen = Seen(None)  # our own letters are not looked at
        elif letter.attempts > self._settings.deaths and await self._killed(letter) >= self._settings.deaths:
            seen = Seen(None)
        else:
            content = await self._spool.content(letter.letter)
            try:
                seen, generation = await self._seen(letter, content)
            except Died as death:
                self._watch.worker_died(letter.letter, str(death))
                await self._give_back(letter, _KILLED + str(death))
                return
        self._reach("judge.end")
        plan = await self._plan(letter, seen)
        options = self._options(letter, plan, seen.digest or await self._digest(letter))
        deliveries = () if seen.came is not None else deliveries_of(plan, generation.directory, options, seen.subject)
        await self._store(letter, plan, deliveries, begun(letter.message_id, plan) if generation.threads else ())
        self._watch.decided(Decided(letter, plan, len(deliveries), time.perf_counter() - start))

    async def _seen(self, letter: Queued, content: bytes | Path) -> tuple[Seen, Generation]:
        """By the program in force, whose workers nobody waited for before: the one of a moment ago may have gone home.
        A letter that answers others comes back once, if the rules ask where its thread lives. Raises Died."""
        generation, moment = self._current(), self._clock().timestamp()
        seen = await generation.workers.judge(content, letter.envelope, moment)
        if not seen.answers:
            return seen, generation
        found = await self._spool.threads(seen.answers)
        generation = self._current()
        known = home(seen.answers, found, generation.directory)
        return await generation.workers.judge(content, letter.envelope, moment, known), generation

    async def _killed(self, letter: Queued) -> int:
        entries = await self._spool.journal(letter.letter)
        return sum(e.what == What.UNCLAIMED and (e.why or "").startswith(_KILLED) for e in entries)

    async def _give_back(self, letter: Queued, why: str) -> None:
        """A letter that stays claimed is not judged before the next start: tried until the queue takes it."""
        while not await self._unclaimed(letter, why) and not self._stopping:
            await asyncio.sleep(_PAUSE)
        self.wake()

    async def _unclaimed(self, letter: Queued, why: str) -> bool:
        """Whether there is no more to do about it."""
        try:
            await self._spool.unclaim(letter.letter, why, self._clock())
        except SpoolError as problem:
            self._watch.internal("unclaim", problem)
            return isinstance(problem, SpoolBroken | SpoolRefused)
        return True

    async def _plan(self, letter: Queued, seen: Seen) -> Plan:
        if seen.verdict is not None and seen.verdict.plan is not None:
            return seen.verdict.plan
        if seen.came is not None:
            await self._came_back(letter, *seen.came)
            return Plan(())
        if seen.looping is not None:
            if seen.is_automatic:
                self._watch.came_round(letter.letter, seen.looping)
            else:
                await self._watch.unread(letter.letter, f"held: {seen.looping}")
            return _plan_of(Quarantine(f"a loop: {seen.looping}"))
        if letter.envelope.folder == ALARM:
            return _plan_of(Triage("alarm"))
        why = seen.verdict.failure if seen.verdict is not None else f"judging it ended {self._settings.deaths} workers"
        await self._watch.unread(letter.letter, why or "it could not be judged")
        return _plan_of(Triage(f"not read: {why}"))

    async def _came_back(self, letter: Queued, came: Came, codes: str) -> None:
        """A delivery that is dead already, or forgotten, is only noted."""
        (address,) = letter.envelope.recipients or ("",)
        delivery = read_verp(address, self._settings.secret)
        now = self._clock()
        why = f"{came} in letter {letter.letter}" + (f": {codes}" if codes else "")
        if delivery is None:
            return
        if came is Came.FAILURE:
            try:
                dead = await self._spool.returned(delivery, why, now)
            except SpoolRefused as refused:
                why = f"{why}; {refused}"
            else:
                await self._watch.came_back(dead, codes)
                return
        await self._spool.note(JournalEntry(now, "came-back", RELAY, letter.letter, delivery, why))

    def _options(self, letter: Queued, plan: Plan, hashed: str) -> Mapping[str, str]:
        """What a delivery needs to know of its letter when its turn comes."""
        fields = headers(letter, plan, hashed, self._settings.hostname, self._settings.secret)
        options = {
            "sender": letter.envelope.sender or "",
            "departments": "\n".join(plan.departments),
            "headers": pack(fields),
        }
        return {**options, AN_ALARM: "yes"} if letter.envelope.folder == ALARM else options

    async def _digest(self, letter: Queued) -> str:
        """Of a letter that no worker has read to its end; hashing reads no more than bytes."""
        content = await self._spool.content(letter.letter)
        return await asyncio.to_thread(_digest_of, content)

    async def _store(
        self, letter: Queued, plan: Plan, deliveries: Sequence[NewDelivery], threads: Sequence[Thread]
    ) -> None:
        """T2."""
        program = plan.program or NO_PROGRAM
        now = self._clock()
        entries = [*_decisions(letter.letter, plan, program, now)]
        offer = self._dispatch.offer((one.channel, one.target) for one in deliveries if one.is_due)
        if offer is None:
            await self._spool.plan(letter.letter, record(plan), program, deliveries, entries, now, threads)
            self._dispatch.wake()
            return
        leased: Sequence[Delivery] = ()
        try:
            leased = await self._spool.plan_and_lease(
                letter.letter, record(plan), program, deliveries, entries, now, offer.lease, threads
            )
        finally:
            self._dispatch.take(offer, leased)
        if len(leased) < len(deliveries):
            self._dispatch.wake()


def _digest_of(content: bytes | Path) -> str:
    return digest(content if isinstance(content, bytes) else content.read_bytes())


def _plan_of(action: Quarantine | Triage) -> Plan:
    return Plan((Planned(action, (RELAY,)),))


def _decisions(letter: str, plan: Plan, program: str, now: dt.datetime) -> list[JournalEntry]:
    """A line for each action, by the rules that asked for it, and for each note: why the plan is not simply that."""
    found = []
    for planned in (*plan.actions, *plan.kept):
        what = written(planned.action) + (" (reference only)" if planned.reference else "")
        kept = planned in plan.kept
        who = ", ".join(planned.rules)
        found.append(JournalEntry(now, "kept" if kept else "decided", who, letter, None, what, program))
    notes = plan.notes
    return found + [JournalEntry(now, n.kind, n.rule or RELAY, letter, None, n.text, program) for n in notes]
