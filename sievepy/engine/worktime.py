"""Working time: whether a moment lies in weekly windows with days taken out and windows put in.

A window that runs past midnight belongs to the day it starts on, so a moment is looked for in the windows of its own
day and of the day before. Minutes are those of the wall clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sievepy.ir.conditions import Hours

_DAY = 24 * 60


def within(hours: Hours, moment: dt.datetime) -> bool:
    """Whether `moment`, in the zone the hours are meant in, is working time."""
    today = moment.date()
    minute = moment.hour * 60 + moment.minute
    return _open(hours, today, minute) or _open(hours, today - dt.timedelta(days=1), minute + _DAY)


def _open(hours: Hours, day: dt.date, minute: int) -> bool:
    """Whether a window that starts on `day` holds the minute, counted from that day's midnight."""
    return any(start <= minute < _end(start, end) for start, end in _windows(hours, day))


def _windows(hours: Hours, day: dt.date) -> Iterator[tuple[int, int]]:
    yield from ((start, end) for opened, start, end in hours.opened if opened == day)
    if not any(first <= day <= last for first, last in hours.closed):
        yield from ((start, end) for days, start, end in hours.weekly if day.weekday() in days)


def _end(start: int, end: int) -> int:
    return end if end > start else end + _DAY


def in_window(start: int, end: int, moment: dt.datetime) -> bool:
    """Whether the time of day lies in `start`..`end` (minutes, the end excluded), which may run past midnight."""
    minute = moment.hour * 60 + moment.minute
    return start <= minute < end if end > start else minute >= start or minute < end
