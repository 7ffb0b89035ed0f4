"""One letter behind DATA: read from the connection, looked through, put where letters that arrive lie."""

from __future__ import annotations

import asyncio
import ssl
from typing import Protocol

from sievepy.sources.smtp.data import PIECE, Problem, Scanner
from sievepy.sources.smtp.dialog import Transaction
from sievepy.sources.smtp.letter import Arriving
from sievepy.sources.smtp.limits import data_deadline
from sievepy.sources.smtp.patience import Patience
from sievepy.sources.smtp.port import Event, Received, Refusal, Session
from sievepy.sources.smtp.replies import Closing
from sievepy.sources.smtp.site import Incoming, Site

PROBLEMS = {
    Problem.BARE_NEWLINE: (Refusal(521, "5.5.2", "Bare CR or LF received"), Event.BARE_NEWLINE),
    Problem.NUL: (Refusal(550, "5.6.0", "NUL received"), Event.NUL),
    Problem.MESSAGE: (Refusal(552, "5.3.4", "Message too large"), Event.TOO_LARGE),
    Problem.HEADER: (Refusal(552, "5.3.4", "Header too large"), Event.TOO_LARGE),
    Problem.LINE: (Refusal(552, "5.3.4", "Line too long"), Event.TOO_LARGE),
}
_AT_ONCE = frozenset({Problem.BARE_NEWLINE, Problem.NUL})
"""Problems after which nobody knows where the letter ends: it is refused where it stands, and nothing more is read."""


class Inbox(Protocol):
    """What has come from the client, and is still to come."""

    async def read(self, n: int) -> bytes:
        """At most so many bytes; none at the end of input."""

    def unread(self, data: bytes) -> None: ...


class Receiver:
    """`receive` a letter of a session, after 354."""

    def __init__(self, site: Site, session: Session, inbox: Inbox, patience: Patience) -> None:
        self._site, self._session, self._inbox, self._patience = site, session, inbox, patience
        self._limits = site.settings.limits

    async def receive(self, transaction: Transaction, letter: Incoming) -> Received | Refusal:
        """What is not a whole letter in the end leaves nothing behind. Trouble of the disk is told where it happens: it
        would be no kindness to let a client send 35 MB first. Raises EOFError, Closing, and what the connection
        raises."""
        whole: Received | Refusal | None = None
        try:
            whole = await self._collect(transaction, letter.arriving)
        except (ConnectionError, ssl.SSLError):
            raise
        except (OSError, MemoryError) as error:
            raise Closing(self._site.failed(error, self._session)) from error
        finally:
            if not isinstance(whole, Received):
                await letter.drop()
        return whole

    async def _collect(self, transaction: Transaction, arriving: Arriving) -> Received | Refusal:
        scanner = Scanner(self._limits, "normalize" if self._session.trusted else "reject")
        await self._read(scanner, arriving)
        self._patience.wait()
        if scanner.repaired:
            self._site.watch.event(Event.NORMALIZED, self._session)
        if scanner.problem is not None:
            return self._problem(scanner.problem)
        data = await arriving.finish()
        recipients = tuple(transaction.recipients)
        return Received(self._session, transaction.sender, recipients, data, arriving.size, arriving.digest)

    async def _read(self, scanner: Scanner, arriving: Arriving) -> None:
        """Up to the end of the letter. One that is too large is read and thrown away, but not for ever."""
        begun, read = asyncio.get_running_loop().time(), 0
        while not scanner.done:
            self._patience.allow_until(data_deadline(self._limits, begun, read))
            piece = await self._inbox.read(PIECE)
            if not piece:
                raise EOFError
            read += len(piece)
            self._patience.wait()
            content = scanner.feed(piece)
            if scanner.problem in _AT_ONCE or (scanner.problem and read > 2 * self._limits.message):
                raise Closing(self._problem(scanner.problem))
            await arriving.add(content)
        self._inbox.unread(scanner.rest)

    def _problem(self, problem: Problem) -> Refusal:
        refusal, event = PROBLEMS[problem]
        self._site.watch.event(event, self._session)
        return refusal
