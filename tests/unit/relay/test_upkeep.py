"""What goes with time, and what stays: on the real queue, by a clock of our own."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sievepy.ir.script import Channel, Department
from sievepy.relay.deliveries import Directory
from sievepy.relay.upkeep import tidy
from sievepy.spool.port import LetterState, NewDelivery, SpoolError
from sievepy.spool.sqlite import SqliteSpool
from tests.ports.spools import DAY, HOUR, NOW, ended, incoming, letter, opened, planned, story

BUH = Department("buh", None, (Channel("email", "buh@x.kz"),))
ACTIV = replace(BUH, name="activ", restricted=True)
JOURNAL = replace(ACTIV, name="journal")
DIRECTORY = Directory.of((BUH, ACTIV, JOURNAL), ())


def to(department: str, **more: object) -> NewDelivery:
    return NewDelivery("email", f"{department}@x.kz", department, **more)  # type: ignore[arg-type]


DISCARDED = NewDelivery("discard", "here", held=True)


def on_a_queue(folder: Path, work: Callable[[SqliteSpool], Awaitable[None]]) -> None:
    async def run() -> None:
        async with opened(folder) as spool:
            await work(spool)

    asyncio.run(run())


async def settled(spool: SqliteSpool, *deliveries: NewDelivery, outcome: str = "delivered", number: int = 0) -> str:
    """A letter all of whose deliveries came to their end now."""
    id, _ = await planned(spool, *deliveries, data=letter(number))
    for one in await spool.lease(NOW, NOW + HOUR, 100):
        await spool.settle(one.id, ended(outcome), NOW)
    return id


async def has_bytes(spool: SqliteSpool, id: str) -> bool:
    try:
        return bool(await spool.read(id))
    except SpoolError:
        return False


@pytest.mark.parametrize(
    ("deliveries", "days"),
    [
        ((to("buh"),), 14),
        ((to("activ"),), 3),
        ((to("buh"), to("activ")), 3),
        ((to("buh"), replace(to("activ"), reference=True)), 3),
        ((to("journal"),), 3),  # a department may have any name
        ((NewDelivery("maildir", "Archive"),), 14),
    ],
)
def test_the_bytes_of_what_is_delivered_are_kept_so_many_days(
    tmp_path: Path, deliveries: tuple[NewDelivery, ...], days: int
) -> None:
    async def work(spool: SqliteSpool) -> None:
        id = await settled(spool, *deliveries)
        assert await tidy(spool, DIRECTORY, NOW + days * DAY - dt.timedelta(seconds=1)) == 0
        assert await has_bytes(spool, id)
        assert await tidy(spool, DIRECTORY, NOW + days * DAY) == 1
        assert not await has_bytes(spool, id)
        assert (await story(spool, id))[-1] == "expired"
        assert await tidy(spool, DIRECTORY, NOW + days * DAY) == 0

    on_a_queue(tmp_path, work)


def test_a_large_letter_s_file_goes_with_it(tmp_path: Path) -> None:
    async def work(spool: SqliteSpool) -> None:
        accepted = await spool.accept(incoming(spool, letter(1, 300_000)), NOW)
        await spool.plan(accepted.letter, b"{}", "p", [to("activ")], [], NOW)
        (one,) = await spool.lease(NOW, NOW + HOUR, 1)
        await spool.settle(one.id, ended("delivered"), NOW)
        assert (tmp_path / "letters" / accepted.letter).exists()
        assert await tidy(spool, DIRECTORY, NOW + 3 * DAY) == 1
        assert not (tmp_path / "letters" / accepted.letter).exists()

    on_a_queue(tmp_path, work)


@pytest.mark.parametrize("outcome", ["failed", "held"])
def test_what_is_dead_or_held_keeps_its_bytes_for_ever(tmp_path: Path, outcome: str) -> None:
    async def work(spool: SqliteSpool) -> None:
        id = await settled(spool, to("activ"), outcome=outcome)
        assert await tidy(spool, DIRECTORY, NOW + 399 * DAY) == 0
        assert await has_bytes(spool, id)

    on_a_queue(tmp_path, work)


def test_what_waits_keeps_its_bytes(tmp_path: Path) -> None:
    async def work(spool: SqliteSpool) -> None:
        id, _ = await planned(spool, to("activ"))
        assert await tidy(spool, DIRECTORY, NOW + 399 * DAY) == 0
        assert await has_bytes(spool, id)

    on_a_queue(tmp_path, work)


def test_the_journal_is_kept_for_four_hundred_days(tmp_path: Path) -> None:
    async def work(spool: SqliteSpool) -> None:
        id = await settled(spool, to("activ"))
        await tidy(spool, DIRECTORY, NOW + 3 * DAY)
        await tidy(spool, DIRECTORY, NOW + 400 * DAY)
        assert (await story(spool, id))[0] == "accepted"
        assert [found.letter for found in await spool.find(id)] == [id]
        await tidy(spool, DIRECTORY, NOW + 400 * DAY + dt.timedelta(seconds=1))
        assert await story(spool, id) == ["expired"]  # which was three days later
        assert await spool.find(id) == []

    on_a_queue(tmp_path, work)


# ---------------------------------------------------------------- what was discarded


def test_what_was_discarded_is_forgotten_after_thirty_days(tmp_path: Path) -> None:
    async def work(spool: SqliteSpool) -> None:
        id, _ = await planned(spool, DISCARDED)
        assert await tidy(spool, DIRECTORY, NOW + 30 * DAY - dt.timedelta(seconds=1)) == 0
        assert await has_bytes(spool, id)
        assert await tidy(spool, DIRECTORY, NOW + 30 * DAY) == 1
        assert await spool.find(id) == []
        last = (await spool.journal(id))[-1]
        assert (last.what, last.who, last.why) == ("deleted", "relay", "discarded 30 days ago")

    on_a_queue(tmp_path, work)


def test_quarantine_is_not_discarded(tmp_path: Path) -> None:
    async def work(spool: SqliteSpool) -> None:
        id, _ = await planned(spool, NewDelivery("quarantine", "here", held=True))
        assert await tidy(spool, DIRECTORY, NOW + 399 * DAY) == 0
        assert await has_bytes(spool, id)

    on_a_queue(tmp_path, work)


def test_what_a_person_has_released_is_not_discarded_any_more(tmp_path: Path) -> None:
    async def work(spool: SqliteSpool) -> None:
        id, _ = await planned(spool, DISCARDED)
        await spool.release(id, "anna", "release", NOW + DAY)
        assert await tidy(spool, DIRECTORY, NOW + 40 * DAY) == 0
        assert (await spool.letters())[0].state is LetterState.PLANNED

    on_a_queue(tmp_path, work)


@pytest.mark.parametrize("outcome", ["failed", "deferred"])
def test_a_discarded_letter_that_is_dead_or_waits_for_somebody_else_stays(tmp_path: Path, outcome: str) -> None:
    async def work(spool: SqliteSpool) -> None:
        id, _ = await planned(spool, DISCARDED, to("buh"))
        (one,) = await spool.lease(NOW, NOW + HOUR, 1)
        await spool.settle(one.id, ended(outcome, NOW + DAY), NOW)
        other, _ = await planned(spool, DISCARDED, data=letter(2))
        assert await tidy(spool, DIRECTORY, NOW + 30 * DAY) == 1
        assert await has_bytes(spool, id)
        assert await spool.find(other) == []

    on_a_queue(tmp_path, work)
