"""What the statements of the queue cost: how often they are compiled, what they read, and how many a letter takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import apsw
import apsw.ext
import pytest

from sievepy.spool import migrations, queries
from sievepy.spool.database import connect
from sievepy.spool.port import Lease
from tests.ports.spools import HOUR, NOW, arrival, ended, letter, opened, to

STATEMENTS = queries.load()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[apsw.Connection]:
    connection = connect(tmp_path / "spool.db", busy=0, create=True)
    migrations.migrate(connection, migrations.load())
    yield connection
    connection.close()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_compiled_once(connection: apsw.Connection, name: str) -> None:
    """However often it runs, and with whatever values."""
    text, compiled = STATEMENTS[name], []
    count = apsw.ext.query_info(connection, text).bindings_count
    assert any(text.startswith(word) for word in ("SELECT", "INSERT", "UPDATE", "DELETE"))

    def authorize(*what: object) -> int:
        compiled.append(what)  # SQLite asks whenever it compiles
        return apsw.SQLITE_OK

    connection.authorizer = authorize
    connection.execute("BEGIN")
    for value in range(4):
        with contextlib.suppress(apsw.ConstraintError, apsw.MismatchError):
            list(connection.execute(text, (value,) * count))
        if value == 0:
            assert compiled
            compiled.clear()
    assert compiled == []


def steps_of(connection: apsw.Connection, name: str) -> list[str]:
    count = apsw.ext.query_info(connection, STATEMENTS[name]).bindings_count
    return [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + STATEMENTS[name], (None,) * count)]


def test_what_is_due_is_found_in_the_order_of_its_time(connection: apsw.Connection) -> None:
    """And what is passed over is passed over inside the index: nothing is sorted, and no row of others is read."""
    steps = steps_of(connection, "due")
    assert steps[0] == "SEARCH deliveries USING INDEX deliveries_due (next_at<?)"
    assert not any("TEMP B-TREE" in step for step in steps)


@pytest.mark.parametrize("name", ["known-identity", "letter", "body", "delivery-state", "weigh-letter", "fallbacks"])
def test_what_a_letter_asks_reads_nothing_of_others(connection: apsw.Connection, name: str) -> None:
    assert not any(step.startswith("SCAN") for step in steps_of(connection, name))


async def apart(spool, number: int) -> None:
    accepted = await spool.accept(arrival(letter(number), identity=b"%d" % number), NOW)
    await spool.claim_judgement(NOW, 1)
    await spool.plan(accepted.letter, b"plan", "program", [to("a")], [], NOW)
    (one,) = await spool.lease(NOW, NOW + HOUR, 1)
    await spool.settle(one.id, ended("delivered"), NOW)


async def at_once(spool, number: int) -> None:
    accepted = await spool.accept(arrival(letter(number), identity=b"%d" % number), NOW, claim=True)
    lease = Lease(NOW + HOUR, 1)
    (one,) = await spool.plan_and_lease(accepted.letter, b"plan", "program", [to("a")], [], NOW, lease)
    await spool.settle(one.id, ended("delivered"), NOW)


@pytest.mark.parametrize(("way", "most"), [(apart, 20), (at_once, 16)])
def test_a_letter_takes_so_many_statements(tmp_path: Path, way, most: int) -> None:
    """Beside the BEGIN and COMMIT of the batches it happens to be in."""
    ran: Counter[str] = Counter()

    def count(cursor: apsw.Cursor, statement: str, values: object) -> bool:
        ran[statement.split()[0]] += 1
        return True

    async def test() -> None:
        async with opened(tmp_path) as spool:
            await spool._writer.read(lambda db: setattr(db.connection, "exec_trace", count))
            await asyncio.gather(*(way(spool, number) for number in range(50)))
            assert await spool.counts() == {"letter.done": 50, "delivery.delivered": 50}
            await spool._writer.read(lambda db: setattr(db.connection, "exec_trace", None))

    asyncio.run(test())
    assert ran["BEGIN"] == ran["COMMIT"] > 0
    assert not ran["SAVEPOINT"]
    assert sum(ran.values()) - ran["BEGIN"] - ran["COMMIT"] <= 50 * most + 1
