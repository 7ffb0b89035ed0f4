"""Tests that ask a letter, or one attachment, for a single value: sizes, times, facts, presence.

A value that is not there is a *no* where it is known not to be there, else *unknown*.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable

from sievepy.engine.worktime import in_window, within
from sievepy.ir.conditions import (
    Atom,
    Authentication,
    Compare,
    DateIs,
    Exists,
    Fact,
    Field,
    ReceivedDay,
    ReceivedIn,
    ReceivedTime,
    Truth,
)
from sievepy.mail.attachments import Attached
from sievepy.mail.letter import Letter

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


def ask_letter(atom: Atom, letter: Letter) -> Truth:
    """The truth of one test about a letter."""
    match atom:
        case Exists(field):
            return letter.exists(field.kind, field.name)
        case Compare(field, how, value):
            number = letter.number(field.kind)
            return _missing(letter, field.kind) if number is None else _COMPARISONS[how](number, value)
        case DateIs(kind, first, last):
            day = letter.day(kind)
            return _missing(letter, kind) if day is None else first <= day <= last
        case Fact(name):
            return letter.fact(name)
        case Authentication(method, result):
            return letter.authentication(method, result)
        case ReceivedIn() | ReceivedDay() | ReceivedTime():
            moment = letter.received_at()
            return None if moment is None else _arrived(atom, moment)
    raise TypeError(f"no test of a single value: {atom!r}")


def _missing(letter: Letter, kind: str) -> Truth:
    return False if letter.exists(kind) is False else None


def _arrived(atom: ReceivedIn | ReceivedDay | ReceivedTime, moment: dt.datetime) -> bool:
    match atom:
        case ReceivedIn(hours):
            return within(hours, moment)
        case ReceivedDay(days):
            return moment.weekday() in days
        case ReceivedTime(start, end):
            return in_window(start, end, moment)


def ask_attachment(atom: Atom, attached: Attached) -> Truth:
    """The truth of one test inside an attachment block."""
    match atom:
        case Compare(_, how, value):
            return _COMPARISONS[how](attached.size, value)
        case Exists(Field("attachment-size")):
            return True
        case Exists(field):
            view = attached.view(field.kind)
            return True if any(segment.clean for segment in view.segments) else (False if view.complete else None)
    raise TypeError(f"no test of a single value of an attachment: {atom!r}")
