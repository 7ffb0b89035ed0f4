"""What is known of a letter beside its bytes: the SMTP envelope and how the letter came to us (RFC 5321 2.3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Envelope:
    """`sender`: the reverse-path without angle brackets, `""` for the null sender, None where no envelope is known.

    `received_at` is the aware moment of first arrival; None where nobody knows it. `protocol`: the `with` of a Received
    field (RFC 3848), where a session is known.
    """

    sender: str | None = None
    recipients: tuple[str, ...] | None = None
    client_ip: str | None = None
    helo: str | None = None
    received_at: dt.datetime | None = None
    source: Literal["relay", "maildir", "imap", "mbox"] | None = None
    folder: str | None = None
    protocol: str | None = None


LateEnvelope = Envelope | Callable[[], Envelope]
"""An envelope, or how to make it once a rule asks for it: most rules never do."""
