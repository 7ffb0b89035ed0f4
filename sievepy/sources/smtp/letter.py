"""Where a letter's bytes lie while they arrive: in memory while they are few, in a file of the queue's folder when not.

Files are written and hashed in threads, a quarter of a megabyte at a time, so that one client's large letter does not
stand in another's way. `finish` returns after the file's fsync; the durable name is the queue's to give.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sievepy.sources.smtp.limits import Gate


class Arriving:
    """One letter. Whatever becomes of it, `drop` it in the end: the memory is given back, the file deleted."""

    def __init__(self, path: Path, gate: Gate, in_file: int) -> None:
        self._path, self._gate, self._in_file = path, gate, in_file
        self._pieces: list[bytes] = []
        self._held = 0
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._work: asyncio.Future[None] | None = None
        self.size = 0

    async def add(self, content: bytes) -> None:
        """Raises OSError as the disk does."""
        if not content:
            return
        self.size += len(content)
        counted = self._gate.take(len(content))
        self._pieces.append(content)
        self._held += len(content) if counted else 0
        if not counted or self._held > self._in_file:
            await self._write()

    async def finish(self) -> bytes | Path:
        """The letter, whole. Raises OSError."""
        if self._file is None:
            data = b"".join(self._pieces)
            self._hash.update(data)
            return data
        await self._write()
        await self._in_thread(self._sync)
        return self._path

    @property
    def digest(self) -> bytes:
        """SHA-256, once the letter is finished."""
        return self._hash.digest()

    async def drop(self) -> None:
        """Done twice it is done once. A file that has been renamed away stays where it is."""
        if self._work is not None:
            with contextlib.suppress(OSError):
                await self._work
        self._forget()
        if self._file is not None:
            self._file.close()
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _forget(self) -> None:
        self._gate.give(self._held)
        self._held = 0
        self._pieces = []

    async def _write(self) -> None:
        data = b"".join(self._pieces)
        self._pieces.clear()
        await self._in_thread(lambda: self._append(data))
        self._forget()

    async def _in_thread(self, step: Callable[[], None]) -> None:
        """A step that was begun is waited for by `drop`, even if we are cancelled: no file is closed under a thread."""
        self._work = asyncio.get_running_loop().run_in_executor(None, step)
        await asyncio.shield(self._work)

    def _append(self, data: bytes) -> None:
        if self._file is None:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._hash.update(data)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _sync(self) -> None:
        assert self._file is not None  # only called when there is one
        os.fsync(self._file.fileno())
