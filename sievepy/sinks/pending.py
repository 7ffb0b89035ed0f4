"""A file of JSON lines for what stands in for printers, portals, messengers: one line an action, synced.

Several runs may write to one file: each write holds a lock on it. A last line without its line end was torn by a crash
before its writer could count on it, and is cut off by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sievepy.disk.durable import make_folder, sync_folder, write_new

Line = Mapping[str, object]
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Pending:
    """Lines are objects with a unique `id`, by which adding them twice adds them once."""

    path: Path

    def size(self) -> int:
        """Bytes, before a write; 0 where there is no file yet."""
        return self.path.stat().st_size if self.path.exists() else 0

    def add(self, lines: Collection[Line], since: int = 0) -> None:
        """Append those lines that do not stand behind byte `since` already."""
        make_folder(self.path.parent)
        with self._locked() as file:
            _cut_torn_line(file)
            end = file.seek(0, os.SEEK_END)
            file.seek(since if since <= end else 0)
            known = {_id(line) for line in file}
            missing = [line for line in lines if line["id"] not in known]
            file.seek(0, os.SEEK_END)
            file.write(b"".join(_encoded(line) for line in missing))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path.parent)

    def remove(self, ids: Collection[str]) -> set[str]:
        """Take lines back; answers the ids that were still there. Readers see the old file or the new one."""
        if not self.path.exists():
            return set()
        with self._locked() as file:
            file.seek(0)
            lines = file.readlines()
            found = set(ids) & {_id(line) for line in lines}
            if found:
                rest = self.path.with_name(f".{self.path.name}.new")
                rest.unlink(missing_ok=True)
                write_new(rest, b"".join(line for line in lines if _id(line) not in found))
                rest.replace(self.path)
                sync_folder(self.path.parent)
        return found

    @contextlib.contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        """The file, held alone. Whoever waited while `remove` replaced it opens the new one."""
        while True:
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.fstat(file.fileno()).st_ino == self.path.stat().st_ino:
                    yield file
                    return


def _cut_torn_line(file: BinaryIO) -> None:
    end = file.seek(0, os.SEEK_END)
    start = max(0, end - _LONGEST_LINE)
    file.seek(start)
    file.truncate(start + file.read().rfind(b"\n") + 1)


def _encoded(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _id(line: bytes) -> object:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value.get("id") if isinstance(value, dict) else None
