"""The door: from a letter behind its final dot to a durable row, and only then `250 2.0.0 queued as ID`.

Implements `sources.smtp.port.Intake`. It judges nothing but the session rules. What cannot be stored is answered 4xx:
the client keeps the letter; a client's retry of a letter that is stored already gets the first one's id.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sievepy.disk.fail_points import Reach, pass_by
from sievepy.mail.address import canonical
from sievepy.mail.edit import read_verp
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.plan import Defer, Reject
from sievepy.relay.passing import RETURNED, looping, message_id
from sievepy.relay.refusing import Refusing
from sievepy.relay.settings import Settings
from sievepy.sources.smtp.port import Received, Refusal, Reply, Reservation, Session
from sievepy.spool.port import Accepted, Arrival, Queued, Spool, SpoolError, SpoolFull

_NO_SUCH = Refusal(550, "5.1.1", "no such recipient here")
_FULL = Refusal(452, "4.3.1", "no room, try again later")
_NOT_NOW = Refusal(451, "4.3.0", "not stored, try again later")
_LOOP = Refusal(554, "5.4.6", "routing loop")
_CLOSED = Refusal(451, "4.3.2", "not taking letters now")


class Watch(Protocol):
    """Who counts. Must not raise and not wait."""

    def accepted(self, accepted: Accepted, received: Received) -> None: ...
    def refused(self, code: int, why: str) -> None: ...


class Judging(Protocol):
    """Who judges what is accepted. None of it waits."""

    def reserve(self) -> bool:
        """Whether a letter can be judged as soon as it is stored; then `take` must follow."""
        ...

    def take(self, letter: Queued | None) -> None:
        """The letter for which there was a reservation, claimed; None: there is none in the end."""
        ...

    def wake(self) -> None:
        """A letter is stored, for whoever comes to claim it."""
        ...


class RelayIntake:
    """`refusing` gives the session rules in force just now."""

    def __init__(
        self,
        spool: Spool,
        settings: Settings,
        refusing: Callable[[], Refusing],
        *,
        clock: Callable[[], dt.datetime],
        judging: Judging,
        watch: Watch,
        reach: Reach = pass_by,
    ) -> None:
        self._spool, self._settings, self._refusing = spool, settings, refusing
        self._clock, self._judging, self._watch, self._reach = clock, judging, watch, reach
        self.closed = False

    # ------------------------------------------------------------ before DATA

    def reserve(self, size: int) -> Reservation | Refusal:
        if self.closed or self._spool.broken is not None:
            return self._refuse(_CLOSED)
        try:
            return self._spool.reserve(size)
        except SpoolFull:
            return self._refuse(_FULL)

    async def recipient(self, session: Session, sender: str, recipient: str) -> Refusal | None:
        if self._delivery_returned(recipient) is not None:
            return None
        known = self._settings.recipients
        if known is not None and canonical(recipient) not in known:
            return self._refuse(_NO_SUCH)
        if not self._settings.edge:
            return None
        envelope = _envelope(session, sender, (recipient,), self._clock())
        said = self._refusing().at_recipient(envelope, self._clock())
        return None if said is None else self._refuse(_said(said))

    # ------------------------------------------------------------ after the final dot

    async def accept(self, received: Received) -> Reply:
        now = self._clock()
        returns = tuple(r for r in received.recipients if self._delivery_returned(r) is not None)
        others = tuple(r for r in received.recipients if r not in returns)
        with _Opened(received.data) as message:
            if others and self._settings.edge and (refusal := self._refusal(message, received, others, now)):
                return self._refuse(refusal)
            envelopes = [_envelope(received.session, received.sender, others, now)] if others else []
            envelopes += [_envelope(received.session, received.sender, (r,), now, RETURNED) for r in returns]
            named = message_id(message)
            arrivals = _arrivals(received, envelopes, named, self._settings.window)
        return await self._store(arrivals, received, now)

    def _refusal(
        self, message: Message, received: Received, recipients: tuple[str, ...], now: dt.datetime
    ) -> Refusal | None:
        if looping(message, self._settings.secret) is not None:
            return _LOOP
        envelope = _envelope(received.session, received.sender, recipients, now)
        said = self._refusing().at_end(lambda: message, envelope, now)
        return None if said is None else _said(said)

    async def _store(self, arrivals: list[Arrival], received: Received, now: dt.datetime) -> Reply:
        """T1. A part of a letter that was stored when another part fails is merged into the client's retry."""
        try:
            accepted = [await self._accept(arrival, now) for arrival in arrivals]
        except SpoolFull:
            return self._refuse(_FULL)
        except SpoolError:
            return self._refuse(_NOT_NOW)
        for one in accepted:
            self._watch.accepted(one, received)
        self._reach("before-250")
        return Reply(250, "2.0.0", f"queued as {accepted[0].letter}")

    async def _accept(self, arrival: Arrival, now: dt.datetime) -> Accepted:
        """Claimed in the same transaction, if the judge has room; else he comes for it."""
        claim, letter = self._judging.reserve(), None
        try:
            accepted = await self._spool.accept(arrival, now, claim=claim)
            letter = accepted.claimed
        finally:
            if claim:
                self._judging.take(letter)
        if not claim:
            self._judging.wake()
        return accepted

    def _refuse(self, refusal: Refusal) -> Refusal:
        self._watch.refused(refusal.code, refusal.status)
        return refusal

    def _delivery_returned(self, recipient: str) -> str | None:
        """The delivery that this address is the envelope sender of."""
        domain = recipient.rpartition("@")[2].lower()
        return read_verp(recipient, self._settings.secret) if domain == self._settings.domain else None


class _Opened:
    """A received letter as a Message, for as long as the context lasts; one in a file is mapped, not loaded."""

    def __init__(self, data: bytes | Path) -> None:
        self._data = data
        self._map: mmap.mmap | None = None

    def __enter__(self) -> Message:
        if isinstance(self._data, bytes):
            return Message(self._data)
        with self._data.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return Message(self._map)

    def __exit__(self, *_: object) -> None:
        """The map goes when the last view of it does: closing it under a view is an error."""
        self._map = None


def _arrivals(received: Received, envelopes: list[Envelope], named: str | None, window: dt.timedelta) -> list[Arrival]:
    """A letter for each envelope. A file is taken over by one letter; where there are several, each gets the
    bytes."""
    found = []
    for envelope in envelopes:
        file = received.data if isinstance(received.data, Path) else None
        copied = file is not None and len(envelopes) > 1
        data = file.read_bytes() if file is not None and copied else received.data
        found.append(
            Arrival(
                envelope=envelope,
                size=received.size,
                digest=received.digest,
                data=data if isinstance(data, bytes) else None,
                file=None if copied else file,
                identity=identity(envelope, received.digest) if named is not None else None,
                window=window,
                message_id=named,
            )
        )
    return found


def identity(envelope: Envelope, digest: bytes) -> bytes:
    """What makes a client's retry the letter it already gave: same sender, same recipients, same bytes."""
    recipients = sorted({canonical(recipient) for recipient in envelope.recipients or ()})
    parts = [canonical(envelope.sender or ""), envelope.folder or "", *recipients]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass") + b"\0" + digest).digest()


def _envelope(
    session: Session, sender: str, recipients: tuple[str, ...], now: dt.datetime, folder: str | None = None
) -> Envelope:
    return Envelope(
        sender=sender,
        recipients=recipients,
        client_ip=session.client,
        helo=session.helo,
        received_at=now,
        source="relay",
        folder=folder,
        protocol=session.protocol,
    )


def _said(action: Reject | Defer) -> Refusal:
    """RFC 5321 4.2: the text of a rule as one line of visible ASCII; other letters cannot be said in a reply."""
    text = "".join(char if " " <= char <= "~" else "?" for char in action.text)[:400]
    if isinstance(action, Reject):
        return Refusal(550, "5.7.1", text or "refused")
    return Refusal(451, "4.7.1", text or "try again later")
