"""The thread ledger in SQLite: what is looked at, and what cannot be read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw
import pytest

from sievepy.spool import migrations, queries
from sievepy.spool.port import Thread
from tests.ports.spools import NOW, arrival, letter, opened, to
from tests.unit.spool.test_corrupt import damage


@pytest.mark.parametrize("departments", ["{", '{"buh": 1}', "[7]", "null"])
def test_a_row_that_cannot_be_read_is_no_thread(tmp_path: Path, departments: str) -> None:
    async def test() -> None:
        threads = [Thread(b"bad", ("buh",)), Thread(b"good", ("abon",))]
        async with opened(tmp_path) as spool:
            accepted = await spool.accept(arrival(letter()), NOW)
            await spool.plan(accepted.letter, b"plan", "program", [to("a")], [], NOW, threads)
        damage(tmp_path, "UPDATE threads SET departments = ? WHERE key = ?", departments, b"bad")
        async with opened(tmp_path) as spool:
            assert await spool.threads([b"bad", b"good"]) == {b"good": ("abon",)}

    asyncio.run(test())


def test_looking_up_is_one_search_of_the_index() -> None:
    connection = apsw.Connection(":memory:")
    migrations.migrate(connection, migrations.load())
    plan = connection.execute("EXPLAIN QUERY PLAN " + queries.load()["known-threads"], {"keys": "[]"})
    steps = [row[3] for row in plan]
    assert steps[0].startswith("SEARCH threads USING INDEX")
    assert not any(step.startswith("SCAN threads") for step in steps)
