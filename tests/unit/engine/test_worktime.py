"""Working time, windows past midnight, days out and in."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.engine.worktime import in_window, within
from sievepy.ir.conditions import Hours

OFFICE = Hours(
    "office",
    weekly=((frozenset(range(5)), 540, 1080),),
    closed=((dt.date(2026, 12, 16), dt.date(2026, 12, 17)),),
    opened=((dt.date(2026, 12, 19), 540, 1080), (dt.date(2026, 12, 17), 600, 660)),
)
NIGHT = Hours("night", weekly=((frozenset({4}), 22 * 60, 6 * 60),))


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        (OFFICE, "2026-12-15 09:00", True),
        (OFFICE, "2026-12-15 08:59", False),
        (OFFICE, "2026-12-15 17:59", True),
        (OFFICE, "2026-12-15 18:00", False),
        (OFFICE, "2026-12-16 12:00", False),
        (OFFICE, "2026-12-17 10:30", True),
        (OFFICE, "2026-12-17 12:00", False),
        (OFFICE, "2026-12-19 10:00", True),
        (OFFICE, "2026-12-20 10:00", False),
        (NIGHT, "2026-12-18 23:00", True),
        (NIGHT, "2026-12-19 05:59", True),
        (NIGHT, "2026-12-19 06:00", False),
        (NIGHT, "2026-12-18 05:00", False),
        (NIGHT, "2026-12-19 23:00", False),
    ],
)
def test_a_moment_lies_in_working_time_or_not(hours: Hours, moment: str, expected: bool) -> None:
    assert within(hours, dt.datetime.fromisoformat(moment)) is expected


@pytest.mark.parametrize(
    ("start", "end", "time", "expected"),
    [
        (540, 1080, "09:00", True),
        (540, 1080, "18:00", False),
        (1080, 540, "08:59", True),
        (1080, 540, "09:00", False),
        (1080, 540, "18:00", True),
        (600, 600, "03:00", True),
    ],
)
def test_a_window_of_the_day_may_run_past_midnight(start: int, end: int, time: str, expected: bool) -> None:
    assert in_window(start, end, dt.datetime.fromisoformat(f"2026-01-15 {time}")) is expected
