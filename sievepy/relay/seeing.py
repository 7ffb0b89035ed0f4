"""What a worker does with a letter: a verdict by the program built from the IR, and what only the bytes can tell.

A letter that goes round, and a bounce to one of our own envelope senders, are not judged by rules.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import mmap
from collections.abc import Callable
from dataclasses import dataclass, field

from sievepy.engine.context import EvalContext, asks_for_known
from sievepy.engine.program import build
from sievepy.ir.script import Script
from sievepy.mail.edit import digest
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.mail.trust import Trust
from sievepy.relay.judging import Verdict, verdict_of
from sievepy.relay.notices import subject_of
from sievepy.relay.passing import RETURNED, client_envelope, looping
from sievepy.relay.returned import Came, what_came
from sievepy.relay.threads import keys_of

Bytes = bytes | mmap.mmap
Known = tuple[str, ...] | None
"""Where a letter's thread lives, as in `EvalContext`; None: nobody has looked yet."""
See = Callable[[Bytes, Envelope, float, Known], "Seen"]
"""Of a letter's bytes, its envelope, the moment of judging as a timestamp, and where its thread lives."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`verdict` is None for a letter that no rule was asked about: it goes round (`looping` says why), or `came` back.
    `digest` as `mail.edit.digest` makes it. `subject`: the letter's, if a notice is to have it. `is_automatic`: a
    letter that goes round says that no person sent it (RFC 3834 5); it may be one of our own. `answers`: keys of the
    thread ledger that are to be looked up before the rules are asked; then the rest is for the second time."""

    verdict: Verdict | None
    digest: str = ""
    looping: str | None = None
    came: tuple[Came, str] | None = None
    subject: str = field(default="", repr=False)
    is_automatic: bool = False
    answers: tuple[bytes, ...] = ()


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
        asks = asks_for_known(self.script)

        def see(data: Bytes, envelope: Envelope, timestamp: float, known: Known = None) -> Seen:
            message = Message(data)
            if envelope.folder == RETURNED:
                return Seen(None, _digest(data), came=what_came(message, envelope))
            if (why := looping(message, self.secret)) is not None:
                return Seen(None, _digest(data), looping=why, is_automatic=_is_automatic(message))
            if asks and known is None:
                if answers := keys_of(message):
                    return Seen(None, answers=answers)
                known = ()
            now = dt.datetime.fromtimestamp(timestamp, dt.UTC)
            client = client_envelope(envelope, self.trust.trusted_hops)
            context = EvalContext(now, self.zone, client, self.trust, known)
            verdict = verdict_of(lambda: Verdict(program.evaluate(message, context)))
            subject = "" if verdict.plan is None else subject_of(message, verdict.plan)
            return Seen(verdict, _digest(data), subject=subject)

        return see


def _is_automatic(message: Message) -> bool:
    values = message.header("auto-submitted").values
    return any(value.strip().lower() not in ("", "no") for value in values)


def _digest(data: Bytes) -> str:
    """Letters in files came by SMTP, with CRLF: they need no copy in canonical form."""
    return digest(data) if isinstance(data, bytes) else hashlib.sha256(data).hexdigest()
