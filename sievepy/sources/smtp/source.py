"""The SMTP server as a source of letters: it listens, drains and ends."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping

from sievepy.disk.fail_points import Reach, pass_by
from sievepy.sources.port import SourceError
from sievepy.sources.smtp.descriptors import ask_for, may_have
from sievepy.sources.smtp.port import Event, Intake, Session, Watch
from sievepy.sources.smtp.server import Connection, factory
from sievepy.sources.smtp.settings import Listener, Offer, Settings
from sievepy.sources.smtp.site import Site, incoming_problem


class Unwatched:
    """Nobody looks."""

    def event(self, event: Event, session: Session) -> None: ...

    def failure(self, error: Exception, session: Session) -> None: ...


class SmtpSource:
    """One server with all its listeners. `tls`: a server context, for STARTTLS and implicit TLS; None: neither.
    `offer`: what is advertised now; None: all that the settings have."""

    def __init__(
        self,
        settings: Settings,
        intake: Intake,
        *,
        tls: ssl.SSLContext | None = None,
        watch: Watch | None = None,
        reach: Reach = pass_by,
        offer: Callable[[], Offer] | None = None,
    ) -> None:
        self._settings = settings
        self._site = Site(settings, intake, watch or Unwatched(), tls, reach, offer)
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Listen everywhere, or nowhere. Raises SourceError."""
        self._check()
        ask_for(self._settings.limits.connections)
        loop = asyncio.get_running_loop()
        try:
            for listener in self._settings.listeners:
                make = factory(self._site, listener, loop, self._connections)
                self._servers.append(
                    await loop.create_server(make, listener.host, listener.port, backlog=self._settings.backlog)
                )
        except OSError as problem:
            self._stop_listening()
            raise SourceError(f"cannot listen at {listener.host}:{listener.port}: {problem.strerror}") from problem

    def _check(self) -> None:
        if problem := incoming_problem(self._settings.incoming):
            raise SourceError(problem)
        if problem := may_have(self._settings.limits.connections):
            raise SourceError(problem)
        for listener in self._settings.listeners:
            if listener.implicit and self._site.tls is None:
                raise SourceError(f"port {listener.port} is to speak TLS, and there is no certificate")
            if listener.implicit and listener.proxied:
                raise SourceError(f"port {listener.port}: a PROXY header in front of implicit TLS is not supported")

    @property
    def ports(self) -> Mapping[Listener, int]:
        """Where each listener listens in truth, after `start`."""
        pairs = zip(self._settings.listeners, self._servers, strict=False)
        return {listener: server.sockets[0].getsockname()[1] for listener, server in pairs}

    @property
    def connections(self) -> int:
        return len(self._connections)

    async def drain(self, timeout: float) -> None:
        """Take no new clients and no new letters; return when the letters under way are in, or their time is up.
        Commits are waited for however long they take."""
        self._stop_listening()
        self._site.draining = True
        for connection in list(self._connections):
            connection.drain()
        tasks = [connection.task for connection in self._connections]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)
        await self.close()

    async def close(self) -> None:
        """Hang up. What is being committed is committed."""
        self._stop_listening()
        self._site.draining = True
        tasks = [connection.task for connection in self._connections]
        for connection in list(self._connections):
            connection.abort()
        await self._site.settled()
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=1.0)
            for task in stuck:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _stop_listening(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
