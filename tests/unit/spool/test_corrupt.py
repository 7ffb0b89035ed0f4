"""A letter that cannot be read is set aside as `corrupt`, and others go on."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from sievepy.spool.port import LetterState, SpoolError
from tests.ports.spools import HOUR, NOW, arrival, incoming, letter, opened, planned, states, story, to


def damage(folder: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(folder / "spool.db")
    assert connection.execute(statement, values).rowcount == 1
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE letters SET envelope = '{\"sender\": 7}' WHERE id = ?",
        "UPDATE letters SET envelope = '{' WHERE id = ?",
        "UPDATE letters SET state = 'acceptee' WHERE id = ?",
    ],
)
def test_a_row_that_cannot_be_read(tmp_path: Path, statement: str) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            bad = await spool.accept(arrival(letter(1), identity=b"a"), NOW)
            good = await spool.accept(arrival(letter(2)), NOW)
        damage(tmp_path, statement, bad.letter)
        async with opened(tmp_path) as spool:
            await spool.recover(NOW)
            assert [one.letter for one in await spool.claim_judgement(NOW, 10)] == [good.letter]
            assert await spool.counts() == {"letter.accepted": 1, "letter.corrupt": 1}
            (shown,) = await spool.letters([LetterState.CORRUPT])
            assert shown.letter == bad.letter
            assert (await story(spool, bad.letter))[-1] == "corrupt"
            again = await spool.accept(arrival(letter(1), identity=b"a"), NOW)
            assert not again.duplicate  # nobody is told that we have what we cannot read

    asyncio.run(test())


@pytest.mark.parametrize("statement", ["SET options = '[]'", "SET rules = 'x'", "SET state = 'sleeping'"])
def test_a_delivery_that_cannot_be_read_takes_its_letter_along(tmp_path: Path, statement: str) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            bad, (_, hurt) = await planned(spool, to("a"), to("b"), data=letter(1))
            _, (good,) = await planned(spool, to("b"), data=letter(2))
        damage(tmp_path, f"UPDATE deliveries {statement} WHERE id = ?", hurt)
        async with opened(tmp_path) as spool:
            await spool.recover(NOW)
            due = {one.id for one in await spool.lease(NOW, NOW + HOUR, 10)}
            assert due == {good}
            assert (await states(spool, bad))["a"] == "held"
            assert (await spool.counts())["letter.corrupt"] == 1
            assert [one.letter for one in await spool.letters([LetterState.CORRUPT])] == [bad]

    asyncio.run(test())


def test_bytes_that_do_not_match_their_digest(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            bad, _ = await planned(spool, to("a"))
            good, (delivery,) = await planned(spool, to("b"), data=letter(2))
        damage(tmp_path, "UPDATE bodies SET data = x'00' WHERE letter = (SELECT number FROM letters WHERE id = ?)", bad)
        async with opened(tmp_path) as spool:
            for _ in range(2):
                with pytest.raises(SpoolError, match="digest"):
                    await spool.read(bad)
            assert [one.id for one in await spool.lease(NOW, NOW + HOUR, 10)] == [delivery]
            assert await spool.read(good) == letter(2)
            assert (await spool.counts())["letter.corrupt"] == 1

    asyncio.run(test())


@pytest.mark.parametrize("harm", ["change", "remove"])
def test_a_file_that_is_not_what_it_was(tmp_path: Path, harm: str) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            stored = await spool.accept(incoming(spool, letter(1, 300_000)), NOW)
            path = spool.files.path(stored.letter)
            if harm == "change":
                path.write_bytes(letter(2, 300_000))
            else:
                path.unlink()
            with pytest.raises(SpoolError):
                await spool.content(stored.letter)
            assert await spool.counts() == {"letter.corrupt": 1}
            assert spool.broken is None

    asyncio.run(test())


def test_files_that_came_after_a_backup_are_set_aside(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path / "queue") as spool:
            await spool.backup(tmp_path / "backup")
        newer = tmp_path / "backup" / "letters" / "newer"
        newer.write_bytes(letter(7))
        async with opened(tmp_path / "backup"):
            assert (tmp_path / "backup" / "set-aside" / "newer").read_bytes() == letter(7)

    asyncio.run(test())
