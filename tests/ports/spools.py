"""What the tests of the queue share: letters at the door, a fixed clock, and how a queue is opened for a test."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from sievepy.mail.envelope import Envelope
from sievepy.spool.port import Arrival, Delivery, NewDelivery, Outcome, Settlement
from sievepy.spool.settings import Settings
from sievepy.spool.sqlite import SqliteSpool

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
ENVELOPE = Envelope("kunde@example.org", ("buh@x-com.kz", "бух@x-com.kz"), "192.0.2.1", "mail", NOW, "relay")


def settings(folder: Path) -> Settings:
    return Settings(folder, ballast=64 * 1024, slack=64 * 1024)


@contextlib.asynccontextmanager
async def opened(folder: Path, now: dt.datetime = NOW, **options: Any) -> AsyncIterator[SqliteSpool]:
    spool = await SqliteSpool.open(settings(folder), now, **options)
    try:
        yield spool
    finally:
        await spool.close()


def letter(number: int = 0, size: int = 200) -> bytes:
    """A letter of its own; bytes of every value are in it."""
    head = b"Message-ID: <%d@example.org>\r\nSubject: %d\r\n\r\n" % (number, number)
    return (head + bytes(range(256)) * (size // 256 + 1))[:size]


def arrival(data: bytes, *, identity: bytes | None = None, window: dt.timedelta | None = DAY, **more: Any) -> Arrival:
    digest = hashlib.sha256(data).digest()
    key = None if identity is None else hashlib.sha256(identity).digest()
    return Arrival(ENVELOPE, len(data), digest, data, identity=key, window=window, **more)


def incoming(spool: SqliteSpool, data: bytes, name: str = "1", identity: bytes | None = None) -> Arrival:
    """A letter that was received into a file."""
    path = spool.incoming / name
    path.write_bytes(data)
    key = None if identity is None else hashlib.sha256(identity).digest()
    return Arrival(ENVELOPE, len(data), hashlib.sha256(data).digest(), file=path, identity=key, window=DAY)


def to(target: str, channel: str = "email", **more: Any) -> NewDelivery:
    return NewDelivery(channel, target, **more)


def ended(outcome: str, retry_at: dt.datetime | None = None) -> Settlement:
    return Settlement(Outcome(outcome), f"{outcome}, said the sink", retry_at)


async def planned(
    spool: SqliteSpool, *deliveries: NewDelivery, data: bytes | None = None, now: dt.datetime = NOW
) -> tuple[str, tuple[str, ...]]:
    """A letter on its way: its id, and its deliveries'."""
    accepted = await spool.accept(arrival(data or letter()), now)
    return accepted.letter, await spool.plan(accepted.letter, b"plan", "program", deliveries, [], now)


async def leased(spool: SqliteSpool, now: dt.datetime = NOW, limit: int = 100) -> dict[str, Delivery]:
    """Everything that is due, by target."""
    return {one.target: one for one in await spool.lease(now, now + HOUR, limit)}


async def states(spool: SqliteSpool, letter: str) -> dict[str, str]:
    return {one.target: str(one.state) for one in await spool.deliveries(letter)}


async def story(spool: SqliteSpool, letter: str) -> list[str]:
    return [entry.what for entry in await spool.journal(letter)]


Opener = Callable[[Path], contextlib.AbstractAsyncContextManager[SqliteSpool]]
