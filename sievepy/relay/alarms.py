"""What a person must know goes to the dispatcher as a letter, besides the log and the metrics.

An alarm is a letter in our own queue, bound for triage: it survives a crash like any other, and waits like any other
when the sink is down. It names ids, departments and a sink's last word; nothing of any letter. About one subject there
is one alarm in a while, and the next says how many were kept quiet: ten thousand dead letters are not ten thousand
more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sievepy.mail.edit import Author, notice_letter
from sievepy.mail.envelope import Envelope
from sievepy.relay.passing import ALARM
from sievepy.spool.port import Arrival, Spool


@dataclass(frozen=True, slots=True)
class Alarm:
    """`about` is what alarms are counted by; `lines` are the text."""

    about: str
    subject: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class _Told:
    at: dt.datetime
    quiet: int = 0


class Alarms:
    """`token` makes the Message-IDs; `woken` is called when an alarm is in the queue."""

    def __init__(
        self,
        spool: Spool,
        author: Author,
        pause: dt.timedelta,
        *,
        clock: Callable[[], dt.datetime],
        token: Callable[[], str],
        woken: Callable[[], None],
    ) -> None:
        self._spool, self._author, self._pause = spool, author, pause
        self._clock, self._token, self._woken = clock, token, woken
        self._told: dict[str, _Told] = {}

    async def tell(self, alarm: Alarm) -> str | None:
        """The alarm's queue id; None if it was kept quiet. Raises SpoolError."""
        now = self._clock()
        told = self._told.get(alarm.about)
        if told is not None and now < told.at + self._pause:
            told.quiet += 1
            return None
        quiet = told.quiet if told is not None else 0
        accepted = await self._spool.accept(self._arrival(alarm, quiet, now), now)
        self._told[alarm.about] = _Told(now)
        self._forget(now)
        self._woken()
        return accepted.letter

    def _arrival(self, alarm: Alarm, quiet: int, now: dt.datetime) -> Arrival:
        lines = [*alarm.lines, *([f"{quiet} more of the kind were not told of since the last alarm."] if quiet else [])]
        id = self._token()
        data = notice_letter(
            id=id, subject=f"[sievepy] {alarm.subject}", text="\n".join(lines) + "\n", at=now, author=self._author
        )
        return Arrival(
            envelope=Envelope(sender="", recipients=(), received_at=now, source="relay", folder=ALARM),
            size=len(data),
            digest=hashlib.sha256(data).digest(),
            data=data,
            message_id=f"<{id}@{self._author.domain}>",
        )

    def _forget(self, now: dt.datetime) -> None:
        for about in [a for a, told in self._told.items() if not told.quiet and now >= told.at + self._pause]:
            del self._told[about]
