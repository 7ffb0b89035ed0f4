"""The queue as a few dictionaries: what the port means, without disk, threads or SQL. It takes ids as given."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PENDING = {"queued", "leased"}


@dataclass
class Delivery:
    place: tuple[str, str]
    state: str
    next_at: dt.datetime
    attempts: int = 0
    fallback_of: str | None = None


@dataclass
class Letter:
    data: bytes
    accepted_at: dt.datetime
    planned: bool = False
    claimed: bool = False
    attempts: int = 0
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    @property
    def state(self) -> str:
        states = {one.state for one in self.deliveries.values()}
        if not self.planned:
            return "accepted"
        if states & PENDING:
            return "planned"
        return "held" if "held" in states else "done"


class Refused(Exception):
    pass


class Model:
    def __init__(self) -> None:
        self.letters: dict[str, Letter] = {}
        self.identities: dict[bytes, str] = {}
        self.threads: dict[bytes, tuple[str, ...]] = {}

    # ------------------------------------------------------------ letters

    def known(self, identity: bytes | None, window: dt.timedelta, now: dt.datetime) -> str | None:
        first = self.identities.get(identity) if identity else None
        return first if first and self.letters[first].accepted_at >= now - window else None

    def accept(self, id: str, data: bytes, identity: bytes | None, now: dt.datetime, claim: bool = False) -> None:
        self.letters[id] = Letter(data, now, claimed=claim, attempts=int(claim))
        if identity:
            self.identities[identity] = id

    def claim(self, limit: int) -> list[str]:
        waiting = [id for id, one in self.letters.items() if not one.planned and not one.claimed][:limit]
        for id in waiting:
            self.letters[id].claimed = True
            self.letters[id].attempts += 1
        return waiting

    def unclaim(self, id: str) -> None:
        letter = self.letters[id]
        if letter.planned or not letter.claimed:
            raise Refused
        letter.claimed = False

    def plan(
        self,
        id: str,
        ids: Sequence[str],
        deliveries: Iterable[tuple[str, bool, int | None]],
        threads: Iterable[tuple[bytes, tuple[str, ...]]],
        now: dt.datetime,
    ) -> None:
        """`deliveries`: target, held, fallback; to different targets."""
        letter = self.letters[id]
        if letter.planned:
            raise Refused
        letter.planned, letter.claimed = True, False
        for key, departments in threads:
            self.threads.setdefault(key, departments)
        for new, (target, held, fallback) in zip(ids, deliveries, strict=True):
            waits = held or fallback is not None
            primary = None if fallback is None else ids[fallback]
            state = "held" if waits else "queued"
            letter.deliveries[new] = Delivery(("email", target), state, now, fallback_of=primary)

    def delete(self, id: str) -> None:
        if any(one.state == "leased" for one in self.letters[id].deliveries.values()):
            raise Refused
        del self.letters[id]
        self.identities = {key: first for key, first in self.identities.items() if first != id}

    def release(self, id: str, now: dt.datetime) -> None:
        letter = self.letters[id]
        raise_unless(letter.state in ("held", "planned"))
        unsettled = {key for key, one in letter.deliveries.items() if one.state in PENDING | {"held"}}
        for one in letter.deliveries.values():
            if one.state == "held" and one.fallback_of not in unsettled:
                self._anew(one, now)

    # ------------------------------------------------------------ deliveries

    def find(self, delivery: str) -> tuple[Letter, Delivery]:
        letter = next(one for one in self.letters.values() if delivery in one.deliveries)
        return letter, letter.deliveries[delivery]

    def due(self, now: dt.datetime, skip: Sequence[tuple[str, str]]) -> set[str]:
        return {
            id
            for letter in self.letters.values()
            for id, one in letter.deliveries.items()
            if one.state in PENDING and one.next_at <= now and one.place not in skip
        }

    def leased(self, delivery: str, until: dt.datetime) -> None:
        _, one = self.find(delivery)
        one.state, one.next_at, one.attempts = "leased", until, one.attempts + 1

    def settle(self, delivery: str, outcome: str, retry_at: dt.datetime) -> None:
        letter, one = self.find(delivery)
        raise_unless(one.state == "leased")
        match outcome:
            case "delivered":
                one.state = "delivered"
                self._dispense(letter, delivery)
            case "deferred":
                one.state, one.next_at = "queued", retry_at
            case "failed":
                one.state = "failed"
                self._fall_back(letter, delivery, retry_at)
            case "held":
                one.state = "held"

    def _waiting(self, letter: Letter, primary: str) -> list[str]:
        return [id for id, one in letter.deliveries.items() if one.fallback_of == primary and one.state == "held"]

    def _dispense(self, letter: Letter, primary: str) -> None:
        for id in self._waiting(letter, primary):
            letter.deliveries[id].state = "replaced"
            self._dispense(letter, id)

    def _fall_back(self, letter: Letter, primary: str, now: dt.datetime) -> None:
        for id in self._waiting(letter, primary):
            self._anew(letter.deliveries[id], now)
            letter.deliveries[primary].state = "replaced"

    def _anew(self, one: Delivery, now: dt.datetime) -> None:
        one.state, one.next_at, one.attempts = "queued", now, 0

    def change(self, delivery: str, state: str, now: dt.datetime) -> None:
        letter, one = self.find(delivery)
        raise_unless(one.state in ("queued", "held", "failed"))
        if state == "queued":
            self._anew(one, now)
        else:
            one.state = state
        if state == "failed":
            self._fall_back(letter, delivery, now)

    def wake(self, place: tuple[str, str], now: dt.datetime) -> int:
        ones = [one for letter in self.letters.values() for one in letter.deliveries.values()]
        asleep = [one for one in ones if one.state == "queued" and one.place == place and one.next_at > now]
        for one in asleep:
            one.next_at = now
        return len(asleep)

    def recover(self, now: dt.datetime) -> int:
        count = 0
        for letter in self.letters.values():
            letter.claimed = False
            for one in letter.deliveries.values():
                if one.state == "leased":
                    one.state, one.next_at, count = "queued", now, count + 1
        return count

    # ------------------------------------------------------------ as a whole

    def counts(self) -> dict[str, int]:
        letters = Counter(f"letter.{one.state}" for one in self.letters.values())
        deliveries = (one for letter in self.letters.values() for one in letter.deliveries.values())
        return dict(letters + Counter(f"delivery.{one.state}" for one in deliveries))


def raise_unless(allowed: bool) -> None:
    if not allowed:
        raise Refused
