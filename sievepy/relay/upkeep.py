"""What the relay does now and then: drop the bytes of letters that are long delivered, and what was discarded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sievepy.relay.deliveries import DISCARD, Directory
from sievepy.spool.port import DeliveryState, Spool

KEEP: Mapping[str, dt.timedelta] = {"": dt.timedelta(days=14), "journal": dt.timedelta(days=400)}
KEEP_RESTRICTED = dt.timedelta(days=3)
KEEP_DISCARDED = dt.timedelta(days=30)


async def tidy(spool: Spool, directory: Directory, now: dt.datetime) -> int:
    """How many letters lost their bytes, or are forgotten. Of held and dead letters only the discarded ones go."""
    restricted = {d.name: KEEP_RESTRICTED for d in directory.departments.values() if d.restricted}
    dropped = await spool.expire(now, {**KEEP, **restricted})
    for delivery in await spool.deliveries(states=(DeliveryState.HELD,), limit=100_000):
        if delivery.channel == DISCARD and delivery.created_at <= now - KEEP_DISCARDED:
            await spool.delete(delivery.letter, "relay", "discarded 30 days ago", now)
            dropped += 1
    return dropped
