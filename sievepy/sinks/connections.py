"""Connections to one server that are kept for the next letter, and never more than so many at once."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from sievepy.wire.smtp_client import Connection, Peer, connect
from sievepy.wire.smtp_codec import Extensions


@dataclass(frozen=True, slots=True)
class Reuse:
    """`together`: connections at once. `letters`: a connection is closed after so many, since servers count them.
    `idle`: seconds without a letter, well below the five minutes a server waits (RFC 5321 4.5.3.2.7)."""

    together: int = 20
    letters: int = 100
    idle: float = 30


@dataclass(frozen=True, slots=True)
class Borrowed:
    """`is_reused`: it has lain idle, so that its end may be nobody's refusal."""

    connection: Connection
    is_reused: bool


class Connections:
    """`tls` makes the context when it is first needed; it may raise OSError. `offered`: what the server offered on the
    connection made last."""

    def __init__(self, peer: Peer, reuse: Reuse, tls: Callable[[], ssl.SSLContext | None]) -> None:
        self._peer, self._reuse, self._make_tls = peer, reuse, tls
        self._tls: ssl.SSLContext | None = None
        self._free = asyncio.Semaphore(reuse.together)
        self._idle: list[tuple[Connection, asyncio.TimerHandle]] = []
        self._quitting: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self.offered: Extensions | None = None

    @contextlib.asynccontextmanager
    async def borrow(self, *, fresh: bool = False) -> AsyncIterator[Borrowed]:
        """A connection for one letter: the one used last, or a new one. Raises WireError and OSError."""
        async with self._free:
            kept = None if fresh else self._take()
            connection = kept or await self._connect()
            try:
                yield Borrowed(connection, kept is not None)
            except BaseException:
                connection.abort()
                raise
            self._give_back(connection)

    async def _connect(self) -> Connection:
        connection = await connect(self._peer, self._context())
        self.offered = connection.extensions
        return connection

    def _context(self) -> ssl.SSLContext | None:
        if self._tls is None:
            self._tls = self._make_tls()
        return self._tls

    def _take(self) -> Connection | None:
        while self._idle:
            connection, timer = self._idle.pop()
            timer.cancel()
            if connection.is_usable:
                return connection
            connection.abort()
        return None

    def _give_back(self, connection: Connection) -> None:
        if self._is_closed or not connection.is_usable or connection.sent >= self._reuse.letters:
            self._quit(connection)
            return
        timer = asyncio.get_running_loop().call_later(self._reuse.idle, self._expire, connection)
        self._idle.append((connection, timer))

    def _expire(self, connection: Connection) -> None:
        self._idle = [(other, timer) for other, timer in self._idle if other is not connection]
        self._quit(connection)

    def _quit(self, connection: Connection) -> None:
        task = asyncio.get_running_loop().create_task(connection.quit())
        self._quitting.add(task)
        task.add_done_callback(self._quitting.discard)

    async def close(self) -> None:
        """Those in use are closed when they are given back."""
        self._is_closed = True
        while self._idle:
            connection, timer = self._idle.pop()
            timer.cancel()
            self._quit(connection)
        if self._quitting:
            await asyncio.wait(self._quitting)
