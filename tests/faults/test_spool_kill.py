"""Killed at any moment, the queue has every letter it acknowledged. The long form: `python -m tests.faults.spool_kill
--kills 1000`."""

from __future__ import annotations

from pathlib import Path

from tests.faults.spool_kill import CHILD, kill_many


def test_ten_kills(tmp_path: Path) -> None:
    result = kill_many(10, tmp_path / "queue", seed=2026)
    assert result.kills == 10
    assert result.acked > 100 and result.delivered > 10
    assert (result.lost, result.repeated, result.stuck) == ([], [], [])


def test_a_planted_defect_is_noticed(tmp_path: Path) -> None:
    """A queue that acknowledges before its commit loses letters, and the check says so."""
    results = (kill_many(5, tmp_path / str(seed), seed, [*CHILD, "early"]) for seed in range(6))
    assert any(result.lost for result in results)
