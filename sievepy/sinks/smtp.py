"""Pass letters on over SMTP: one recipient a transaction, connections reused, every answer one of four outcomes.

| outcome | what happened |
|---|---|
| delivered | 2xx to the whole letter |
| failed | 5xx to MAIL, RCPT, DATA or the letter (RFC 5321 4.2.1) |
| unsupported | the letter is larger than SIZE, 8-bit without 8BITMIME, or holds a NUL, a bare CR or a bare LF |
| unsupported | 5xx that says the like (RFC 3463: 5.2.3, 5.3.4, 5.6.x but 5.6.7) |
| deferred, may have arrived | the reply to the whole letter was lost |
| deferred | 4xx; silence, a cut, nonsense; a quarrel about commands or credentials |
| deferred | 5xx to the greeting, EHLO, STARTTLS, AUTH, RSET |

The letter's bytes go out as they are. The envelope sender is the parcel's: an address of ours that names the delivery,
or the null one.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from functools import partial

from sievepy.disk.fail_points import Reach, pass_by
from sievepy.sinks.connections import Borrowed, Connections, Reuse
from sievepy.sinks.content import Content
from sievepy.sinks.port import Parcel, Result, Takes
from sievepy.wire.smtp_client import Connection, Peer, WireError
from sievepy.wire.smtp_codec import Extensions, Mail, Reply, Stage, Survey, Transaction, UnsafeOutput
from sievepy.wire.tls import Security, Trusted, client_context

_COMMANDS = frozenset({500, 502, 503, 504})
"""Quarrels about commands (RFC 5321 4.2.2), unless the status has another subject than protocol (RFC 3463 3.6)."""
_CREDENTIALS = frozenset({530, 534, 535, 538})
"""RFC 4954 6, RFC 3207 4."""
_TOO_LARGE = frozenset({"5.2.3", "5.3.4"})
_OTHER_FORM = frozenset({"5.6.0", "5.6.1", "5.6.2", "5.6.3", "5.6.4", "5.6.5", "5.6.6"})
_LOST = "reply lost"
_LARGEST_REPLY = 600


@dataclass(frozen=True, slots=True)
class Settings:
    """A server that takes letters from us."""

    peer: Peer
    trusted: Trusted = field(default_factory=Trusted)
    reuse: Reuse = field(default_factory=Reuse)


class SmtpSink:
    """One server, whatever the targets are."""

    kind = "smtp"

    def __init__(self, settings: Settings, reach: Reach = pass_by) -> None:
        self._connections = Connections(settings.peer, settings.reuse, partial(_tls, settings))
        self._sent = partial(reach, "sink.sent")

    async def deliver(self, parcel: Parcel) -> Result:
        return await self._deliver(parcel, parcel.sender)

    async def _deliver(self, parcel: Parcel, sender: str) -> Result:
        content = Content(parcel.data)
        try:
            survey = await content.survey()
            if not survey.is_clean:
                return Result("unsupported", "the letter holds a NUL, a bare CR or a bare LF")
            mail = Mail(sender, parcel.target, survey.size, survey.eight_bit)
            return await self._send(mail, survey, content)
        except UnsafeOutput as problem:
            return Result("failed", f"not sent: {problem}")
        except WireError as problem:
            return _broken(problem)
        except OSError as problem:
            return Result("deferred", f"{type(problem).__name__}: {problem.strerror}")

    async def _send(self, mail: Mail, survey: Survey, content: Content) -> Result:
        """A kept connection may have ended while it lay idle; then a new one is tried at once."""
        async with self._connections.borrow() as borrowed:
            try:
                result = await self._offer(borrowed.connection, mail, survey, content)
            except WireError as problem:
                if not borrowed.is_reused or problem.stage is Stage.END:
                    raise
                result = None
                borrowed.connection.abort()
            if result is not None and not _was_stale(borrowed, result):
                return result
        async with self._connections.borrow(fresh=True) as borrowed:
            return await self._offer(borrowed.connection, mail, survey, content)

    async def _offer(self, connection: Connection, mail: Mail, survey: Survey, content: Content) -> Result:
        lacking = _lacking(connection.extensions, mail, survey)
        return lacking or _result(await connection.send(mail, content.pieces(), self._sent))

    @property
    def takes(self) -> Takes | None:
        """As it was offered on the connection made last: a server may be another one by tomorrow."""
        offered = self._connections.offered
        if offered is None:
            return None
        return Takes("8BITMIME" in offered, "SMTPUTF8" in offered, offered.size_limit)

    async def probe(self) -> str | None:
        try:
            async with self._connections.borrow(fresh=True) as borrowed:
                return None if await borrowed.connection.is_alive() else "NOOP was not answered"
        except WireError as problem:
            return str(problem)
        except OSError as problem:
            return f"{type(problem).__name__}: {problem.strerror}"

    async def close(self) -> None:
        await self._connections.close()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    return None if settings.peer.security is Security.NONE else client_context(settings.trusted)


def _lacking(extensions: Extensions, mail: Mail, survey: Survey) -> Result | None:
    """What the server must have for this letter, and has not."""
    limit = extensions.size_limit
    if limit is not None and survey.size > limit:
        return Result("unsupported", f"{survey.size} bytes are more than the {limit} it takes", is_too_large=True)
    if survey.eight_bit and "8BITMIME" not in extensions:
        return Result("unsupported", "the letter has 8-bit bytes and 8BITMIME is not offered")
    if mail.needs_utf8 and "SMTPUTF8" not in extensions:
        return Result("failed", "an address is not ASCII and SMTPUTF8 is not offered")
    return None


def _was_stale(borrowed: Borrowed, result: Result) -> bool:
    """A server that has tired of an idle connection says 421 to the next command."""
    return borrowed.is_reused and result.outcome == "deferred" and result.reply.startswith("421 ")


def _result(transaction: Transaction) -> Result:
    if transaction.accepted is not None:
        return Result("delivered", str(transaction.accepted))
    if transaction.refusal is None:
        return Result("deferred", "the conversation ended without an answer")
    stage, reply = transaction.refusal
    said = f"{reply} ({stage})"
    if reply.enhanced in _TOO_LARGE:
        return Result("unsupported", said, is_too_large=True)
    if reply.enhanced in _OTHER_FORM:
        return Result("unsupported", said)
    return Result("failed" if _is_final(stage, reply) else "deferred", said)


def _is_final(stage: Stage, reply: Reply) -> bool:
    """Whether it is the letter that is refused, and for good. At the end of data every 5xx is about the letter."""
    if reply.code < 500 or stage is Stage.RSET:
        return False
    return stage is Stage.END or not _is_quarrel(reply)


def _is_quarrel(reply: Reply) -> bool:
    """Something that we or the server's owner have to mend, and the letter is not to blame."""
    about_protocol = reply.enhanced is None or reply.enhanced.startswith("5.5.")
    return reply.code in _CREDENTIALS or (reply.code in _COMMANDS and about_protocol)


def _broken(problem: WireError) -> Result:
    if problem.stage is Stage.END:
        return Result("deferred", f"{_LOST}: {problem}"[:_LARGEST_REPLY], may_have_arrived=True)
    return Result("deferred", str(problem)[:_LARGEST_REPLY])
