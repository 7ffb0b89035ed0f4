"""When texts are looked at: a moment after the last key stroke, in a thread beside the event loop, and given up as soon
as a newer text is there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sievepy.lsp.documents import Document
from sievepy.lsp.projects import Projects, Read, Snapshot, State, Superseded

T = TypeVar("T")

PAUSE = 0.2
"""Seconds without a change after which somebody is taken to have stopped typing."""

_log = logging.getLogger(__name__)


class Analyst:
    """Lives in one event loop. `told` is called there with each new state, `after` in the thread once there is nothing
    more to find (see `Archive`); what that returns is told by `counted`."""

    def __init__(
        self,
        read_file: Read,
        told: Callable[[State], None],
        after: Callable[[State, Snapshot], Callable[[], None]],
        pause: float = PAUSE,
    ) -> None:
        self._read_file = read_file
        self._told = told
        self._after = after
        self._pause = pause
        self._projects = Projects()
        self._open: Mapping[str, Document] = {}
        self._newest = 0  # how many times something has changed
        self._looked_at = 0  # the last change that `state` knows of
        self._timer: asyncio.TimerHandle | None = None
        self._running = self._closed = False
        self._looked = asyncio.Event()
        # One thread looks, one answers: a question about rules must not wait for the opinions of the checks.
        self._looking = ThreadPoolExecutor(1, "looking")
        self._answering = ThreadPoolExecutor(1, "answering")
        self.state = State()

    # ------------------------------------------------------------ changes

    def changed(self, documents: Mapping[str, Document]) -> None:
        """The open texts, or files beside them, have changed."""
        self._open = dict(documents)
        self._newest += 1
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._pause, self._begin)

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._running:
            self._running = True
            self._task = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        """Look at the newest texts until nobody waits for a newer answer."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                change = self._newest
                try:
                    await loop.run_in_executor(self._looking, self._whole_look, self.snapshot(), change, loop)
                except Superseded:
                    pass
                except Exception:
                    _log.exception("a mistake of this program; the next change is looked at again")
                    self._take(change, self.state)
                if self._closed or self._newest == change or self._timer is not None:
                    return
        finally:
            self._running = False

    def snapshot(self) -> Snapshot:
        """The texts as they are now."""
        change = self._newest
        return Snapshot(self._open, self._read_file, lambda: self._newest != change)

    def _whole_look(self, snapshot: Snapshot, change: int, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: compile, lint, count."""
        compiled = self._projects.compile(snapshot)
        loop.call_soon_threadsafe(self._take, change, compiled)
        state = self._projects.lint(compiled, snapshot)
        if state is not compiled:
            loop.call_soon_threadsafe(self._take, change, state)
        loop.call_soon_threadsafe(self._after(state, snapshot))

    def _take(self, change: int, state: State) -> None:
        if change >= self._looked_at:
            self.state, self._looked_at = state, change
            self._looked.set()
            self._told(state)

    # ------------------------------------------------------------ questions

    async def current(self) -> State:
        """The state that knows all changes; it may not be linted yet."""
        while self._looked_at < self._newest:
            self._looked.clear()
            self._begin()
            await self._looked.wait()
        return self.state

    async def answer(self, question: Callable[[], T]) -> T:
        """What a question, which may take a while, is answered with."""
        return await asyncio.get_running_loop().run_in_executor(self._answering, question)

    async def answer_now(self, question: Callable[[State, Snapshot], T]) -> T:
        """The answer to a question about what stands there now. Raises Superseded where something changed meanwhile."""
        state, snapshot = await self.current(), self.snapshot()
        answer = await self.answer(lambda: question(state, snapshot))
        snapshot.proceed()
        return answer

    def close(self) -> None:
        """Give up what is being looked at, and look at nothing more."""
        self._closed = True
        self._newest += 1
        if self._timer is not None:
            self._timer.cancel()
        for pool in (self._looking, self._answering):
            pool.shutdown(wait=False, cancel_futures=True)
