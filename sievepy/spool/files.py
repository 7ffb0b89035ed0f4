"""Letters too large for a row lie in files beside the queue: `letters/<id>`, private to the queue's owner.

The bytes are durable first (the receiver wrote and synced them in `incoming/`), then the name (rename, sync of the
folder), and only then is there a row that points to it: whatever a power cut leaves, no row lacks its file. What it
can leave is a file without a row; those are swept at start. `secure_delete` does not reach these files: they are
unlinked.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sievepy.disk.durable import make_folder, sync_folder, write_new
from sievepy.spool.port import SpoolError, SpoolRefused


class LetterFiles:
    """The files of one queue. Methods raise OSError as the disk does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming, self.letters, self.set_aside = (folder / name for name in ("incoming", "letters", "set-aside"))

    def prepare(self) -> None:
        for folder in (self.incoming, self.letters):
            make_folder(folder)

    def take_over(self, file: Path, letter: str) -> None:
        """Give a received file the letter's name. Raises SpoolRefused for a file that lies elsewhere."""
        if file.parent != self.incoming:
            raise SpoolRefused(f"{file} does not lie in {self.incoming}")
        target = self.letters / letter
        if target.exists():
            raise SpoolRefused(f"there is a file of letter {letter} already")
        file.rename(target)
        self.sync(self.letters)

    def path(self, letter: str) -> Path:
        return self.letters / letter

    def drop(self, letters: Iterable[str]) -> None:
        """Delete files; what is gone already is no error, and neither is one that cannot go: it is swept later."""
        for letter in letters:
            with contextlib.suppress(OSError):
                self.path(letter).unlink(missing_ok=True)

    def sweep(self, known: frozenset[str], *, delete: bool) -> int:
        """Clear `incoming`, and rid `letters` of files that no row points to; how many there were. In a queue
        restored from a backup such a file may be a letter that came after the backup: it is set aside
        (`delete=False`)."""
        for path in list(self.incoming.iterdir()):
            path.unlink()
        orphans = [path for path in self.letters.iterdir() if path.name not in known]
        for path in orphans:
            if delete:
                path.unlink()
            else:
                make_folder(self.set_aside)
                path.rename(self.set_aside / path.name)
        return len(orphans)

    def copy_from(self, other: LetterFiles, letters: Iterable[str]) -> None:
        """For a backup. A file that was deleted since is not missed: so was its letter."""
        for letter in letters:
            with contextlib.suppress(FileNotFoundError):
                write_new(self.path(letter), other.path(letter).read_bytes())
        self.sync(self.letters)

    def sync(self, folder: Path) -> None:
        sync_folder(folder)


def digest_of(path: Path) -> bytes:
    """The SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Be the only owner of a queue for as long as the context lasts, or as this process lives. Raises SpoolError."""
    descriptor = os.open(folder / "owner", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SpoolError(f"another relay uses the queue in {folder}") from None
        yield
    finally:
        os.close(descriptor)
