"""Killed from outside at any moment, `process --apply` loses nothing and doubles nothing. The long form: `make
soak-kill`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.endtoend.kill import kill_many

PLANTED = (sys.executable, "-m", "tests.endtoend.planted")


def test_twenty_kills(tmp_path: Path) -> None:
    result = kill_many(20, tmp_path, seed=2026)
    assert result.kills.total() >= 20
    assert set(result.kills) >= {"start", "begin", "deliver", "pending", "set-aside", "done"}
    assert result.letters > 0
    assert (result.lost, result.doubled, result.stuck) == ([], [], [])


def test_a_planted_defect_is_noticed(tmp_path: Path) -> None:
    """A command that writes its intents after the steps doubles letters or cannot go on, and the check says so."""
    results = (kill_many(6, tmp_path / str(seed), seed, PLANTED) for seed in range(6))
    assert any(not result.clean for result in results)
