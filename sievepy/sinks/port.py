"""What the relay asks of a sink: take one letter for one target, and say how it went.

A sink never raises for what a peer says or does, and never decides when to try again. What it does not understand is
temporary: a letter is given up only where somebody said so in words that have that meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sievepy.sinks.letter_file import LetterFile

Outcome = Literal["delivered", "deferred", "failed", "unsupported"]

RETURN_PATH = "return-path"
"""The option with the author's envelope sender (`""`: the null one), for sinks that make the final delivery."""
ATTEMPT = "attempt"
"""The option with the number of this attempt, from 1."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One letter for one target. `delivery` and `letter` are ids; `sender` is the envelope sender to give, `""` the
    null one; `data` are the bytes to deliver, with CRLF and our own fields on top, or where they are; `size` is their
    number; `options` are what this delivery says beside it."""

    delivery: str
    letter: str
    sender: str
    target: str
    data: bytes | LetterFile
    size: int
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt ended. `reply` is one visible line for a journal: what the peer said, or what happened here.

    *unsupported*: nothing was refused but this form of the letter; wrapped (`mail.edit.wrapped_letter`) it may go, but
    for one that `is_too_large`. `may_have_arrived`: the reply to the whole letter was lost, so that the next attempt
    may be the second arrival.
    """

    outcome: Outcome
    reply: str
    may_have_arrived: bool = False
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class Takes:
    """What a sink takes as it is: bytes above 127, addresses beyond ASCII, letters of `size` bytes (None: of any)."""

    eight_bit: bool = True
    utf8: bool = True
    size: int | None = None


class Sink(Protocol):
    """One way to deliver. May be used by many tasks at once."""

    @property
    def kind(self) -> str: ...

    @property
    def takes(self) -> Takes | None:
        """What was last heard of it; None: nothing yet. A probe, or a delivery, asks."""
        ...

    async def deliver(self, parcel: Parcel) -> Result:
        """Returns when the peer has taken the letter or will not; raises only asyncio.CancelledError."""
        ...

    async def probe(self) -> str | None:
        """None: it can be reached. Else what is wrong, in a line."""
        ...

    async def close(self) -> None:
        """Let go of what is kept open. What is being delivered comes to its end."""
        ...
