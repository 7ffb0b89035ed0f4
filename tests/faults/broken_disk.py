"""A disk under the queue of a real relay that fails on demand: a SQLite VFS, and `os.fsync`.

The folder of the configuration has two files. `fault`, if it is there, names what happens from now on: `sync` (fsync
fails), `write` (a write fails), `short` (half of a write is made, then the disk fails), `full` (no room). `disk-log`
has a line for each sync that was asked for: `ok NAME` or `failed NAME`.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import apsw

from sievepy.spool.sqlite import SqliteSpool

NAME = "sievepy-broken"


class Disk:
    """`folder` has the two files; only what lies below `queue` in it fails."""

    def __init__(self, folder: Path) -> None:
        self._fault, self._log = folder / "fault", folder / "disk-log"
        self.queue = folder / "var" / "queue"

    @property
    def fault(self) -> str:
        try:
            return self._fault.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""

    def synced(self, name: str, failed: bool) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{'failed' if failed else 'ok'} {Path(name).name}\n")


class BrokenFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        match self._disk.fault:
            case "write":
                raise _error(apsw.IOError, apsw.SQLITE_IOERR_WRITE)
            case "short":
                super().xWrite(bytes(data)[: len(data) // 2], offset)
                raise _error(apsw.IOError, apsw.SQLITE_IOERR_WRITE)
            case "full":
                raise _error(apsw.FullError, apsw.SQLITE_FULL)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        failed = self._disk.fault == "sync"
        self._disk.synced(self._name, failed)
        if failed:
            raise _error(apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
        super().xSync(flags)


class BrokenVfs(apsw.VFS):
    """Known by its name for as long as it lives."""

    name = NAME

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(NAME, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return BrokenFile(self._disk, name, flags)


def _error(kind: type[apsw.Error], code: int) -> apsw.Error:
    problem = kind("injected")
    problem.extendedresult = code
    return problem


def install(folder: Path) -> None:
    """For the rest of this process: each queue that is opened lies on that disk, and each file beside it too."""
    disk = Disk(folder)
    vfs = BrokenVfs(disk)
    open_spool, fsync = SqliteSpool.open, os.fsync

    async def opened(*arguments: Any, **options: Any) -> SqliteSpool:
        return await open_spool(*arguments, **{**options, "vfs": vfs.name})

    def synced(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        if disk.queue not in (name, *name.parents):
            fsync(descriptor)
            return
        failed = disk.fault == "sync"
        disk.synced(str(name), failed)
        if failed:
            raise OSError(errno.EIO, "injected")
        if disk.fault == "full" and not name.is_dir():
            raise OSError(errno.ENOSPC, "injected")
        fsync(descriptor)

    SqliteSpool.open = opened  # type: ignore[method-assign,assignment]
    os.fsync = synced  # type: ignore[assignment]
