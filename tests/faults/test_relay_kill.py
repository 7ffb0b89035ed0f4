"""Killed at any moment and at each fail point, the relay loses no letter it acknowledged and doubles none unmarked. The
long form: `make soak-kill`.

A skipped fsync cannot be seen by a kill, which leaves the system's memory as it is: the test that a power cut shows it
is `test_power_cut.py::test_a_planted_defect_is_noticed`.
"""

from __future__ import annotations

from pathlib import Path

from sievepy.disk.fail_points import FAIL_POINTS
from tests.faults.relay_kill import RANDOM, Fate, kill_many
from tests.faults.relay_kill_child import HAPPENINGS, WORKER


def test_fifty_kills(tmp_path: Path) -> None:
    result = kill_many(50, tmp_path, seed=2026)
    print(result)
    assert result.kills.total() == 50
    assert set(result.kills) == {f"{point} {what}" for point in FAIL_POINTS for what in HAPPENINGS} | {WORKER, RANDOM}
    assert result.counts.sent == result.counts.acked > 100
    assert (result.counts.queued, result.counts.held, result.counts.dead) == (0, 0, 0)
    assert result.unknown > 0
    assert result.faults == []


def test_a_250_before_the_commit_is_noticed(tmp_path: Path) -> None:
    result = kill_many(4, tmp_path, 2026, defect="early-250", only=[Fate("db.commit", "sleep", n) for n in (4, 6, 8)])
    assert result.counts.lost


def test_a_delivery_marked_done_before_the_sink_s_reply_is_noticed(tmp_path: Path) -> None:
    result = kill_many(3, tmp_path, 2026, defect="hasty-sink", only=[Fate("sink.sent")])
    assert result.missing


def test_a_client_s_retry_that_becomes_a_second_letter_is_noticed(tmp_path: Path) -> None:
    result = kill_many(1, tmp_path, 2026, defect="forgets-clients", only=[Fate("before-250")])
    assert result.counts.unmarked
