"""When to try again: back-off, giving up, and a circuit breaker that spares a dead destination and slows no other."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sievepy.spool.port import Delivery, DeliveryState
from sievepy.spool.retry import LOCAL, Breaker, Policy
from sievepy.spool.sqlite import SqliteSpool
from tests.ports.spools import DAY, HOUR, MINUTE, NOW, arrival, ended, letter, opened, to

DEAD, ALIVE = ("email", "dead@x-com.kz"), ("email", "alive@x-com.kz")


def delivery(attempts: int = 1, created_at: dt.datetime = NOW) -> Delivery:
    return Delivery("d", "l", "email", "a", None, False, (), {}, DeliveryState.LEASED, attempts, created_at, created_at)


@pytest.mark.parametrize(
    ("policy", "attempts", "seconds"),
    [
        (Policy(), 1, 300),
        (Policy(), 2, 600),
        (Policy(), 4, 2400),
        (Policy(), 5, 4000),
        (Policy(), 10_000, 4000),
        (LOCAL, 2, 600),
        (LOCAL, 3, 900),
        (LOCAL, 50, 900),
    ],
)
def test_the_wait_doubles_up_to_its_ceiling(policy: Policy, attempts: int, seconds: int) -> None:
    longest = policy.retry_at(delivery(attempts), NOW, 1.0)
    assert longest == NOW + dt.timedelta(seconds=seconds)
    assert policy.retry_at(delivery(attempts), NOW, 0.0) == NOW


def test_after_five_days_it_is_over_and_just_before_there_is_a_last_try() -> None:
    late = NOW + 5 * DAY - MINUTE
    assert Policy().retry_at(delivery(60), late, 1.0) == NOW + 5 * DAY
    assert Policy().retry_at(delivery(61), NOW + 5 * DAY, 0.5) is None


@given(st.integers(1, 500), st.floats(0, 1), st.integers(0, 6 * 24 * 60))
def test_a_retry_is_never_in_the_past_nor_beyond_the_end(attempts: int, chance: float, minutes: int) -> None:
    now = NOW + minutes * MINUTE
    at = Policy().retry_at(delivery(attempts), now, chance)
    assert (at is None) == (minutes >= 5 * 24 * 60)
    assert at is None or now <= at <= NOW + 5 * DAY


# ---------------------------------------------------------------- the breaker


def opened_breaker() -> Breaker:
    breaker = Breaker()
    for _ in range(breaker.policy.failures):
        assert not breaker.open
        breaker = breaker.deferred(NOW, 0.5)
    return breaker


def test_failures_in_a_row_open_it_and_an_answer_closes_it() -> None:
    breaker = opened_breaker()
    assert breaker.open and not breaker.may_probe(NOW)
    assert breaker.may_probe(NOW + 5 * MINUTE)
    assert breaker.answered() == Breaker()


def test_an_answer_between_failures_counts_from_the_beginning() -> None:
    breaker = Breaker().deferred(NOW, 0.5).deferred(NOW, 0.5).answered()
    for _ in range(breaker.policy.failures - 1):
        breaker = breaker.deferred(NOW, 0.5)
    assert not breaker.open


def test_attempts_that_were_under_way_do_not_put_the_probe_off() -> None:
    breaker = opened_breaker()
    assert breaker.deferred(NOW + MINUTE, 0.5).probe_at == breaker.probe_at


def test_one_probe_at_a_time_even_if_it_never_ends() -> None:
    later = NOW + HOUR
    probing = opened_breaker().probing(later, 0.5)
    assert not probing.may_probe(later + MINUTE)
    assert probing.may_probe(later + 5 * MINUTE)


@given(st.lists(st.floats(0, 1), min_size=400, max_size=400))
def test_400_probes_take_more_than_a_day_whatever_chance_says(chances: list[float]) -> None:
    breaker, now = opened_breaker(), NOW
    for chance in chances:
        assert breaker.probe_at is not None
        now = breaker.probe_at
        breaker = breaker.probing(now, chance).deferred(now, chance)
    assert now > NOW + DAY


# ---------------------------------------------------------------- on the real queue


class Day:
    """A dispatcher as plain as can be, on a fake clock: it leases what is due, and one sink is dead until
    `repaired`."""

    def __init__(self, spool: SqliteSpool, repaired: dt.datetime) -> None:
        self.spool, self.repaired, self.now = spool, repaired, NOW
        self.breaker, self.chance = Breaker(), random.Random(7)
        self.tried_dead, self.delivered, self.waits = 0, 0, [dt.timedelta()]

    async def tick(self) -> None:
        """What is due now."""
        if self.breaker.may_probe(self.now):
            self.breaker = self.breaker.probing(self.now, self.chance.random())
            await self.attempt(await self.spool.lease(self.now, self.now + HOUR, 1, only=DEAD))
        together = 20 if self.now < self.repaired else 500
        while leased := await self.spool.lease(
            self.now, self.now + HOUR, together, [DEAD] if self.breaker.open else []
        ):
            await self.attempt(leased)

    async def attempt(self, leased: list[Delivery]) -> None:
        steps = []
        for one in leased:
            if one.target == DEAD[1] and self.now < self.repaired:
                self.tried_dead += 1
                self.breaker = self.breaker.deferred(self.now, self.chance.random())
                at = self.breaker.policy.retry_at(one, self.now, self.chance.random())
                steps.append(self.spool.settle(one.id, ended("deferred", at), self.now))
                continue
            steps.append(self.spool.settle(one.id, ended("delivered"), self.now))
            if one.target == DEAD[1]:
                self.delivered += 1
                if self.breaker.open:
                    await self.spool.wake(self.now, DEAD)
                self.breaker = self.breaker.answered()
            else:
                self.waits.append(self.now - one.created_at)
        await asyncio.gather(*steps)

    async def put(self, target: str, number: int) -> None:
        accepted = await self.spool.accept(arrival(letter(number)), self.now)
        await self.spool.plan(accepted.letter, b"", "p", [to(target)], [], self.now)


def test_a_sink_dead_for_a_day_with_ten_thousand_letters(tmp_path: Path) -> None:
    """At most 400 attempts in 24 hours; the moment it answers, everything drains; others wait for nothing."""

    async def test() -> None:
        async with opened(tmp_path) as spool:
            day = Day(spool, NOW + DAY)
            for start in range(0, 10_000, 500):
                await asyncio.gather(*(day.put(DEAD[1], number) for number in range(start, start + 500)))
            half_hours = 0
            while day.now < day.repaired:
                await day.tick()
                due = NOW + (half_hours + 1) * HOUR / 2
                day.now = min(due, day.breaker.probe_at or due)
                if day.now == due:
                    half_hours += 1
                    await day.put(ALIVE[1], 20_000 + half_hours)
            assert 250 < day.tried_dead <= 400
            assert set(day.waits) == {dt.timedelta()}  # each was delivered the moment it came
            assert day.delivered == 0
            while not day.delivered:
                day.now += MINUTE
                await day.tick()
            assert day.now - day.repaired <= 5 * MINUTE
            assert day.delivered == 10_000
            assert await spool.counts() == {"letter.done": 10_048, "delivery.delivered": 10_048}

    asyncio.run(test())
