"""A batch in which something fails: what the writer takes back, what it runs once more, and what it tells whom."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sievepy.spool import journal
from sievepy.spool.database import Database
from sievepy.spool.port import JournalEntry, SpoolError, SpoolFull, SpoolRefused
from tests.ports.spools import NOW, arrival, ended, letter, opened, planned, to


def noting(what: str, runs: Counter[str], fails: Callable[[int], Exception | None] = lambda run: None) -> Any:
    """A step that writes into the journal, and then fails if it is to fail at that run; it answers which run it was."""

    def step(db: Database) -> int:
        runs[what] += 1
        journal.note(db, JournalEntry(NOW, what, "a test"))
        if (problem := fails(runs[what])) is not None:
            raise problem
        return runs[what]

    return step


def always(run: int) -> Exception:
    return SpoolRefused(f"no, said run {run}")


def once(run: int) -> Exception | None:
    return ValueError("a defect that comes and goes") if run == 1 else None


async def together(spool: Any, *asked: Awaitable[Any]) -> list[Any]:
    """The answers to requests that gathered behind a reader, and so are one batch."""
    reading, gathered, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()

    def read(db: Database) -> None:
        loop.call_soon_threadsafe(reading.set)
        asyncio.run_coroutine_threadsafe(gathered.wait(), loop).result()

    reader = asyncio.create_task(spool._writer.read(read))
    await reading.wait()
    answers = asyncio.gather(*asked, return_exceptions=True)
    while spool._writer._requests.qsize() < len(asked):
        await asyncio.sleep(0)
    gathered.set()
    await reader
    return await answers


async def noted(spool: Any) -> list[str]:
    return [entry.what for entry in await spool.journal()]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_a_batch_did_is_done_once_though_it_ran_twice(tmp_path: Path, place: int) -> None:
    reached: list[str] = []

    async def test() -> None:
        async with opened(tmp_path, reach=reached.append) as spool:
            runs: Counter[str] = Counter()
            steps = [noting("first", runs), noting("second", runs)]
            steps.insert(place, noting("fails", runs, always))
            answers = await together(spool, *map(spool._writer.step, steps))
            failed = answers.pop(place)
            assert isinstance(failed, SpoolRefused) and str(failed) == f"no, said run {runs['fails']}"
            assert await noted(spool) == ["first", "second"]
            assert answers == [runs["first"], runs["second"]]  # of the run that counts
            assert runs["fails"] == 2
            assert reached.count("db.begin") == 2 and reached.count("db.commit") == 1

    asyncio.run(test())


def test_a_batch_without_a_failure_runs_once_and_without_savepoints(tmp_path: Path) -> None:
    ran: list[str] = []

    def trace(cursor: object, statement: str, values: object) -> bool:
        ran.append(statement.split()[0])
        return True

    async def test() -> None:
        async with opened(tmp_path) as spool:
            runs: Counter[str] = Counter()
            await spool._writer.read(lambda db: setattr(db.connection, "exec_trace", trace))
            steps = [spool._writer.step(noting(str(number), runs)) for number in range(5)]
            assert await together(spool, *steps) == [1] * 5
            await spool._writer.read(lambda db: setattr(db.connection, "exec_trace", None))

    asyncio.run(test())
    assert ran == ["BEGIN", *["INSERT"] * 5, "COMMIT"]


def test_a_lone_request_that_fails_runs_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            runs: Counter[str] = Counter()
            with pytest.raises(SpoolError, match="comes and goes"):
                await spool._writer.step(noting("lone", runs, once))
            assert (runs["lone"], await noted(spool)) == (1, [])
            assert await spool._writer.step(noting("lone", runs, once)) == 2
            assert await noted(spool) == ["lone"]

    asyncio.run(test())


def test_a_request_that_succeeds_in_its_second_run_has_succeeded(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            runs: Counter[str] = Counter()
            steps = [noting("other", runs), noting("fails", runs, once)]
            assert await together(spool, *map(spool._writer.step, steps)) == [2, 2]
            assert await noted(spool) == ["other", "fails"]

    asyncio.run(test())


def test_several_failures_leave_the_others(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            runs: Counter[str] = Counter()
            steps = [noting(str(number), runs, always if number % 2 else lambda run: None) for number in range(10)]
            answers = await together(spool, *map(spool._writer.step, steps))
            assert [type(answer) for answer in answers] == [int, SpoolRefused] * 5
            assert await noted(spool) == ["0", "2", "4", "6", "8"]

    asyncio.run(test())


def test_a_letter_s_steps_survive_the_failure_of_others(tmp_path: Path) -> None:
    """The steps of the queue itself: their second run finds nothing of the first."""
    fails: list[str] = []

    def reach(place: str) -> None:
        if place == "plan.commit" and fails:
            raise RuntimeError(fails.pop())

    async def test() -> None:
        async with opened(tmp_path, reach=reach) as spool:
            going, (delivery,) = await planned(spool, to("a"), data=letter(1))
            await spool.lease(NOW, NOW, 1)
            waiting = await spool.accept(arrival(letter(2)), NOW)
            fails.extend(["a defect"] * 2)
            answers = await together(
                spool,
                spool.accept(arrival(letter(3), identity=b"3"), NOW, claim=True),
                spool.plan(waiting.letter, b"", "p", [to("b")], [], NOW),
                spool.settle(delivery, ended("delivered"), NOW),
                spool.accept(arrival(letter(3), identity=b"3"), NOW),
            )
            assert isinstance(answers[1], SpoolError) and answers[2] is None
            assert (answers[0].duplicate, answers[3].duplicate) == (False, True)
            assert answers[3].letter == answers[0].letter == answers[0].claimed.letter
            counts = {"letter.accepted": 2, "letter.done": 1, "delivery.delivered": 1}
            assert await spool.counts() == counts
            whats = [entry.what for entry in await spool.journal(answers[0].letter)]
            assert whats == ["accepted", "judging", "duplicate-intake"]
            assert (await spool.deliveries(going))[0].attempts == 1

    asyncio.run(test())


def test_a_letter_that_is_refused_for_want_of_room_spoils_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            runs: Counter[str] = Counter()
            spool._room.full = True
            monkeypatch.setattr("sievepy.spool.room.Room.free", lambda room: 0)
            steps = [spool._writer.step(noting(name, runs)) for name in ("first", "second")]
            steps.insert(1, spool.accept(arrival(letter()), NOW))
            answers = await together(spool, *steps)
            assert isinstance(answers[1], SpoolFull)
            assert answers[::2] == [1, 1]
            assert await noted(spool) == ["first", "second"]

    asyncio.run(test())
