"""A SQLite VFS that notes every write, truncation, deletion and sync, and the disk as a power cut would leave it.

A written page may be on the disk, or not, or in part, until a sync of its file has returned; then it is. Names are
durable after a sync of their folder; SQLite's own log brings its name with its first sync, as the built-in VFS does.
The shared-memory index is not recorded: it is rebuilt after a cut.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from sievepy.spool.files import LetterFiles

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Write:
    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Delete:
    file: str


@dataclass(frozen=True, slots=True)
class Rename:
    file: str
    to: str


@dataclass(frozen=True, slots=True)
class Sync:
    file: str


@dataclass(frozen=True, slots=True)
class SyncFolder:
    folder: str


@dataclass(frozen=True, slots=True)
class Promise:
    """Somebody was told so: from here on it must be true."""

    what: object


Event = Write | Truncate | Delete | Rename | Sync | SyncFolder | Promise


class Log:
    """Events of one run, in their order. File names are relative to the queue's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self._lock = threading.Lock()

    def add(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)

    def name(self, path: str | Path) -> str:
        return str(Path(path).relative_to(self.folder))

    def __len__(self) -> int:
        return len(self.events)


class RecordedFile(apsw.VFSFile):
    def __init__(self, log: Log, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._log, self._name = log, log.name(path)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._log.add(Write(self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self._log.add(Truncate(self._name, size))

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._log.add(Sync(self._name))


class RecordingVfs(apsw.VFS):
    """Registered under `name` for as long as it lives. `skip_sync`: a planted defect, syncs are not made."""

    def __init__(self, name: str, log: Log, skip_sync: bool = False) -> None:
        self._log = log
        self._file = Forgetful if skip_sync else RecordedFile
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return self._file(self._log, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self._log.add(Delete(self._log.name(filename)))


class Forgetful(RecordedFile):
    """The planted defect: the log is never synced."""

    def xSync(self, flags: int) -> None:
        if not self._name.endswith("-wal"):
            super().xSync(flags)


class RecordedFiles(LetterFiles):
    """The files of large letters, noted too. `skip_sync`: a planted defect, their names are not synced."""

    def __init__(self, log: Log, skip_sync: bool = False) -> None:
        super().__init__(log.folder)
        self._log, self._skip_sync = log, skip_sync

    def receive(self, name: str, data: bytes) -> Path:
        """What a receiver does: write and sync a file in `incoming`."""
        path = self.incoming / name
        path.write_bytes(data)
        self._log.add(Write(self._log.name(path), 0, data))
        self._log.add(Sync(self._log.name(path)))
        return path

    def take_over(self, file: Path, letter: str) -> None:
        target = self.path(letter)
        file.rename(target)
        self._log.add(Rename(self._log.name(file), self._log.name(target)))
        self.sync(self.letters)

    def sync(self, folder: Path) -> None:
        if self._skip_sync and folder == self.letters:
            return
        super().sync(folder)
        self._log.add(SyncFolder(self._log.name(folder)))


# ---------------------------------------------------------------- the disk


@dataclass
class File:
    """`content` as the program sees it; `durable` as the disk surely has it; `pending` between the two."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write | Truncate] = field(default_factory=list)


def apply(content: bytearray, event: Write | Truncate) -> None:
    if isinstance(event, Truncate):
        del content[event.size :]
        return
    end = event.offset + len(event.data)
    content.extend(bytes(max(0, end - len(content))))
    content[event.offset : end] = event.data


class Disk:
    """What is durable, event by event."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._named: dict[str, File] = {}  # as the folders on the disk have it

    def happen(self, event: Event) -> None:
        match event:
            case Write() | Truncate():
                self._files.setdefault(event.file, File()).pending.append(event)
            case Sync(file):
                synced = self._files.setdefault(file, File())
                for change in synced.pending:
                    apply(synced.durable, change)
                synced.pending.clear()
                if file.endswith(("-wal", "-journal")):
                    self._named[file] = synced
            case SyncFolder(folder):
                self._sync_names(folder)
            case Delete(file):
                self._files.pop(file, None)
            case Rename(file, to):
                self._files[to] = self._files.pop(file)

    def _sync_names(self, folder: str) -> None:
        there = {name: file for name, file in self._files.items() if str(Path(name).parent) == folder}
        for name in [name for name in self._named if str(Path(name).parent) == folder]:
            del self._named[name]
        self._named.update(there)

    def cut(self, kind: str, chance: random.Random) -> Iterator[tuple[str, bytes]]:
        """The files after a power cut: what was pending is lost (`lost`), there in part (`subset`), or torn
        (`torn`)."""
        for name, file in self._named.items():
            content = bytearray(file.durable)
            for change in survivors(file.pending, kind, chance):
                apply(content, change)
            yield name, bytes(content)


def survivors(pending: list[Write | Truncate], kind: str, chance: random.Random) -> Iterator[Write | Truncate]:
    if kind == "lost":
        return
    for change in pending:
        if isinstance(change, Write) and kind == "torn":
            yield from torn(change, chance)
        elif chance.random() < 0.5:
            yield change


def torn(write: Write, chance: random.Random) -> Iterator[Write]:
    """Some sectors of a page, and of a sector all or nothing. A write smaller than a sector is whole or not there."""
    for start in range(0, len(write.data), SECTOR):
        if chance.random() < 0.5:
            yield Write(write.file, write.offset + start, write.data[start : start + SECTOR])
