"""A new program in the place of the one in force: whole or not at all, and letters end with what they began with."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from sievepy.ir.conditions import Field, Match
from sievepy.ir.script import Channel, Department, Rule, Script
from sievepy.mail.envelope import Envelope
from sievepy.plan import Assign, Triage
from sievepy.relay import reload
from sievepy.relay.compiling import Compiled
from sievepy.relay.reload import Programs
from sievepy.relay.seeing import Seen
from sievepy.relay.settings import Place, Settings

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
PLACES = {"triage": Place("maildir", "Triage")}
SETTINGS = Settings("mx.x.kz", "x.kz", b"k" * 32, PLACES, workers=1)
SCRIPT = Script(
    (Rule("Акты", Match(Field("subject"), "contains", ("акт",)), (Assign("buh"),)),),
    (Triage(),),
    departments=(Department("buh", None, (Channel("email", "buh@x.kz"),)),),
)
OTHER = replace(SCRIPT, departments=(Department("buh", None, (Channel("email", "new@x.kz"),)),))
ACT = "Subject: акт\r\n\r\nx\r\n".encode()
ONE, TWO = Compiled(SCRIPT, "one", ()), Compiled(OTHER, "two", ())
BAD = Compiled(None, "", ("main.rules:1:1: error",))


class HeldWorkers:
    """Workers without processes; a letter that holds `slow` is answered when it is let go."""

    broken = False

    def __init__(self, make: object, count: int, limits: object) -> None:
        self.count, self.go, self.closed = count, asyncio.Event(), False
        self._busy = 0

    async def start(self) -> None:
        if self.broken:
            raise OSError("no process")

    async def judge(self, letter: bytes, envelope: Envelope, timestamp: float) -> Seen:
        self._busy += 1
        if b"slow" in letter:
            await self.go.wait()
        self._busy -= 1
        return Seen(None)

    async def close(self) -> None:
        while self._busy:
            await asyncio.sleep(0)
        self.closed = True


class Told:
    """What was said of each load: the program, and whether it was put in place."""

    def __init__(self) -> None:
        self.loads: list[tuple[str, bool]] = []

    def reloaded(self, compiled: Compiled, changed: bool) -> None:
        self.loads.append((compiled.program, changed))


def loading(*outcomes: Compiled | Exception) -> Callable[[], Awaitable[Compiled]]:
    left = list(outcomes)

    async def compile() -> Compiled:
        await asyncio.sleep(0)
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return compile


def programs(monkeypatch: pytest.MonkeyPatch, *outcomes: Compiled | Exception) -> tuple[Programs, Told]:
    monkeypatch.setattr(reload, "Workers", HeldWorkers)
    told = Told()
    return Programs(loading(*outcomes), SETTINGS, told), told


def address(made: Programs) -> str:
    return made.current.directory.channels("buh")[0].target


def test_the_first_program_is_put_in_place_with_all_that_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        made, told = programs(monkeypatch, ONE)
        assert await made.load() == ONE
        assert (made.current.program, address(made), told.loads) == ("one", "buh@x.kz", [("one", True)])
        assert made.refusing is made.current.refusing
        assert (made.routes.directory, made.routes.places) == (made.current.directory, PLACES)
        await made.close()

    asyncio.run(work())


def test_a_new_program_takes_the_place_of_the_old_one_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        made, told = programs(monkeypatch, ONE, TWO)
        await made.load()
        before = made.current
        await made.load()
        assert (made.current.program, address(made)) == ("two", "new@x.kz")
        assert made.current.workers is not before.workers
        assert told.loads == [("one", True), ("two", True)]
        await made.close()
        assert all(one.workers.closed for one in (before, made.current))  # type: ignore[attr-defined]

    asyncio.run(work())


def test_the_same_program_again_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        made, told = programs(monkeypatch, ONE, ONE)
        await made.load()
        before = made.current
        await made.load()
        assert made.current is before
        assert told.loads == [("one", True), ("one", False)]
        await made.close()

    asyncio.run(work())


def test_what_does_not_stand_leaves_what_was_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        made, told = programs(monkeypatch, ONE, BAD)
        await made.load()
        before = made.current
        assert (await made.load()).problems == BAD.problems
        assert made.current is before
        assert not before.workers.closed  # type: ignore[attr-defined]
        assert told.loads[-1] == ("", False)
        await made.close()

    asyncio.run(work())


@pytest.mark.parametrize("without_workers", [False, True])
def test_a_load_that_breaks_off_leaves_what_was_in_force_and_the_next_one_works(
    monkeypatch: pytest.MonkeyPatch, without_workers: bool
) -> None:
    async def work() -> None:
        made, _ = programs(monkeypatch, ONE, TWO if without_workers else OSError("the compiler died"), TWO)
        await made.load()
        monkeypatch.setattr(HeldWorkers, "broken", without_workers)
        with pytest.raises(OSError):
            await made.load()
        assert made.current.program == "one"
        monkeypatch.setattr(HeldWorkers, "broken", False)
        await made.load()
        assert made.current.program == "two"
        await made.close()

    asyncio.run(work())


def test_a_letter_ends_with_the_program_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        made, _ = programs(monkeypatch, ONE, TWO)
        await made.load()
        old = made.current
        judging = asyncio.create_task(old.workers.judge(b"slow", Envelope(), 0.0))
        await asyncio.sleep(0)
        await made.load()
        assert made.current.program == "two"
        assert not old.workers.closed  # type: ignore[attr-defined]
        old.workers.go.set()  # type: ignore[attr-defined]
        await judging
        await made.close()
        assert old.workers.closed  # type: ignore[attr-defined]

    asyncio.run(work())


def test_loads_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two signals at once: the later one wins, and nothing is left of the earlier one."""

    async def work() -> None:
        made, told = programs(monkeypatch, ONE, TWO, ONE)
        await made.load()
        await asyncio.gather(made.load(), made.load())
        assert [name for name, _ in told.loads] == ["one", "two", "one"]
        assert made.current.program == "one"
        await made.close()

    asyncio.run(work())


def test_real_workers_judge_by_the_program_in_force() -> None:
    async def work() -> None:
        changed = replace(SCRIPT, otherwise=(Assign("buh"),))
        made = Programs(loading(ONE, Compiled(changed, "two", ())), SETTINGS, Told())
        try:
            plans = []
            for _ in range(2):
                await made.load()
                seen = await made.current.workers.judge(b"Subject: x\r\n\r\nx\r\n", Envelope(), NOON.timestamp())
                assert seen.verdict is not None and seen.verdict.plan is not None
                plans.append(seen.verdict.plan.destination)
            assert plans == ["triage", "assign"]
        finally:
            await made.close()

    asyncio.run(work())
