"""What the relay does now and then: drop the bytes of letters that are long delivered, and what was discarded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sievepy.relay.deliveries import DISCARD, Directory
from sievepy.spool.port import JOURNAL, Delivery, DeliveryState, Spool, SpoolRefused

KEEP: Mapping[str, dt.timedelta] = {"": dt.timedelta(days=14), JOURNAL: dt.timedelta(days=400)}
KEEP_RESTRICTED = dt.timedelta(days=3)
KEEP_DISCARDED = dt.timedelta(days=30)
_MOST = 100_000  # held deliveries that are looked at; the next time it is others' turn
_SETTLED = frozenset({DeliveryState.DELIVERED, DeliveryState.REPLACED})


async def tidy(spool: Spool, directory: Directory, now: dt.datetime) -> int:
    """How many letters lost their bytes, or are forgotten. Of held and dead letters only the discarded ones go."""
    restricted = {d.name: KEEP_RESTRICTED for d in directory.departments.values() if d.restricted}
    dropped = await spool.expire(now, {**KEEP, **restricted})
    for delivery in await spool.deliveries(states=(DeliveryState.HELD,), limit=_MOST):
        if delivery.channel == DISCARD and delivery.created_at <= now - KEEP_DISCARDED:
            dropped += await _forget(spool, delivery, now)
    return dropped


async def _forget(spool: Spool, discarded: Delivery, now: dt.datetime) -> bool:
    """A letter that somebody still waits for for another reason stays. A person may have been quicker than we."""
    others = [one for one in await spool.deliveries(discarded.letter) if one.id != discarded.id]
    if any(one.state not in _SETTLED for one in others):
        return False
    try:
        await spool.delete(discarded.letter, "relay", f"discarded {KEEP_DISCARDED.days} days ago", now)
    except SpoolRefused:
        return False
    return True
