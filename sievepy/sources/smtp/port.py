"""What the SMTP server asks of whoever takes its letters, and the values they exchange.

The server knows the protocol and who may send here; it judges no letter. Everything else, unknown recipients, session
rules, room on the disk and the durable commit, is asked through `Intake`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of a client. A new value is made whenever that changes.

    `client`: its IP address as text; behind a configured proxy, the address that the proxy names. `name`: its host name
    where a configured peer told it (XCLIENT), else None. `helo`: as said, None before HELO. `tls`: protocol version and
    cipher, None in plain text. `user`: the submission user, None without AUTH. `trusted`: it comes from a network whose
    bare newlines are normalised.
    """

    client: str
    helo: str | None = None
    extended: bool = False
    tls: str | None = None
    user: str | None = None
    name: str | None = None
    trusted: bool = False

    @property
    def protocol(self) -> str:
        """The `with` of a Received header (RFC 3848)."""
        if not self.extended:
            return "SMTP"
        return "ESMTP" + ("S" if self.tls else "") + ("A" if self.user else "")


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply: `250 2.0.0 queued as ID`. `status` is the enhanced code (RFC 3463)."""

    code: int
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Refusal(Reply):
    """A reply of the 4xx or 5xx kind."""


@dataclass(frozen=True, slots=True)
class Received:
    """One letter behind its final dot. `sender` is `""` for the null sender `<>`; both kinds of address are as written,
    without angle brackets. `data`: the bytes with CRLF line ends, dot-unstuffed; a larger letter is a synced file in
    the incoming folder, to be renamed away by the one who takes it; what is left of it afterwards the server deletes.
    `digest`: SHA-256 of the bytes."""

    session: Session
    sender: str
    recipients: tuple[str, ...]
    data: bytes | Path
    size: int
    digest: bytes


class Reservation(Protocol):
    """Room for one letter that is still to come."""

    def release(self) -> None:
        """Give it back. Done twice it is done once."""


class Intake(Protocol):
    """Whoever takes the letters. Whatever it raises is answered 451: nothing of an exception reaches the client."""

    def reserve(self, size: int) -> Reservation | Refusal:
        """Room for a letter of `size` bytes (as declared, or the most that is allowed), kept until the letter has been
        accepted or given up. Asked at MAIL."""

    async def recipient(self, session: Session, sender: str, recipient: str) -> Refusal | None:
        """Asked at RCPT, of addresses at our own domains only: does it exist, and do the session rules let it in?"""

    async def accept(self, received: Received) -> Reply:
        """Take the letter. A 2xx is answered only when it is durable. Runs to its end even if the client hangs up."""


class Event(enum.StrEnum):
    """What is counted. A letter's fate is the intake's to count; here is what happened to clients."""

    CONNECTED = "connected"
    TOO_MANY_CONNECTIONS = "too-many-connections"
    REFUSED_CLIENT = "refused-client"
    EARLY_TALK = "early-talk"
    BARE_NEWLINE = "bare-newline"
    NORMALIZED = "normalized"
    NUL = "nul"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    TOO_LONG_SESSION = "too-long-session"
    TOO_MANY_ERRORS = "too-many-errors"
    TOO_MUCH_JUNK = "too-much-junk"
    RELAY_DENIED = "relay-denied"
    AUTH_FAILED = "auth-failed"
    TLS_FAILED = "tls-failed"
    INTERNAL_ERROR = "internal-error"
    HUNG_UP = "hung-up"


class Watch(Protocol):
    """Who counts and logs. Must not raise and not wait."""

    def event(self, event: Event, session: Session) -> None: ...

    def failure(self, error: Exception, session: Session) -> None:
        """An internal error, which the client knows as 451 only."""
