"""Steps on the file system that still hold after a power cut.

A file's bytes are durable after fsync(2) of the file, its name after fsync(2) of the folder. Everything here raises
OSError as usual and leaves nothing half done that a second try could take for whole.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, private to its owner, and the parents that are missing; each name is durable."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        sync_folder(new.parent)


def write_new(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file that must not exist yet, in one piece or in several; its bytes are durable, its name is not. No part
    of it stays on failure."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def move(path: Path, target: Path) -> None:
    """Rename within one file system, durably. Never replaces a file."""
    if target.exists():
        raise FileExistsError(17, "a file of this name is there already", str(target))
    path.rename(target)
    sync_folder(target.parent)
    sync_folder(path.parent)
