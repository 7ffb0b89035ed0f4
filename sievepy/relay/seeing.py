"""What a worker does with a letter: a verdict by the program built from the IR, and what only the bytes can tell.

A letter that goes round, and a bounce to one of our own envelope senders, are not judged by rules.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import mmap
from collections.abc import Callable
from dataclasses import dataclass

from sievepy.engine.context import EvalContext
from sievepy.engine.program import build
from sievepy.ir.script import Script
from sievepy.mail.edit import digest
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.mail.trust import Trust
from sievepy.relay.judging import Verdict, verdict_of
from sievepy.relay.passing import RETURNED, client_envelope, looping
from sievepy.relay.returned import Came, what_came

Bytes = bytes | mmap.mmap
See = Callable[[Bytes, Envelope, float], "Seen"]
"""Of a letter's bytes, its envelope and the moment of judging as a timestamp."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`verdict` is None for a letter that no rule was asked about: it goes round (`looping` says why), or `came` back.
    `digest` as `mail.edit.digest` makes it."""

    verdict: Verdict | None
    digest: str = ""
    looping: str | None = None
    came: tuple[Came, str] | None = None


@dataclass(frozen=True, slots=True)
class MakeSee:
    """Picklable: what a program is built from, in the process that calls it. `program`: its hash."""

    script: Script
    program: str
    zone: dt.tzinfo
    trust: Trust
    secret: bytes

    def __call__(self) -> See:
        program = build(self.script, self.program)

        def see(data: Bytes, envelope: Envelope, timestamp: float) -> Seen:
            message = Message(data)
            if envelope.folder == RETURNED:
                return Seen(None, _digest(data), came=what_came(message, envelope))
            if (why := looping(message, self.secret)) is not None:
                return Seen(None, _digest(data), looping=why)
            now = dt.datetime.fromtimestamp(timestamp, dt.UTC)
            context = EvalContext(now, self.zone, client_envelope(envelope, self.trust.trusted_hops), self.trust)
            return Seen(verdict_of(lambda *_: program.evaluate(message, context), b"", envelope), _digest(data))

        return see


def _digest(data: Bytes) -> str:
    """Letters in files came by SMTP, with CRLF: they need no copy in canonical form."""
    return digest(data) if isinstance(data, bytes) else hashlib.sha256(data).hexdigest()
