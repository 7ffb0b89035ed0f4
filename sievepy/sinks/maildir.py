"""Deliver into maildirs (https://cr.yp.to/proto/maildir.html): write to `tmp`, sync, link to `new`, sync the folder.

A delivery has two halves, so that its owner can write into a journal between them what he is about to do: `stage`
writes the file in `tmp`, `publish` links it into `new`. The file in `tmp` stays until `clear`. Readers never touch it,
so after a crash it tells whether the link was made, whatever a reader has done to the letter in `new` since: an inode
that was linked has a second name, or has at least been changed since it was staged.
"""

from __future__ import annotations

import datetime as dt
import errno
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sievepy.disk.durable import make_folder, sync_folder, write_new
from sievepy.disk.fail_points import Reach, pass_by
from sievepy.disk.maildir import FOLDERS, find


@dataclass(frozen=True, slots=True)
class Staged:
    """What a file in `tmp` was before it was linked: its inode, and its change time in nanoseconds."""

    inode: int
    changed: int


@dataclass(frozen=True, slots=True)
class Maildir:
    """One maildir, made when it is first written to."""

    path: Path
    reach: Reach = pass_by

    def stage(self, name: str, data: bytes | Iterable[bytes]) -> Staged:
        """Write a letter to `tmp`, durably, in one piece or in several. A file of this name that an interrupted run
        left there is replaced."""
        self._make()
        path = self.path / "tmp" / name
        path.unlink(missing_ok=True)
        write_new(path, data)
        status = path.stat()
        return Staged(status.st_ino, status.st_ctime_ns)

    def publish(self, name: str) -> None:
        """Let readers see a staged letter. Never replaces a file."""
        new = self.path / "new"
        os.link(self.path / "tmp" / name, new / name)
        self.reach("sink.sent")
        sync_folder(new)

    def was_published(self, name: str, staged: Staged) -> bool:
        """Whether `publish` happened to what was staged so, asked after a crash.

        Where the file in `tmp` is gone (cleaners remove what is older than 36 hours), only the name can tell.
        """
        try:
            status = (self.path / "tmp" / name).stat()
        except FileNotFoundError:
            return self.find(name) is not None
        if status.st_ino != staged.inode:
            return self.find(name) is not None
        return status.st_nlink > 1 or status.st_ctime_ns != staged.changed

    def clear(self, name: str) -> None:
        """Remove the staged file of a letter that was published, or is not to be."""
        (self.path / "tmp" / name).unlink(missing_ok=True)

    def find(self, name: str) -> Path | None:
        """Where a delivered letter lies now: in `new`, or in `cur` with whatever flags a reader gave it."""
        return find(self.path, name)

    def _make(self) -> None:
        for name in FOLDERS:
            make_folder(self.path / name)
        if (self.path / "tmp").stat().st_dev != (self.path / "new").stat().st_dev:
            raise OSError(errno.EXDEV, "tmp and new of a maildir must lie on one file system", str(self.path))


@dataclass(frozen=True, slots=True)
class UniqueNames:
    """Names that no other delivery on any host ever has: the moment, then the process and a count, then the host."""

    now: Callable[[], dt.datetime]
    token: Callable[[], str]
    host: str
    process: int
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self) -> str:
        moment = self.now()
        host = self.host.replace("/", r"\057").replace(":", r"\072")
        middle = f"M{moment.microsecond}P{self.process}Q{next(self._count)}R{self.token()}"
        return f"{int(moment.timestamp())}.{middle}.{host}"
