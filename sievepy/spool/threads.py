"""The thread ledger: who got the letter that a key names, for as long as the journal lives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from sievepy.spool import rows
from sievepy.spool.database import Database
from sievepy.spool.port import Thread
from sievepy.spool.rows import Damaged, microseconds


def remember(db: Database, threads: Iterable[Thread], now: dt.datetime) -> None:
    """What is known of a key stays."""
    for thread in threads:
        db.run("remember-thread", key=thread.key, departments=rows.json(thread.departments), now=microseconds(now))


def known(db: Database, keys: Sequence[bytes]) -> Mapping[bytes, tuple[str, ...]]:
    """A row that cannot be read is one that nobody knows of."""
    found: dict[bytes, tuple[str, ...]] = {}
    for row in db.all("known-threads", keys=rows.json([key.hex() for key in keys])):
        try:
            key, departments = rows.thread(row)
        except Damaged:
            continue
        found[key] = departments
    return found
