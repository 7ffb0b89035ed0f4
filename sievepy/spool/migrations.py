"""Numbered migrations of the queue's schema, and who may run on which.

`migrations/NNN.sql` brings schema NNN-1 to NNN, in one transaction. A migration is additive for one version: a
program that knows the schema up to N also runs on N+1, so that an update can be taken back. A schema newer than
that is refused before the file is opened, for opening alone may replay the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import apsw

from sievepy.spool.port import SpoolRefused

APPLICATION_ID = 0x73767079  # "svpy", in the file's header
_HEADER = b"SQLite format 3\x00"  # https://www.sqlite.org/fileformat.html section 1.3
_USER_VERSION, _APPLICATION_ID = slice(60, 64), slice(68, 72)


class UnknownSchema(SpoolRefused):
    """The queue was written by a program too new for this one, or is no queue. Nothing of it was touched."""


def load() -> tuple[str, ...]:
    """The migrations' texts; the first makes version 1."""
    folder = files("sievepy.spool").joinpath("migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    if names != [f"{number:03}.sql" for number in range(1, len(names) + 1)]:
        raise RuntimeError(f"migrations are not numbered without a gap: {', '.join(names)}")
    return tuple(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def look(path: Path, known: int) -> None:
    """Raise UnknownSchema for a file that this program must not open. Reads the header only."""
    if not path.exists():
        return
    with path.open("rb") as file:
        header = file.read(100)
    if not header:
        return  # made, and nothing committed
    if header[:16] != _HEADER:
        raise UnknownSchema(f"{path} is not a SQLite database")
    version, application = (int.from_bytes(header[part], "big") for part in (_USER_VERSION, _APPLICATION_ID))
    if (version, application) != (0, 0):  # (0, 0): the first migration is still in the log
        _check(str(path), version, application, known)


def migrate(connection: apsw.Connection, migrations: Sequence[str], *, allowed: bool = True) -> None:
    """Bring the schema to the newest version this program knows; one that is newer by one is left alone. `allowed` is
    False for a guest of a running queue, who uses it as it is."""
    version = connection.pragma("user_version")
    if version:  # what is still in the log was not seen in the header
        _check("the queue", version, connection.pragma("application_id"), len(migrations))
    if version < len(migrations) and not allowed:
        raise UnknownSchema("the queue is older than this program: start the relay first")
    for number, text in enumerate(migrations[version:], start=version + 1):
        with connection:
            connection.execute(text)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _check(where: str, version: int, application: int, known: int) -> None:
    if application != APPLICATION_ID:
        raise UnknownSchema(f"{where} is not a queue of sievepy")
    if version > known + 1:
        raise UnknownSchema(f"{where} has schema {version}; this program knows {known} and runs on {known + 1} at most")
