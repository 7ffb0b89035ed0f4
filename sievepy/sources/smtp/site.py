"""What all connections of one server share."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sievepy.disk.fail_points import Reach, pass_by
from sievepy.sources.smtp.admission import Admission
from sievepy.sources.smtp.auth import Users
from sievepy.sources.smtp.letter import Arriving
from sievepy.sources.smtp.limits import Gate
from sievepy.sources.smtp.port import Event, Intake, Received, Refusal, Reply, Reservation, Session, Watch
from sievepy.sources.smtp.settings import Extension, Offer, Settings

TROUBLE = Refusal(451, "4.3.0", "Internal trouble, try again later")
FULL = Refusal(452, "4.3.1", "No room, try again later")
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A letter that is not ours yet: its bytes, and the room that is kept for it. Either is given up but once."""

    arriving: Arriving
    reservation: Reservation

    async def drop(self) -> None:
        self.reservation.release()
        await self.arriving.drop()


class Site:
    """`draining`: no new letters; those under way are finished."""

    def __init__(
        self,
        settings: Settings,
        intake: Intake,
        watch: Watch,
        tls: ssl.SSLContext | None,
        reach: Reach = pass_by,
        offer: Callable[[], Offer] | None = None,
    ) -> None:
        self.settings, self.intake, self.watch, self.tls, self.reach = settings, intake, watch, tls, reach
        self.offer = offer or (lambda: settings.offer)
        self.admission = Admission(settings)
        self.users = Users(settings.users)
        self.gate = Gate(settings.limits)
        self.draining = False
        self._accepting: set[asyncio.Task[Reply]] = set()
        self._numbers = itertools.count(1)

    def arriving(self) -> Arriving:
        """A new letter's place; the queue empties the folder at start, so a name is ours for as long as we live."""
        name = f"{os.getpid()}-{next(self._numbers)}"
        return Arriving(self.settings.incoming / name, self.gate, self.settings.limits.in_file)

    def offers(self, extension: Extension) -> bool:
        return extension in self.offer().extensions

    def failed(self, error: Exception, session: Session) -> Refusal:
        """An internal error, or a full disk: the whole of it for us, for the client only that it should come again."""
        self.watch.event(Event.INTERNAL_ERROR, session)
        self.watch.failure(error, session)
        return FULL if isinstance(error, OSError) and error.errno in _NO_ROOM else TROUBLE

    # ------------------------------------------------------------ letters on their way in

    async def accept(self, received: Received, letter: Incoming) -> Reply:
        """Hand the letter over. Once begun it ends by itself: neither a hang-up nor our caller's end stops a commit."""
        task = asyncio.get_running_loop().create_task(self._accept(received, letter))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)
        return await asyncio.shield(task)

    async def _accept(self, received: Received, letter: Incoming) -> Reply:
        try:
            return await self.intake.accept(received)
        except Exception as error:
            return self.failed(error, received.session)
        finally:
            await letter.drop()

    async def settled(self) -> None:
        """Returns when no letter is being accepted."""
        while self._accepting:
            await asyncio.wait(self._accepting)


def incoming_problem(folder: Path) -> str | None:
    """Why arriving letters cannot be written there, or None."""
    return None if os.access(folder, os.W_OK | os.X_OK) else f"letters cannot be written into {folder}"
