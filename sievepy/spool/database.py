"""The one connection to the SQLite queue: how it is opened, and the named statements on it.

Why apsw and not the standard library's sqlite3. Before release 3.51.3 SQLite had a bug by which two connections
that checkpoint and write at the same moment reset the write-ahead log wrongly and corrupt the file; the library of
current stable distributions has it. apsw brings a newer SQLite of its own, and the process that owns the queue has
one connection in one thread in any case. apsw also tells a failed sync from a full disk (extended result codes),
can open by another VFS, and never begins a transaction of its own accord.

Why these pragmas. `journal_mode=WAL` with `synchronous=FULL` is one sync for each commit, of the log; NORMAL would
be none. `secure_delete` overwrites what is deleted. `wal_autocheckpoint=0`: SQLite *ignores* an error of its
automatic checkpoints and tries again later, but an fsync(2) that failed once may report success the second time
though the pages are lost; so checkpoints are made by the writer, who looks at the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import apsw

SAFE_VERSION = 3_051_003  # the first SQLite without the WAL-reset bug
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -16000",
    "PRAGMA temp_store = MEMORY",
)


class Database:
    """A connection and the statements it knows. Not safe for two threads at a time."""

    def __init__(self, connection: apsw.Connection, queries: Mapping[str, str]) -> None:
        self.connection = connection
        self._queries = queries
        self._execute = connection.cursor().execute
        self.log_pages = 0  # in the write-ahead log after the last commit
        connection.set_wal_hook(self._committed)

    # ------------------------------------------------------------ statements

    def run(self, name: str, /, **values: Any) -> int:
        """Run a statement; how many rows it changed."""
        self._execute(self._queries[name], values)
        return self.connection.changes()

    def insert(self, name: str, /, **values: Any) -> int:
        """Run an INSERT; the new row's number."""
        self._execute(self._queries[name], values)
        return self.connection.last_insert_rowid()

    def value(self, name: str, /, **values: Any) -> Any:
        """The first column of the first row, or None."""
        for row in self._execute(self._queries[name], values):
            return row[0]
        return None

    def row(self, name: str, /, **values: Any) -> dict[str, Any] | None:
        return next(iter(self.rows(name, **values)), None)

    def rows(self, name: str, /, **values: Any) -> list[dict[str, Any]]:
        """Rows by column name: a later schema may have more columns than this program knows."""
        cursor = self.connection.cursor()
        return list(_named(cursor.execute(self._queries[name], values)))

    # ------------------------------------------------------------ transactions

    def begin(self) -> None:
        self._execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._execute("COMMIT")

    def roll_back(self) -> None:
        if self.connection.in_transaction:  # SQLite may have done it itself
            self._execute("ROLLBACK")

    def save(self) -> None:
        self._execute("SAVEPOINT step")

    def keep(self) -> None:
        self._execute("RELEASE step")

    def undo(self) -> None:
        """Back to the last `save`. After a statement by which SQLite itself ended the transaction this fails, as it
        should: then nothing of the batch is left."""
        self._execute("ROLLBACK TO step")
        self._execute("RELEASE step")

    # ------------------------------------------------------------ the log

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Copy the log into the file. Raises what the disk says; that another process reads just now is no error."""
        mode = apsw.SQLITE_CHECKPOINT_TRUNCATE if truncate else apsw.SQLITE_CHECKPOINT_PASSIVE
        try:
            self.connection.wal_checkpoint(mode=mode)
        except apsw.BusyError:
            return
        self.log_pages = 0

    def shrink(self, pages: int) -> None:
        """Give up to that many unused pages, and the log's, back to the file system. In no transaction."""
        if self.connection.pragma("freelist_count"):
            for _ in self._execute(f"PRAGMA incremental_vacuum({pages})"):
                pass
        self.checkpoint(truncate=True)

    def _committed(self, connection: apsw.Connection, schema: str, pages: int) -> int:
        self.log_pages = pages
        return apsw.SQLITE_OK

    def close(self, *, broken: bool = False) -> None:
        """`broken`: leave the log as it is. Closing would checkpoint, and so sync again."""
        if broken:
            self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        self.connection.close(broken)


def _named(cursor: apsw.Cursor) -> Iterator[dict[str, Any]]:
    names: list[str] | None = None
    for row in cursor:
        if names is None:
            names = [column[0] for column in cursor.get_description()]
        yield dict(zip(names, row, strict=True))


def connect(path: Path, *, busy: int, create: bool, vfs: str | None = None) -> apsw.Connection:
    """Open a queue's file with the pragmas above; `busy` in milliseconds."""
    if apsw.SQLITE_VERSION_NUMBER < SAFE_VERSION:
        raise RuntimeError(
            f"SQLite {apsw.sqlite_lib_version()} can corrupt a write-ahead log; 3.51.3 or newer is needed"
        )
    if create:
        path.touch(mode=0o600)  # its log inherits this; SQLite's own choice would let anybody read letters
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
    connection.set_busy_timeout(busy)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file only: so that it can shrink on a full disk
    connection.pragma("journal_mode", "wal")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection
