"""Which source a path is: a maildir, an mbox, a folder of `.eml`, or one letter."""

from __future__ import annotations

from pathlib import Path

from sievepy.disk.maildir import is_maildir
from sievepy.sources.folder import FolderSource
from sievepy.sources.maildir import MaildirSource
from sievepy.sources.mbox import MboxSource, is_mbox
from sievepy.sources.port import Source, SourceError, listing


def open_source(path: Path) -> Source:
    """The source at `path`. Raises SourceError where there is none that we can read."""
    with listing(path):
        if is_maildir(path):
            return MaildirSource(path)
        if path.is_dir():
            return FolderSource(path)
        if path.is_file():
            return MboxSource(path) if is_mbox(path) else FolderSource(path.parent, path.name)
    raise SourceError(f"{path} is no maildir, mbox, folder of .eml or letter: there is no such file or folder")
