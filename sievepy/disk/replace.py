"""Putting new contents into a file that somebody else may be reading, and that a person owns.

A reader sees the old contents or the new ones, never a part; after a power cut the file holds one of the two. The file
keeps its mode and, as far as we may, its owner; a symbolic link stays one, and what it leads to is replaced.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from sievepy.disk.durable import sync_folder


def replace_contents(path: Path, data: bytes) -> None:
    """Replace the contents of a file that exists. Raises OSError, and then the file is as it was."""
    target = path.resolve(strict=True)
    before = target.stat()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, before.st_mode & 0o7777)
            os.fsync(descriptor)
        new.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    sync_folder(target.parent)
