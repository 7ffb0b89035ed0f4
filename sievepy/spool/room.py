"""Room on the disk: reservations of open sessions, and a ballast that is given back when there is none.

A letter is refused at MAIL, before its bytes are read, unless they fit beside all that was promised to other
sessions. When the disk is full all the same, the ballast file is deleted, so that settling deliveries, which makes
room in the end, can always commit; until the ballast can be put back nothing is accepted.
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

from sievepy.disk.durable import sync_folder
from sievepy.spool.port import SpoolFull

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_CHUNK = bytes(1024 * 1024)


class Promise:
    """Room for one session. Releasing it twice does nothing."""

    def __init__(self, room: Room, size: int) -> None:
        self._room, self._size = room, size

    def release(self) -> None:
        self._room.give_back(self._size)
        self._size = 0


class Room:
    """What is free in a folder's file system. Reservations come from the event loop, the ballast is the writer's."""

    def __init__(self, folder: Path, ballast: int, slack: int) -> None:
        self._folder, self._ballast, self._slack = folder, folder / "ballast", slack
        self._size = ballast
        self._promised = 0
        self._lock = threading.Lock()
        self.full = False
        self._refused = False

    @property
    def scarce(self) -> bool:
        """Nothing can be written, or a letter was refused since the last one that there was room for."""
        return self.full or self._refused

    def free(self) -> int:
        """Bytes that an ordinary process may still write."""
        status = os.statvfs(self._folder)
        return status.f_bavail * status.f_frsize

    def reserve(self, size: int) -> Promise:
        """Raises SpoolFull."""
        with self._lock:
            self._refused = True
            if self.full and not self._may_fill():
                raise SpoolFull("the disk is full")
            if self.free() < self._promised + size + self._slack:
                raise SpoolFull(f"no room for {size} bytes more")
            self._refused = False
            self._promised += size
        return Promise(self, size)

    def give_back(self, size: int) -> None:
        with self._lock:
            self._promised -= size

    # ------------------------------------------------------------ the ballast

    def release(self) -> None:
        """The disk is full: give the ballast back. Raises OSError."""
        self.full = True
        self._ballast.unlink(missing_ok=True)
        sync_folder(self._folder)

    def admit(self) -> None:
        """Raise SpoolFull while there is no room for the ballast; put it back as soon as there is."""
        if self.full:
            if not self._may_fill():
                raise SpoolFull("the disk is full")
            self.fill()
        if self.full:
            raise SpoolFull("the disk is full")

    def fill(self) -> None:
        """Put the ballast aside; where there is no room for it, the queue is full. Raises OSError for other errors."""
        try:
            if not self._ballast.exists() or self._ballast.stat().st_size != self._size:
                self._write()
            self.full = False
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self.release()

    def _may_fill(self) -> bool:
        return self.free() >= self._size + self._slack

    def _write(self) -> None:
        """Real bytes, not a hole and not a promise: some file systems give space back that was only allocated."""
        with self._ballast.open("wb") as file:
            for start in range(0, self._size, len(_CHUNK)):
                file.write(_CHUNK[: self._size - start])
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._folder)
