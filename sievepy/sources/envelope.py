"""The envelope of a letter that came without one, as far as the agent that delivered it wrote it down.

Final delivery writes the reverse-path as Return-Path (RFC 5321 4.4); many agents write the recipient as Delivered-To,
X-Original-To or Envelope-To. These are believed only above the topmost Received header: below it, anybody may have
written them.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from sievepy.mail.envelope import Envelope
from sievepy.mail.letter import parse_date
from sievepy.mail.message import Message

_RECIPIENT = ("delivered-to", "x-original-to", "envelope-to")


def envelope_of(
    message: Message, source: Literal["maildir", "mbox"] | None = None, folder: str | None = None
) -> Envelope:
    """What the letter's own headers say of its envelope; None for what they do not say."""
    lists = message.raw_values_above(_RECIPIENT, "received")
    recipients = [address for value in lists for part in value.split(b",") if (address := _address(part))]
    senders, arrivals = message.raw_values("return-path"), message.raw_values("received")
    return Envelope(
        sender=_address(senders[0]) if senders else None,
        recipients=tuple(dict.fromkeys(recipients)) or None,
        received_at=_received_at(arrivals[0]) if arrivals else None,
        source=source,
        folder=folder,
    )


def _received_at(value: bytes) -> dt.datetime | None:
    """When the last server took the letter: the date behind the last `;` (RFC 5321 4.4)."""
    return parse_date(value.decode("ascii", "replace").rpartition(";")[2])


def _address(raw: bytes) -> str:
    """The address in angle brackets, or all there is; `""` for the null sender."""
    text = raw.decode("utf-8", "replace").strip()
    if "<" in text:
        text = text.partition("<")[2].partition(">")[0]
    return text.strip()
