"""What an operator may set about the running service: who it is, where letters go, and how hard it tries.

Plain values. How a server is spoken to stands in the settings of the package that speaks (`sources.smtp`, `spool`,
`sinks`); here is only what joins them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sievepy.mail.trust import NO_TRUST, Trust

PLACES = ("triage", "file", "quarantine", "discard")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a letter lies that no department gets: a mail address (`email`), or a maildir below the root."""

    channel: Literal["email", "maildir"]
    target: str


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What judging one letter may take; who takes more is killed. Seconds, and bytes of address space."""

    cpu: int = 10
    wall: float = 60.0
    memory: int = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Settings:
    """`hostname`: how we call ourselves in Received. `domain`: of envelope senders, where what bounces comes back.
    `secret`: the key of trace fields and envelope senders. `recipients`: the canonical addresses letters are taken for;
    None: any at our domains. `edge`: refusing reaches the sender. `postmaster`: who our own letters are from.

    `deaths`: how many workers a letter may kill before it goes to triage unread. `each`: deliveries to one destination
    at a time; `together`: to all. `lease`: for how long a delivery is one attempt's. `alarm_pause`: between two alarms
    about one destination. `window`: for how long a client's
    retry is known."""

    hostname: str
    domain: str
    secret: bytes = field(repr=False)
    places: Mapping[str, Place]
    recipients: frozenset[str] | None = None
    postmaster: str = "postmaster@localhost"
    edge: bool = False
    zone: dt.tzinfo = dt.UTC
    trust: Trust = NO_TRUST
    workers: int = 2
    worker: WorkerLimits = WorkerLimits()
    deaths: int = 3
    each: int = 20
    together: int = 100
    lease: dt.timedelta = dt.timedelta(minutes=30)
    drain: float = 30.0
    alarm_pause: dt.timedelta = dt.timedelta(hours=1)
    window: dt.timedelta = dt.timedelta(hours=24)
    metrics: tuple[str, int] | None = ("127.0.0.1", 9925)
