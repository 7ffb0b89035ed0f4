"""The copy of a running queue's database.

Its owner makes it a few pages at a time on the one connection: SQLite carries what that connection writes meanwhile
over to the copy, so it ends as of one moment, that of its last step. A guest copies all of it in one step, inside one
read of the log: SQLite begins a copy anew whenever another process has written between two steps, and beside a busy
relay that would never end.

The copy is marked; who opens it finds everything held, for what was delivered since must not be delivered again.
"""

from __future__ import annotations

from pathlib import Path

import apsw

from sievepy.spool import queries, upkeep
from sievepy.spool.database import Database

PAGES = 256  # a step: 1 MB, for which others wait
WHOLE = -1


class Copy:
    """Every method runs in the writer thread."""

    def __init__(self, db: Database, path: Path, pages: int = PAGES) -> None:
        path.touch(mode=0o600)
        self._pages = pages
        self._target = apsw.Connection(str(path))
        self._backup = self._target.backup("main", db.connection, "main")
        self.files: frozenset[str] = frozenset()

    def step(self, db: Database) -> bool:
        """Whether it was the last."""
        return self._backup.step(self._pages)

    def finish(self, db: Database) -> None:
        self._backup.finish()
        copied = Database(self._target, queries.load())
        copied.begin()
        upkeep.mark_backup(copied)
        copied.commit()
        self.files = upkeep.letters_in_files(copied)

    def close(self, db: Database) -> None:
        self._backup.close(True)
        self._target.close()
