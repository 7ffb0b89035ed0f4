"""Who may open which queue: this version's and the next one's, drained and usable both ways; nothing else is
touched."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import shutil
from pathlib import Path

import apsw
import pytest

from sievepy.spool import migrations
from sievepy.spool.migrations import APPLICATION_ID, UnknownSchema
from sievepy.spool.port import SpoolError
from tests.ports.spools import DAY, HOUR, NOW, arrival, ended, leased, letter, opened, planned, to

STORED = Path(__file__).parent / "queues"
NEXT = """
ALTER TABLE letters ADD COLUMN topic TEXT;
ALTER TABLE deliveries ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;
CREATE TABLE topics (id TEXT PRIMARY KEY, department TEXT NOT NULL) STRICT;
CREATE INDEX letters_by_topic ON letters (topic);
"""


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its bytes and its time."""
    return {
        str(path.relative_to(folder)): f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_mtime_ns}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_migrations_are_numbered_without_a_gap() -> None:
    assert len(migrations.load()) == len(list(Path(migrations.__file__).parent.joinpath("migrations").iterdir()))


@pytest.mark.parametrize("version", range(1, len(migrations.load()) + 1))
def test_a_stored_queue_of_each_version_is_drained(tmp_path: Path, version: int) -> None:
    """A queue file that was written by that version: a waiting letter, one on its way, one held."""
    queue = tmp_path / "spool.db"
    with gzip.open(STORED / f"version-{version}.db.gz") as stored, queue.open("wb") as file:
        shutil.copyfileobj(stored, file)

    async def test() -> None:
        async with opened(tmp_path) as spool:
            assert await spool.recover(NOW) == 1
            assert await spool.counts() == {
                "letter.accepted": 1,
                "letter.planned": 1,
                "letter.held": 1,
                "delivery.queued": 1,
                "delivery.delivered": 1,
                "delivery.held": 1,
            }
            (waiting,) = await spool.claim_judgement(NOW, 10)
            assert await spool.read(waiting.letter) == letter(1)
            await spool.plan(waiting.letter, b"plan", "program", [to("a")], [], NOW)
            for one in await spool.letters():
                if one.state == "held":
                    await spool.release(one.letter, "anna", "", NOW)
            for one in await spool.lease(NOW + DAY, NOW + 2 * DAY, 10):
                await spool.settle(one.id, ended("delivered"), NOW)
            assert await spool.counts() == {"letter.done": 3, "delivery.delivered": 4}

    asyncio.run(test())


def test_this_version_runs_on_the_next_ones_schema(tmp_path: Path) -> None:
    """N writes, N+1 migrates and goes on, and N, taken back, goes on from there."""
    this = migrations.load()

    async def test() -> None:
        async with opened(tmp_path, known=this) as spool:
            first = await spool.accept(arrival(letter(1)), NOW)
        async with opened(tmp_path, known=(*this, NEXT)) as spool:
            assert await spool.read(first.letter) == letter(1)
            second, _ = await planned(spool, to("a"), data=letter(2))
        async with opened(tmp_path, known=this) as spool:
            third, _ = await planned(spool, to("b"), data=letter(3))
            await spool.claim_judgement(NOW, 10)
            await spool.plan(first.letter, b"", "p", [to("c")], [], NOW)
            for one in (await leased(spool)).values():
                await spool.settle(one.id, ended("delivered"), NOW)
            assert await spool.counts() == {"letter.done": 3, "delivery.delivered": 3}
            assert len(await spool.deliveries(second)) == len(await spool.deliveries(third)) == 1
        async with opened(tmp_path, known=(*this, NEXT)) as spool:
            assert await spool.counts() == {"letter.done": 3, "delivery.delivered": 3}

    asyncio.run(test())


def test_a_schema_too_new_is_refused_and_untouched(tmp_path: Path) -> None:
    this = migrations.load()

    async def test() -> None:
        async with opened(tmp_path, known=(*this, NEXT, "CREATE TABLE later (a INTEGER);")) as spool:
            await spool.accept(arrival(letter()), NOW)
        before = fingerprint(tmp_path)
        for own in (True, False):
            with pytest.raises(UnknownSchema, match="at most"):
                await opened(tmp_path, known=this, own=own).__aenter__()
        assert fingerprint(tmp_path) == before

    asyncio.run(test())


def test_a_schema_that_only_the_log_tells_of_is_refused_too(tmp_path: Path) -> None:
    """After a crash the newest schema may be in the write-ahead log alone."""
    connection = apsw.Connection(str(tmp_path / "spool.db"))
    connection.pragma("journal_mode", "wal")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 9")
    copied = tmp_path / "after"
    copied.mkdir()
    for name in ("spool.db", "spool.db-wal"):
        shutil.copy(tmp_path / name, copied / name)
    connection.close()
    with pytest.raises(UnknownSchema):
        asyncio.run(opened(copied).__aenter__())


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\x00" + bytes(52) + b"\0\0\0\1" + bytes(36)])
def test_a_file_that_is_no_queue_is_refused_and_untouched(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "spool.db").write_bytes(content)
    before = fingerprint(tmp_path)
    with pytest.raises(UnknownSchema):
        asyncio.run(opened(tmp_path).__aenter__())
    assert fingerprint(tmp_path) == before


def test_a_migration_that_fails_leaves_the_schema_before(tmp_path: Path) -> None:
    this = migrations.load()

    async def test() -> None:
        async with opened(tmp_path) as spool:
            stored = await spool.accept(arrival(letter()), NOW)
        with pytest.raises(SpoolError):
            await opened(tmp_path, known=(*this, NEXT + "CREATE TABLE letters (a INTEGER);")).__aenter__()
        async with opened(tmp_path) as spool:
            assert await spool.read(stored.letter) == letter()
            assert await spool.lease(NOW, NOW + HOUR, 1) == []

    asyncio.run(test())


def test_a_guest_does_not_migrate(tmp_path: Path) -> None:
    this = migrations.load()

    async def test() -> None:
        async with opened(tmp_path):
            pass
        with pytest.raises(UnknownSchema, match="start the relay first"):
            await opened(tmp_path, known=(*this, NEXT), own=False).__aenter__()

    asyncio.run(test())
