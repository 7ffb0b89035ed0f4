"""Any sequence of steps leaves an adapter where it leaves the model, restarts included."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sievepy.spool.port import Delivery, DeliveryState, Lease, SpoolRefused, Thread
from sievepy.spool.sqlite import SqliteSpool
from tests.ports.model import Model, Refused
from tests.ports.spools import DAY, HOUR, MINUTE, NOW, arrival, ended, letter, to
from tests.ports.spools import settings as spool_settings

T = TypeVar("T")
TARGETS = ("a", "b", "c")
PLANS = st.lists(
    st.tuples(st.sampled_from(TARGETS), st.booleans(), st.booleans()), max_size=3, unique_by=lambda one: one[0]
)
SKIPPED = st.lists(st.sampled_from([("email", one) for one in TARGETS]), max_size=2)
KEYS = (b"one", b"two", b"three")
THREADS = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from([("a",), ("b", "c")])), max_size=2)


class Spools(RuleBasedStateMachine):
    """`pick` numbers choose among what there is, so that any sequence of them means something."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.model = Model()
        self.now = NOW
        self.number = 0

    def do(self, step: Awaitable[T]) -> T:
        return self.loop.run_until_complete(step)

    def both(self, step: Callable[[], Awaitable[Any]], meant: Callable[[], Any]) -> None:
        """The same answer from both, or a refusal from both."""
        try:
            expected, refused = meant(), False
        except Refused:
            refused = True
        try:
            answer = self.do(step())
            assert not refused
            assert answer == expected
        except SpoolRefused:
            assert refused

    @initialize()
    def start(self) -> None:
        """Not from nothing: most sequences from an empty queue would end before anything is leased."""
        self.open()
        for pick in range(3):
            self.accept(None)
            self.plan(pick, [("a", False, False), ("b", False, True), ("c", pick == 1, True)][: pick + 1], [])
        self.accept(b"x")
        self.lease(2, [])

    def open(self) -> None:
        self.spool = self.do(SqliteSpool.open(spool_settings(self.folder), self.now))

    def teardown(self) -> None:
        self.do(self.spool.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    # ------------------------------------------------------------ letters

    @rule(identity=st.sampled_from([None, b"x", b"y"]), claim=st.booleans())
    def accept(self, identity: bytes | None, claim: bool = False) -> None:
        self.number += 1
        known = self.model.known(identity, DAY, self.now)
        one = arrival(letter(self.number), identity=identity)
        accepted = self.do(self.spool.accept(one, self.now, claim=claim))
        assert accepted.duplicate == (known is not None)
        assert (accepted.claimed is not None) == (claim and known is None)
        if known is None:
            self.model.accept(accepted.letter, letter(self.number), identity, self.now, claim)
        else:
            assert accepted.letter == known

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        claimed = self.do(self.spool.claim_judgement(self.now, limit))
        assert [one.letter for one in claimed] == self.model.claim(limit)
        assert [one.attempts for one in claimed] == [self.model.letters[one.letter].attempts for one in claimed]

    def a_letter(self, pick: int) -> str:
        return list(self.model.letters)[pick % len(self.model.letters)]

    @rule(pick=st.integers(0, 9), wanted=PLANS, threads=THREADS, limit=st.sampled_from([None, 0, 1, 3]), skip=SKIPPED)
    def plan(
        self,
        pick: int,
        wanted: list[tuple[str, bool, bool]],
        threads: list[tuple[bytes, tuple[str, ...]]],
        limit: int | None = None,
        skip: Sequence[tuple[str, str]] = (),
    ) -> None:
        """With a `limit`, and a lease of what is due at once."""
        if not self.model.letters:
            return
        id = self.a_letter(pick)
        meant = [
            (target, held, place - 1 if fallback and place else None)
            for place, (target, held, fallback) in enumerate(wanted)
        ]
        deliveries = [to(target, held=held, fallback_of=fallback) for target, held, fallback in meant]
        begun = [Thread(*one) for one in threads]
        before = {one.id for one in self.do(self.spool.deliveries(id))}
        leased: Sequence[Delivery] = ()
        try:
            if limit is None:
                ids = self.do(self.spool.plan(id, b"plan", "program", deliveries, [], self.now, begun))
            else:
                lease = Lease(self.now + HOUR, limit, skip)
                leased = self.do(
                    self.spool.plan_and_lease(id, b"plan", "program", deliveries, [], self.now, lease, begun)
                )
                ids = tuple(one.id for one in self.do(self.spool.deliveries(id)))
        except SpoolRefused:
            assert self.model.letters[id].planned
            assert {one.id for one in self.do(self.spool.deliveries(id))} == before
            return
        self.model.plan(id, ids, meant, threads, self.now)
        due = [one for one in self.model.due(self.now, skip) if one in ids]
        assert len(leased) == min(limit or 0, len(due))
        assert {one.id for one in leased} <= set(due)
        for one in leased:
            self.model.leased(one.id, self.now + HOUR)

    @rule(pick=st.integers(0, 9), what=st.sampled_from(["unclaim", "release", "delete"]))
    def with_letter(self, pick: int, what: str) -> None:
        if not self.model.letters:
            return
        id = self.a_letter(pick)
        match what:
            case "unclaim":
                self.both(lambda: self.spool.unclaim(id, "", self.now), lambda: self.model.unclaim(id))
            case "release":
                self.both(lambda: self.spool.release(id, "", "", self.now), lambda: self.model.release(id, self.now))
            case "delete":
                self.both(lambda: self.spool.delete(id, "", "", self.now), lambda: self.model.delete(id))

    # ------------------------------------------------------------ deliveries

    @rule(limit=st.integers(1, 3), skip=SKIPPED)
    def lease(self, limit: int, skip: list[tuple[str, str]]) -> None:
        due = self.model.due(self.now, skip)
        leased = self.do(self.spool.lease(self.now, self.now + HOUR, limit, skip))
        assert len(leased) == min(limit, len(due))
        assert {one.id for one in leased} <= due
        for one in leased:
            self.model.leased(one.id, self.now + HOUR)

    def deliveries(self) -> list[str]:
        return [id for one in self.model.letters.values() for id in one.deliveries]

    @rule(pick=st.integers(0, 9), outcome=st.sampled_from(["delivered", "deferred", "failed", "held"]))
    def settle(self, pick: int, outcome: str) -> None:
        if not self.deliveries():
            return
        id = self.deliveries()[pick % len(self.deliveries())]
        leased = [one for one in self.deliveries() if self.model.find(one)[1].state == "leased"]
        if leased and pick % 4:  # mostly what can be settled
            id = leased[pick % len(leased)]
        at = self.now + MINUTE if outcome == "deferred" else self.now
        self.both(
            lambda: self.spool.settle(id, ended(outcome, at), self.now), lambda: self.model.settle(id, outcome, at)
        )

    @rule(pick=st.integers(0, 9), state=st.sampled_from(["queued", "held", "failed"]))
    def change(self, pick: int, state: str) -> None:
        if not self.deliveries():
            return
        id = self.deliveries()[pick % len(self.deliveries())]
        self.both(
            lambda: self.spool.change(id, DeliveryState(state), "anna", "", self.now),
            lambda: self.model.change(id, state, self.now),
        )

    @rule(name=st.sampled_from(TARGETS))
    def wake(self, name: str) -> None:
        place = ("email", name)
        self.both(lambda: self.spool.wake(self.now, place), lambda: self.model.wake(place, self.now))

    # ------------------------------------------------------------ time and death

    @rule(hours=st.sampled_from([0.1, 2, 30]))
    def wait(self, hours: float) -> None:
        self.now += dt.timedelta(hours=hours)

    @rule()
    def restart(self) -> None:
        self.do(self.spool.close())
        self.open()
        self.both(lambda: self.spool.recover(self.now), lambda: self.model.recover(self.now))

    # ------------------------------------------------------------ as a whole

    @invariant()
    def counts_agree(self) -> None:
        if self.number:
            assert self.do(self.spool.counts()) == self.model.counts()

    @invariant()
    def threads_agree(self) -> None:
        if self.number:
            assert self.do(self.spool.threads(KEYS)) == self.model.threads

    @invariant()
    def states_agree(self) -> None:
        if self.number:
            found = self.do(self.spool.letters(limit=10_000))
            assert {one.letter: one.state for one in found} == {id: one.state for id, one in self.model.letters.items()}
            listed = self.do(self.spool.deliveries(limit=10_000))
            meant = {id: self.model.find(id)[1] for id in self.deliveries()}
            assert {one.id: (one.state, one.attempts) for one in listed} == {
                id: (one.state, one.attempts) for id, one in meant.items()
            }


TestSpools = Spools.TestCase
TestSpools.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
