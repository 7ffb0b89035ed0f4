"""A power cut at any point loses no acknowledged letter and repeats no settled delivery. The long form: `python -m
tests.faults.power_cut --cuts 10000`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.power_cut import KINDS, run


def test_two_hundred_cuts(tmp_path: Path) -> None:
    result = run(200, 2026, tmp_path)
    assert result.cuts.total() == 200 and set(result.cuts) == set(KINDS)
    assert result.promises > 100
    assert (result.lost, result.repeated, result.unreadable) == ([], [], [])


@pytest.mark.parametrize("defect", ["skipped-sync", "synchronous-off", "skipped-folder-sync"])
def test_a_planted_defect_is_noticed(tmp_path: Path, defect: str) -> None:
    """Without a sync of its log, or of the names of its files, a queue acknowledges letters that a cut takes, and
    the check says so."""
    assert run(30, 2026, tmp_path, defect=defect).lost
