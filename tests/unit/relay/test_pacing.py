"""When deliveries are tried again, and which destinations are left alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest

from sievepy.relay.pacing import Pacing, Policies, Policy
from sievepy.spool.port import Delivery, DeliveryState

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
BUH = ("email", "buh@x.kz")
MINUTE = dt.timedelta(minutes=1)


def delivery(attempts: int, created_at: dt.datetime = NOON) -> Delivery:
    return Delivery("d", "l", *BUH, None, False, (), {}, DeliveryState.LEASED, attempts, created_at, NOON)


def always(number: float) -> Callable[[], float]:
    return lambda: number


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 300), (2, 600), (3, 1200), (4, 2400), (5, 4000), (6, 4000), (10_000, 4000)]
)
def test_the_wait_doubles_to_its_ceiling(attempts: int, seconds: int) -> None:
    policies = Policies(Policy())
    assert Pacing(policies, always(1.0)).retry_at(delivery(attempts), NOON) == NOON + dt.timedelta(seconds=seconds)
    assert Pacing(policies, always(0.0)).retry_at(delivery(attempts), NOON) == NOON


def test_after_its_life_a_delivery_is_given_up() -> None:
    pacing = Pacing(Policies(Policy()), always(1.0))
    assert pacing.retry_at(delivery(9), NOON + dt.timedelta(days=5, seconds=-1)) is not None
    assert pacing.retry_at(delivery(9), NOON + dt.timedelta(days=5)) is None


def test_a_circuit_opens_after_failures_in_a_row_only() -> None:
    pacing = Pacing(Policies(Policy(failures=3)), always(1.0))
    for answered in (False, False, True, False, False):
        assert pacing.told(BUH, answered, NOON) is False
    assert pacing.open() == []
    pacing.told(BUH, False, NOON)
    assert pacing.open() == [BUH]


def test_an_open_circuit_is_probed_and_closes_at_the_first_answer() -> None:
    pacing = Pacing(Policies(Policy(failures=1, probe=5 * MINUTE)), always(0.5))
    pacing.told(BUH, False, NOON)
    assert pacing.probes(NOON + 4 * MINUTE) == []
    assert pacing.probes(NOON + 5 * MINUTE) == [BUH]
    assert pacing.probes(NOON + 5 * MINUTE) == []
    assert pacing.told(BUH, True, NOON + 6 * MINUTE) is True
    assert pacing.open() == []


def test_a_dead_destination_gets_at_most_400_probes_a_day() -> None:
    pacing = Pacing(Policies(Policy()), always(0.5))
    probes = 0
    for minute in range(24 * 60):
        now = NOON + minute * MINUTE
        for destination in pacing.probes(now) if pacing.open() else [BUH]:
            probes += 1
            pacing.told(destination, False, now)
    assert 200 < probes <= 400


def test_a_person_s_word_closes_all_circuits() -> None:
    pacing = Pacing(Policies(Policy(failures=1)), always(1.0))
    pacing.told(BUH, False, NOON)
    pacing.forget()
    assert pacing.open() == []


def test_behind_an_open_circuit_what_has_had_its_time_needs_no_attempt_and_is_no_probe() -> None:
    pacing, later = Pacing(Policies(Policy(failures=1)), always(1.0)), NOON + dt.timedelta(days=5)
    assert not pacing.hopeless(BUH, delivery(0), later)  # nobody knows that it is dead
    pacing.told(BUH, False, NOON)
    assert not pacing.hopeless(BUH, delivery(0), later - MINUTE)
    assert pacing.hopeless(BUH, delivery(0), later)
    assert pacing.probes(later) == [BUH]
    assert pacing.probes(later) == []
    pacing.spared(BUH, later)
    assert pacing.probes(later) == [BUH]
    pacing.spared(("email", "other@x.kz"), later)  # of a closed circuit there is nothing to spare
    assert pacing.open() == [BUH]


@pytest.mark.parametrize(
    ("channel", "longest"),
    [("email", 4000), ("notify", 4000), ("triage", 4000), ("maildir", 900), ("file", 900)],
)
def test_each_sink_has_its_own_policy(channel: str, longest: int) -> None:
    pacing = Pacing(Policies(email_places=frozenset({"triage"})), always(1.0))
    late = dataclasses.replace(delivery(9), channel=channel)
    assert pacing.retry_at(late, NOON) == NOON + dt.timedelta(seconds=longest)
