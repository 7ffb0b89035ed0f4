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

Why a *stable* query planner (QPSG). Without it SQLite peeks at the values bound to LIMIT and to some comparisons, and
compiles such a statement anew whenever other values are bound: at every single run of most of ours, which took a third
of the writer's time. And why room for so many statements: the cache is a ring that each run of a statement moves by
one place, so it must hold more runs than a large batch has between two runs of the same statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import apsw

SAFE_VERSION = 3_051_003  # the first SQLite without the WAL-reset bug
_STATEMENTS = 256  # that stay compiled
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
        cursor = connection.cursor()
        self._execute, self._execute_each = cursor.execute, cursor.executemany
        self.log_pages = 0  # in the write-ahead log after the last commit
        connection.set_wal_hook(self._committed)

    # ------------------------------------------------------------ statements
    #
    # Values are given by name, or in the order of their places: that costs half as much, and is for the statements that
    # every letter runs.

    def run(self, name: str, /, *values: Any, **named: Any) -> None:
        self._execute(self._queries[name], values or named)

    def change(self, name: str, /, *values: Any, **named: Any) -> int:
        """Run a statement; how many rows it changed."""
        self._execute(self._queries[name], values or named)
        return self.connection.changes()

    def run_each(self, name: str, values: Iterable[tuple[Any, ...]], /) -> None:
        """Run a statement once for each tuple."""
        self._execute_each(self._queries[name], values)

    def insert(self, name: str, /, *values: Any, **named: Any) -> int:
        """Run an INSERT; the new row's number."""
        self._execute(self._queries[name], values or named)
        return self.connection.last_insert_rowid()

    def value(self, name: str, /, *values: Any, **named: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.first(name, *values, **named)
        return None if row is None else row[0]

    def first(self, name: str, /, *values: Any, **named: Any) -> tuple[Any, ...] | None:
        """The row of a statement that has one at most, or None."""
        rows: list[tuple[Any, ...]] = self._execute(self._queries[name], values or named).fetchall()
        return rows[0] if rows else None

    def all(self, name: str, /, *values: Any, **named: Any) -> list[tuple[Any, ...]]:
        """Rows as tuples, of a statement that names its columns."""
        rows: list[tuple[Any, ...]] = self._execute(self._queries[name], values or named).fetchall()
        return rows

    def rows(self, name: str, /, **named: Any) -> list[dict[str, Any]]:
        """Rows by column name."""
        return list(_named(self._execute(self._queries[name], named)))

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
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs, statementcachesize=_STATEMENTS)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.set_busy_timeout(busy)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file only: so that it can shrink on a full disk
    connection.pragma("journal_mode", "wal")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection
