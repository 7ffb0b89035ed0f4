"""What clients are offered: what we can do, and every sink behind us too (RFC 5321 4.1.1.1).

A client that is told of no 8BITMIME, or of a SIZE that is too small for its letter, can still do something about it;
afterwards we could only wrap the letter whole, or hold it. So a sink that nobody has heard of is taken to have nothing:
the sinks are asked before the door is opened, and what they say on each new connection counts from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Protocol

from sievepy.sinks.port import Sink, Takes
from sievepy.sources.smtp.settings import Extension, Offer

_PATIENCE = 1.0  # seconds for all sinks: the door is not to stay shut because one of them does not answer
_OURS = 16 << 10
"""Bytes that our own fields may add to a letter."""
_UNHEARD = Takes(eight_bit=False, utf8=False)


class Source(Protocol):
    """See `supervisor.Source`."""

    async def start(self) -> None: ...
    async def drain(self, timeout: float) -> None: ...
    async def close(self) -> None: ...


class Offering:
    """`own`: what the server can do by itself."""

    def __init__(self, sinks: Iterable[Sink], own: Offer) -> None:
        self._sinks, self._own = tuple(dict.fromkeys(sinks)), own

    def __call__(self) -> Offer:
        """The offer of this moment."""
        taken = [sink.takes or _UNHEARD for sink in self._sinks]
        extensions = self._own.extensions
        if not all(takes.eight_bit for takes in taken):
            extensions -= {Extension.EIGHT_BIT}
        if not all(takes.utf8 for takes in taken):
            extensions -= {Extension.UTF8}
        limits = [takes.size - min(_OURS, takes.size // 2) for takes in taken if takes.size is not None]
        return Offer(extensions, min([self._own.size, *limits]))

    async def learn(self) -> None:
        """Ask those that nobody has heard of. What they answer to that is `--check`'s business, not ours."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await asyncio.gather(*(sink.probe() for sink in self._sinks if sink.takes is None))


class Informed:
    """A source that opens its door when the sinks have been asked."""

    def __init__(self, source: Source, offering: Offering) -> None:
        self._source, self._offering = source, offering

    async def start(self) -> None:
        """Raises what the source's own `start` does."""
        await self._offering.learn()
        await self._source.start()

    async def drain(self, timeout: float) -> None:
        await self._source.drain(timeout)

    async def close(self) -> None:
        await self._source.close()
