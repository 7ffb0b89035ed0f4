"""Whether a folder can hold what must not be lost: it can be written, what is written stays, and on which kind of file
system it lies. Leaves nothing behind."""

from __future__ import annotations

import re
from pathlib import Path

from sievepy.disk.durable import sync_folder, write_new

REMOTE = frozenset({"9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "glusterfs", "nfs", "nfs4", "smb3"})
"""Kinds of file systems whose locks and syncs are not those of a local disk."""
PASSING = frozenset({"overlay", "ramfs", "tmpfs"})
"""Kinds whose contents go with the machine or the container."""

_OCTAL = re.compile(r"\\([0-7]{3})")  # how mountinfo writes white space


def existing(path: Path) -> Path:
    """The folder itself, or the nearest above it that is there for us: where we may not look, nothing is."""
    return next(folder for folder in (path, *path.parents) if is_folder(folder))


def is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # of a folder around it
        return False


def is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def write_through(folder: Path, name: str) -> None:
    """Write a file of that name, make it and the folder durable, and remove it again. Raises OSError."""
    path = folder / name
    write_new(path, b"")
    try:
        sync_folder(folder)
    finally:
        path.unlink()


def kind_of(path: Path, mounts: str) -> str | None:
    """The kind of the file system that an absolute path lies on, by the text of `/proc/self/mountinfo` (proc(5)); None
    where that does not say."""
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields, separator, behind = line.partition(" - ")
        if not separator or len(fields.split()) < 5:
            continue
        point = Path(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields.split()[4]))
        if path.is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = len(point.parts), behind.split()[0]  # of several at one point the last lies on top
    return None if found is None else found[1]
