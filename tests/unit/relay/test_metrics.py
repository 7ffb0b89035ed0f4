"""What a Prometheus server is shown."""

from __future__ import annotations

import re

from sievepy.relay.metrics import Metrics


def series(metrics: Metrics) -> set[str]:
    """The lines of the page without comments and values."""
    lines = metrics.text().decode().splitlines()
    return {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}


def test_counters_and_histograms_are_shown_without_the_moment_of_their_creation() -> None:
    metrics = Metrics()
    metrics.accepted.labels("false").inc()
    metrics.settled.labels("delivered", "email").inc()
    metrics.judging.observe(0.002)
    text = metrics.text().decode()
    assert "_created" not in text
    assert 'sievepy_letters_accepted_total{duplicate="false"} 1.0' in text
    assert 'sievepy_judging_seconds_bucket{le="0.0025"} 1.0' in text
    assert {"sievepy_judging_seconds_count", "sievepy_judging_seconds_sum"} <= series(metrics)
    assert set(re.findall(r"^# TYPE \S+ (\w+)", text, re.MULTILINE)) == {"counter", "gauge", "histogram"}


def test_a_state_that_nothing_is_in_any_more_is_not_shown() -> None:
    metrics = Metrics()
    metrics.show_queue({"letter.accepted": 3, "delivery.queued": 2})
    metrics.show_queue({"delivery.delivered": 2})
    assert {line for line in series(metrics) if line.startswith("sievepy_queue")} == {
        'sievepy_queue{kind="delivery",state="delivered"}'
    }


def test_one_program_is_in_force() -> None:
    metrics = Metrics()
    metrics.show_program("aa")
    metrics.show_program("bb")
    assert {line for line in series(metrics) if line.startswith("sievepy_program")} == {'sievepy_program{hash="bb"}'}


def test_two_relays_in_a_process_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.alarms.labels("yes").inc()
    assert 'sievepy_alarms_total{told="yes"}' in series(one) - series(other)
