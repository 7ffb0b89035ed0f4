"""What is put above a letter that is passed on, and how the letter is signed. Pure.

A `Received` field as RFC 5321 4.4 has it, our signed trace field, and `X-Sievepy-*` fields that say what was decided.
They are made once, when the letter is planned, and go with each of its deliveries as text.
"""

from __future__ import annotations

import email.utils
import re

from sievepy.mail.edit import TRACE, Headers, Trace, read_trace, trace_field
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.plan import Plan
from sievepy.relay.steps import headers_of
from sievepy.spool.port import Queued

MOST_RECEIVED = 50  # Postfix's hopcount_limit; RFC 5321 6.3 would have 100

_UNSAFE = re.compile(r"[^!-~]+")
_LINES = str.maketrans("\r\n\0", "   ")
_SEPARATOR = "\n"

ALARM, RETURNED = "alarm", "returned"
"""The `folder` of envelopes that no session can make: of our own alarms, and of what
came back to our envelope senders."""


def received(letter: Queued, hostname: str) -> str:
    """The value of our Received field: `from HELO ([IP]) by US with ESMTP id ID; DATE`.

    The client's word is cut to visible ASCII, without the marks that would end a comment or begin another clause.
    """
    envelope = letter.envelope
    helo = _UNSAFE.sub("?", envelope.helo or "unknown").translate(str.maketrans("();", "???"))[:255]
    client = f" ([{_literal(envelope.client_ip)}])" if envelope.client_ip else ""
    recipients = envelope.recipients or ()
    single = f" for <{recipients[0]}>" if len(recipients) == 1 and not _UNSAFE.search(recipients[0]) else ""
    when = email.utils.format_datetime(letter.accepted_at)
    return f"from {helo}{client} by {hostname} with {envelope.protocol or 'SMTP'} id {letter.letter}{single}; {when}"


def _literal(ip: str) -> str:
    return f"IPv6:{ip}" if ":" in ip else ip


def headers(letter: Queued, plan: Plan, digest: str, hostname: str, secret: bytes) -> Headers:
    """All fields, in the order in which they stand. `digest`: the letter's, as `mail.edit.digest` makes it."""
    found = [("Received", received(letter, hostname)), trace_field(Trace(letter.letter, digest), secret)]
    found += headers_of(plan, letter.letter)
    return [(name, value.translate(_LINES)) for name, value in found]


def pack(fields: Headers) -> str:
    """Fields as one text, for a delivery's options."""
    return _SEPARATOR.join(f"{name}: {value}" for name, value in fields)


def unpack(text: str) -> list[tuple[str, str]]:
    lines = (line.partition(": ") for line in text.split(_SEPARATOR) if line)
    return [(name, value) for name, _, value in lines]


# ---------------------------------------------------------------- loops


def looping(message: Message, secret: bytes) -> str | None:
    """Why the letter goes round, if it does: our own trace is in it, or too many servers have passed it on."""
    if any(read_trace(value.strip(), secret) is not None for value in message.raw_values(TRACE)):
        return "it was here before"
    hops = len(message.raw_values("received"))
    return f"it has passed {hops} servers" if hops > MOST_RECEIVED else None


def message_id(message: Message) -> str | None:
    """The first Message-ID (RFC 5322 3.6.4), with its brackets, as text that can be looked for."""
    for value in message.header("message-id").values:
        found = value.strip()
        return found[:998] if found else None
    return None


def client_envelope(envelope: Envelope, hops: int | None) -> Envelope:
    """The envelope as the rules see it. Behind a server of our own (`hops`) the session's client is that server, and
    who the client was its Received field says."""
    if not hops:
        return envelope
    return Envelope(
        sender=envelope.sender,
        recipients=envelope.recipients,
        received_at=envelope.received_at,
        source=envelope.source,
        folder=envelope.folder,
    )
