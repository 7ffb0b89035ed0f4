"""Put a new program in the place of the one in force: compiled and tested aside, swapped whole or not at all.

Letters that are being judged are finished by the program they began with; each letter's plan names its
program.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from sievepy.engine.context import asks_for_known
from sievepy.relay.compiling import Compiled
from sievepy.relay.deliveries import Directory
from sievepy.relay.judge import Generation
from sievepy.relay.refusing import Refusing
from sievepy.relay.routing import Routes
from sievepy.relay.seeing import MakeSee
from sievepy.relay.settings import Settings
from sievepy.relay.workers import Workers


class Watch(Protocol):
    """Who counts and logs. Must not raise."""

    def reloaded(self, compiled: Compiled, changed: bool) -> None: ...


class Programs:
    """The generation in force, and how it is replaced. `load` once before anything is judged."""

    def __init__(self, compile: Callable[[], Awaitable[Compiled]], settings: Settings, watch: Watch) -> None:
        self._compile, self._settings, self._watch = compile, settings, watch
        self._current: Generation | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    @property
    def current(self) -> Generation:
        assert self._current is not None
        return self._current

    @property
    def refusing(self) -> Refusing:
        return self.current.refusing

    @property
    def routes(self) -> Routes:
        return Routes(self.current.directory, self._settings.places, self._settings.zone)

    async def load(self) -> Compiled:
        """Compile, test and swap. Where the outcome has problems, what was in force stays so."""
        async with self._turn:
            compiled = await self._compile()
            changed = compiled.script is not None and (
                self._current is None or self._current.program != compiled.program
            )
            if changed:
                await self._swap(compiled)
            self._watch.reloaded(compiled, changed)
            return compiled

    async def _swap(self, compiled: Compiled) -> None:
        assert compiled.script is not None
        script, settings = compiled.script, self._settings
        make = MakeSee(script, compiled.program, settings.zone, settings.trust, settings.secret)
        workers = Workers(make, settings.workers, settings.worker)
        await workers.start()
        before, self._current = (
            self._current,
            Generation(
                compiled.program,
                Directory.of(script.departments, script.persons),
                Refusing.of(script, settings.zone, settings.trust),
                workers,
                asks_for_known(script),
            ),
        )
        if before is not None:
            self._leave(before)

    def _leave(self, before: Generation) -> None:
        task = asyncio.create_task(before.workers.close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """Send all workers home, when they have finished."""
        if self._current is not None:
            self._leave(self._current)
        await asyncio.gather(*self._leaving)
