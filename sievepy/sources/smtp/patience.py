"""How long a client may take for what it is to do next: one timer a connection.

The timer is moved by every step and only looked at when it fires, since most of the moments it was set to have been
overtaken by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf


class Patience:
    """`over` is called when time is up, with whether it is the whole session's; and again each time it is up anew."""

    def __init__(self, loop: asyncio.AbstractEventLoop, over: Callable[[bool], None]) -> None:
        self._loop, self._over = loop, over
        self._deadline = self._session_end = inf
        self._timer: asyncio.Handle | None = None
        self._fires = inf  # when the timer does; not every handle of uvloop's can say it

    def session(self, seconds: float) -> None:
        """The whole session has so long, from now on."""
        self._session_end = self._loop.time() + seconds

    def allow(self, seconds: float) -> None:
        """The client has so long for what it is to do next."""
        self.allow_until(self._loop.time() + seconds)

    def allow_until(self, moment: float) -> None:
        """As `allow`, until a moment of the loop's clock."""
        self._deadline = min(moment, self._session_end)
        if self._timer is not None:
            if self._fires <= self._deadline:
                return
            self._timer.cancel()
        self._set_timer()

    def wait(self) -> None:
        """It is our turn, and nobody hurries us."""
        self._deadline = inf

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self) -> None:
        self._fires, self._timer = self._deadline, self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline == inf:
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
        else:
            self._over(self._loop.time() >= self._session_end)
