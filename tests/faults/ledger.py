"""What clients were told about each letter, held against what sinks got and what the queue still has.

**Lost**: acknowledged, and neither arrived with its bytes nor anywhere in the queue. **Duplicate**: an arrival beyond
the first of the same delivery; it is a *marked* one if the journal counts an attempt for it, and any other is
*unmarked*: a second delivery id of the same letter at the same target, or more arrivals than attempts.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sievepy.spool.port import Delivery, DeliveryState, JournalEntry, LetterState, Queued, What
from sievepy.spool.settings import Settings
from sievepy.spool.sqlite import SqliteSpool
from tests.endtoend.relays import Arrived

_MOST = 1_000_000
_WAITS = (LetterState.ACCEPTED, LetterState.HELD, LetterState.CORRUPT)
_STAYS = (DeliveryState.QUEUED, DeliveryState.LEASED, DeliveryState.HELD, DeliveryState.FAILED)


@dataclass
class Counts:
    """One line of a report; `lost` and `unmarked` name what went wrong."""

    sent: int = 0
    acked: int = 0
    delivered: int = 0
    queued: int = 0
    held: int = 0
    dead: int = 0
    duplicates: int = 0
    lost: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.unmarked)

    def add(self, other: Counts) -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        names = ("sent", "acked", "delivered", "queued", "held", "dead", "duplicates")
        figures = ", ".join(f"{name} {getattr(self, name)}" for name in names)
        return f"{figures}; lost {len(self.lost)}, unmarked duplicates {len(self.unmarked)}"


@dataclass(frozen=True, slots=True)
class Stored:
    """All that a queue says of itself."""

    letters: Sequence[Queued]
    deliveries: Sequence[Delivery]
    journal: Sequence[JournalEntry]

    def states(self) -> Counter[str]:
        return Counter(str(delivery.state) for delivery in self.deliveries)

    def entries(self, letter: str) -> list[str]:
        return [entry.what for entry in self.journal if entry.letter == letter]


def stored(folder: Path) -> Stored:
    """As a guest of a relay that may be running."""

    async def look() -> Stored:
        spool = await SqliteSpool.open(Settings(folder), dt.datetime.now(dt.UTC), own=False)
        try:
            letters, deliveries = await spool.letters(limit=_MOST), await spool.deliveries(limit=_MOST)
            return Stored(letters, deliveries, await spool.journal(limit=_MOST))
        finally:
            await spool.close()

    return asyncio.run(look())


def count(sent: int, acked: Mapping[str, bytes], arrived: Iterable[Arrived], queue: Stored) -> Counts:
    """`acked`: the bytes of each letter by the id it was given. The journal in `queue` must reach back to the first."""
    found = Counts(sent=sent, acked=len(acked))
    whole: set[str] = set()
    times: Counter[str] = Counter()
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in arrived:
        letter, delivery = field_of(one, "X-Sievepy-ID"), field_of(one, "X-Sievepy-Delivery-ID")
        times[delivery] += 1
        ids[field_of(one, "Message-ID") or letter, one.recipient].add(delivery)
        if letter in acked and re.sub(rb"(?m)^\.", b"", one.data).endswith(acked[letter]):
            whole.add(letter)
    kept = {letter.letter for letter in queue.letters if letter.state in _WAITS}
    kept |= {delivery.letter for delivery in queue.deliveries if delivery.state in _STAYS}
    states = queue.states()
    waiting = sum(letter.state is LetterState.ACCEPTED for letter in queue.letters)
    found.delivered, found.queued = len(times), states["queued"] + states["leased"] + waiting
    found.held, found.dead = states["held"], states["failed"]
    found.duplicates = times.total() - len(times)
    found.lost = sorted(acked.keys() - whole - kept)
    attempts = Counter(entry.delivery for entry in queue.journal if entry.what == What.ATTEMPT)
    found.unmarked = [f"delivery {id} arrived {n} times" for id, n in times.items() if n > attempts[id]]
    found.unmarked += [f"letter {one} at {target}: {many}" for (one, target), many in ids.items() if len(many) > 1]
    return found


def field_of(arrived: Arrived, name: str) -> str:
    match = re.search(rb"^%s: (\S+)" % name.encode(), arrived.data, re.MULTILINE)
    return match[1].decode() if match is not None else ""
