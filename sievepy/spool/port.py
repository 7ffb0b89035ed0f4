"""What the relay asks of a durable queue. SQLite is the embedded adapter and the test double; others pass the same
tests.

A letter's life in it: `accept` (T1: bytes and envelope, durable before it returns) -> `claim_judgement` (an attempt
is counted before the work) -> `plan` (T2: the plan, its deliveries and the journal in one transaction) -> `lease`
-> `settle`, once for each delivery. Every step is one transaction and one journal row, and nothing a step answers
is true before it is durable. Who goes on with a letter at once takes two of these steps as one: it is claimed with its
arrival (`accept(claim=True)`), and its deliveries are leased with their plan (`plan_and_lease`).

Times are aware UTC datetimes given by the caller; ids are short, unique for the queue's life and safe to copy. The
port is synchronous in meaning and asynchronous in form: each coroutine returns when its transaction is on the disk,
and a caller that is cancelled while it waits cancels nothing but its waiting.

What the queue itself writes into the journal is named in `What`; callers add words of their own by `plan` and
`note`.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sievepy.mail.envelope import Envelope


class SpoolError(Exception):
    """The queue could not do what was asked, and did not do part of it. The letter is the caller's still."""


class SpoolFull(SpoolError):
    """No room (ENOSPC): nothing is accepted until there is, and what is in the queue goes on draining."""


class SpoolBroken(SpoolError):
    """The disk failed (EIO, a failed fsync, a corrupt page): nothing may be accepted any more in this process."""


class SpoolRefused(SpoolError):
    """What was asked contradicts what the queue knows: an unknown id, a second plan, a delivery settled twice."""


# ---------------------------------------------------------------- letters


@dataclass(frozen=True, slots=True)
class Arrival:
    """A letter at the door. Exactly one of `data` (bytes) and `file` (a synced file in the spool's own incoming
    folder, taken over by the queue) holds it, with CRLF line ends. `identity` is the SHA-256 that makes two
    arrivals one letter; None: each is a letter of its own. `window`: for how long an equal identity counts; None:
    for the journal's life."""

    envelope: Envelope
    size: int
    digest: bytes
    data: bytes | None = None
    file: Path | None = None
    identity: bytes | None = None
    window: dt.timedelta | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """`duplicate`: the identity was known, `letter` is the first one's id, and nothing new was stored. `claimed`: the
    new letter, if it was to be claimed with its arrival."""

    letter: str
    duplicate: bool = False
    claimed: Queued | None = None


class LetterState(enum.StrEnum):
    ACCEPTED = "accepted"  # not judged yet
    PLANNED = "planned"  # some delivery is not settled
    DONE = "done"  # every delivery is settled
    HELD = "held"  # waits for a person
    CORRUPT = "corrupt"  # its row or file cannot be read


@dataclass(frozen=True, slots=True)
class Queued:
    """A letter as the queue knows it. `attempts`: how often judging was begun."""

    letter: str
    state: LetterState
    envelope: Envelope
    size: int
    message_id: str | None
    accepted_at: dt.datetime
    attempts: int
    program: str | None = None


# ---------------------------------------------------------------- deliveries


class DeliveryState(enum.StrEnum):
    QUEUED = "queued"
    LEASED = "leased"
    DELIVERED = "delivered"
    FAILED = "failed"  # a dead letter
    HELD = "held"
    REPLACED = "replaced"  # redirected, or its fallback took over


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be made: one channel (a word without spaces) and canonical target. `channel` is `email`,
    `maildir`, `imap`, `bitrix`, or a place (`triage`, `file`, `quarantine`, `forward`, `copy` …); how it is reached
    is looked up when it is leased. `reference`: carries no byte of the letter. `fallback_of`: stays `held` until
    the delivery with this index fails. `wait`: it is not due before so much time has passed."""

    channel: str
    target: str
    department: str | None = None
    reference: bool = False
    held: bool = False
    rules: tuple[str, ...] = ()
    fallback_of: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    wait: dt.timedelta = dt.timedelta()

    @property
    def is_due(self) -> bool:
        """As soon as it is planned."""
        return not self.held and self.fallback_of is None and not self.wait


@dataclass(frozen=True, slots=True)
class Delivery:
    """A leased (or listed) delivery. `attempts` counts this one already; `created_at` is when its time to live
    began: when it was planned, or released or retried by a person, or took over. `next_at` of a leased one is its
    lease's end. `may_have_arrived`: an attempt before this one ended without anybody knowing how."""

    id: str
    letter: str
    channel: str
    target: str
    department: str | None
    reference: bool
    rules: tuple[str, ...]
    options: Mapping[str, str]
    state: DeliveryState
    attempts: int
    created_at: dt.datetime
    next_at: dt.datetime
    last_reply: str | None = None
    may_have_arrived: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """What of a plan may be leased with it: `limit` deliveries at most, until `until`, of no `(channel, target)` in
    `skip`."""

    until: dt.datetime
    limit: int
    skip: Collection[tuple[str, str]] = ()


class Outcome(enum.StrEnum):
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended. `reply` is the sink's last word (for the journal, never a letter's text); `retry_at` of a
    deferred one; `may_have_arrived`: the sink may have the letter all the same."""

    outcome: Outcome
    reply: str
    retry_at: dt.datetime | None = None
    may_have_arrived: bool = False


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """Who (a rule, a person, the relay) did what, when and why. Never holds a subject, a body or a file name."""

    at: dt.datetime
    what: str
    who: str
    letter: str | None = None
    delivery: str | None = None
    why: str | None = None
    program: str | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """Who was given the letter that `key` names: departments and persons, at least one. A key is some bytes that tell
    nothing of the letter, such as a hash of its Message-ID."""

    key: bytes
    departments: tuple[str, ...]


class What(enum.StrEnum):
    """The words of the queue's own journal entries."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate-intake"
    JUDGING = "judging"  # an attempt was counted
    UNCLAIMED = "unclaimed"  # judging did not come to its end
    PLANNED = "planned"
    ATTEMPT = "attempt"  # a delivery was leased
    REDELIVERY = "redelivery"  # that attempt may be the second to arrive
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    FAILED = "failed"
    HELD = "held"
    TOOK_OVER = "took-over"  # a fallback, after its delivery failed
    NOT_NEEDED = "not-needed"  # a fallback, after its delivery was made
    RELEASED = "released"
    RETRIED = "retried"
    GIVEN_UP = "given-up"
    WOKEN = "woken"  # back-off cut short
    RETURNED = "returned"  # came back after it was delivered
    REDIRECTED = "redirected"
    RECOVERED = "recovered"  # the lease of a process that died
    RESTORED = "restored"  # held, because the queue came out of a backup
    DELETED = "deleted"
    EXPIRED = "expired"
    CORRUPT = "corrupt"


JOURNAL = "the journal"
"""The journal's key in `Spool.expire`; no department and no channel has a name with a space."""


class Reservation(Protocol):
    """Room on the disk that is kept for a session, until it is released or its letter is stored."""

    def release(self) -> None: ...


class Spool(Protocol):
    """The port. Every coroutine may raise SpoolError; then nothing of the step has happened."""

    @property
    def broken(self) -> SpoolBroken | None:
        """Why nothing may be accepted any more in this process, once it is so."""
        ...

    def reserve(self, size: int) -> Reservation:
        """Keep room for a letter of this many bytes before its DATA is read. Raises SpoolFull. Never waits."""
        ...

    # ---- intake and judging
    async def accept(self, arrival: Arrival, now: dt.datetime, *, claim: bool = False) -> Accepted:
        """T1. `claim`: with its arrival the letter is claimed for judgement, as by `claim_judgement`, and is in the
        answer. One whose caller is cancelled before it heard of it is unclaimed again."""
        ...

    async def claim_judgement(self, now: dt.datetime, limit: int) -> Sequence[Queued]:
        """Letters without a plan, oldest first; the attempt is counted and durable before they are returned. A
        claimed letter is not returned again before `unclaim` or, in another process, `recover`."""
        ...

    async def unclaim(self, letter: str, why: str, now: dt.datetime) -> None:
        """Judging did not come to its end (a worker died): the letter may be claimed again."""
        ...

    async def content(self, letter: str) -> bytes | Path:
        """As `read`, but of a letter that lies in a file beside the queue the file's path, verified and not loaded."""
        ...

    async def read(self, letter: str) -> bytes:
        """The bytes as received. Raises SpoolError for a letter whose bytes are gone or do not match their digest."""
        ...

    async def plan(
        self,
        letter: str,
        plan: bytes,
        program: str,
        deliveries: Sequence[NewDelivery],
        entries: Sequence[JournalEntry],
        now: dt.datetime,
        threads: Sequence[Thread] = (),
    ) -> tuple[str, ...]:
        """Store the plan once; a second plan for the same letter is refused. Returns the deliveries' ids, in order;
        those with the same channel and target as one before are merged into it. `threads` are remembered with the plan,
        for the journal's life and whatever becomes of the letter; what is known of a key already stays."""
        ...

    async def plan_and_lease(
        self,
        letter: str,
        plan: bytes,
        program: str,
        deliveries: Sequence[NewDelivery],
        entries: Sequence[JournalEntry],
        now: dt.datetime,
        lease: Lease,
        threads: Sequence[Thread] = (),
    ) -> Sequence[Delivery]:
        """As `plan`, and in the same transaction, as by `lease`, a lease of those deliveries that are due at once and
        that `lease` allows: these it returns, in order. All others are due as they would be anyway."""
        ...

    async def threads(self, keys: Sequence[bytes]) -> Mapping[bytes, tuple[str, ...]]:
        """Who was given the letters that these keys name. Keys that nobody remembered are not in the answer."""
        ...

    async def plan_of(self, letter: str) -> bytes | None: ...

    # ---- delivering
    async def lease(
        self,
        now: dt.datetime,
        until: dt.datetime,
        limit: int,
        skip: Sequence[tuple[str, str]] = (),
        only: tuple[str, str] | None = None,
    ) -> Sequence[Delivery]:
        """Due deliveries, whose `(channel, target)` is not in `skip` (and is `only`, where that is given: a probe);
        an attempt is counted before the work. A lease that nobody settled by `until` is due again."""
        ...

    async def gather(
        self, delivery: str, option: str, now: dt.datetime, until: dt.datetime, limit: int
    ) -> Sequence[Delivery]:
        """Lease with a leased delivery the others that are queued for its channel, target and department and have this
        option, due or not, oldest first: what is to go in one piece with it."""
        ...

    async def settle_all(self, settlements: Mapping[str, Settlement], now: dt.datetime) -> None:
        """As `settle`, for several deliveries by their ids: all of them, or none."""
        ...

    async def settle(self, delivery: str, settlement: Settlement, now: dt.datetime) -> None:
        """Refused for a delivery that is not leased: what is finished is never finished twice. A failed one whose
        fallback takes over is `replaced`; a fallback that is not needed any more, too."""
        ...

    async def wake(self, now: dt.datetime, destination: tuple[str, str] | None = None) -> int:
        """Cut back-off short: what waits for this `(channel, target)`, or for any, is due now. How many there were."""
        ...

    async def returned(self, delivery: str, why: str, now: dt.datetime) -> Delivery:
        """What was delivered has come back (a bounce to its envelope sender): it is `failed`. The delivery, as it
        is now."""
        ...

    async def recover(self, now: dt.datetime) -> int:
        """At start: leases of a process that died are due again, and its claims are void. How many leases there
        were."""
        ...

    # ---- people
    async def find(self, key: str) -> Sequence[Queued]:
        """Letters by their id, the id of one of their deliveries, or their Message-ID."""
        ...

    async def letters(self, states: Sequence[LetterState] = (), limit: int = 1000) -> Sequence[Queued]: ...
    async def deliveries(
        self, letter: str | None = None, states: Sequence[DeliveryState] = (), limit: int = 1000
    ) -> Sequence[Delivery]: ...
    async def change(self, delivery: str, state: DeliveryState, who: str, why: str, now: dt.datetime) -> None:
        """Hold, release, retry (`queued`), give up: what a person may do; refused for a delivery that is delivered,
        and for one that is being delivered just now."""
        ...

    async def release(self, letter: str, who: str, why: str, now: dt.datetime) -> None:
        """A held letter goes on: it is judged, if it has no plan; else its held deliveries are queued."""
        ...

    async def redirect(self, source: str, target: str, who: str, now: dt.datetime) -> int:
        """What is queued, held or dead for one target goes to another, as new deliveries. How many there were."""
        ...

    async def delete(self, letter: str, who: str, why: str, now: dt.datetime) -> None:
        """Forget a letter and its deliveries; its journal stays. Refused while one of them is being delivered."""
        ...

    async def journal(self, letter: str | None = None, limit: int = 10_000) -> Sequence[JournalEntry]:
        """The newest `limit` entries (of a letter), oldest first."""
        ...

    async def note(self, entry: JournalEntry) -> None: ...
    async def counts(self) -> Mapping[str, int]:
        """Letters and deliveries by state: `letter.accepted`, `delivery.queued` …, for metrics and tests."""
        ...

    async def expire(self, now: dt.datetime, keep: Mapping[str, dt.timedelta]) -> int:
        """Drop the bytes of letters settled longer ago than `keep` says; never of held or dead ones. Its keys are
        names of departments and channels, `""` for letters that none of them fits, and JOURNAL; the shortest that
        fits counts. How many letters lost their bytes."""
        ...

    async def backup(self, folder: Path) -> None:
        """Write a copy of the queue, as of one moment, into a new folder while work goes on. Whoever opens the copy
        finds everything held."""
        ...
