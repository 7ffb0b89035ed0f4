"""The contract of `port.Spool`: what is kept, for how long, and in a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sievepy.spool.port import JOURNAL, JournalEntry, SpoolError, SpoolRefused
from tests.ports.spools import DAY, HOUR, MINUTE, NOW, arrival, ended, incoming, leased, letter, opened, planned, to

KEEP = {"": 14 * DAY, "activ": 3 * DAY, "discard": 30 * DAY, JOURNAL: 400 * DAY}


@pytest.mark.parametrize(
    ("delivery", "days"),
    [
        (to("a", department="buh"), 14),
        (to("a", department="activ"), 3),
        (to("", channel="discard"), 30),
    ],
)
def test_bytes_are_kept_as_long_as_said(run, delivery, days) -> None:
    async def test(spool) -> None:
        id, (first, _) = await planned(spool, delivery, to("b"))
        for one in (await leased(spool)).values():
            await spool.settle(one.id, ended("delivered"), NOW)
        assert await spool.expire(NOW + days * DAY - MINUTE, KEEP) == 0
        assert await spool.read(id) == letter()
        assert await spool.expire(NOW + days * DAY, KEEP) == 1
        assert await spool.expire(NOW + days * DAY, KEEP) == 0
        with pytest.raises(SpoolError):
            await spool.read(id)
        assert [one.letter for one in await spool.find(first)] == [id]
        assert await spool.expire(NOW + 450 * DAY, KEEP) == 0
        assert (list(await spool.find(id)), list(await spool.journal(id))) == ([], [])

    run(test)


def test_held_and_dead_letters_are_never_dropped(run) -> None:
    async def test(spool) -> None:
        held, _ = await planned(spool, to("a", held=True))
        dead, _ = await planned(spool, to("b"), data=letter(2))
        await spool.settle((await leased(spool))["b"].id, ended("failed"), NOW)
        waiting = await spool.accept(arrival(letter(3)), NOW)
        assert await spool.expire(NOW + 1000 * DAY, KEEP) == 0
        assert await spool.read(held) == letter()
        assert await spool.read(dead) == letter(2)
        assert await spool.read(waiting.letter) == letter(3)

    run(test)


def test_the_journal_is_read_from_its_end(run) -> None:
    async def test(spool) -> None:
        for number in range(5):
            await spool.note(JournalEntry(NOW, f"note {number}", "anna"))
        assert [entry.what for entry in await spool.journal(limit=2)] == ["note 3", "note 4"]

    run(test)


def test_a_backup_opens_with_everything_held(run, tmp_path: Path) -> None:
    async def test(spool) -> None:
        waiting = await spool.accept(arrival(letter(1)), NOW)
        large = await spool.accept(incoming(spool, letter(2, 300_000)), NOW)
        going, (first,) = await planned(spool, to("a"), data=letter(3))
        await spool.lease(NOW, NOW + HOUR, 1)
        await spool.backup(tmp_path / "backup")
        with pytest.raises(SpoolRefused):
            await spool.backup(tmp_path / "backup")
        later = await spool.accept(arrival(letter(4)), NOW)
        async with opened(tmp_path / "backup") as restored:
            assert list(await restored.claim_judgement(NOW, 10)) == []
            assert list(await restored.lease(NOW + DAY, NOW + 2 * DAY, 10)) == []
            assert await restored.counts() == {"letter.held": 3, "delivery.held": 1}
            for id, data in ((waiting.letter, letter(1)), (large.letter, letter(2, 300_000)), (going, letter(3))):
                assert await restored.read(id) == data
                await restored.release(id, "anna", "not delivered yet", NOW)
            assert list(await restored.find(later.letter)) == []
        async with opened(tmp_path / "backup") as restored:  # held once, not at every start
            assert len(await restored.claim_judgement(NOW, 10)) == 2
            assert [one.id for one in await restored.lease(NOW, NOW + HOUR, 10)] == [first]
        assert (await spool.counts())["delivery.leased"] == 1

    run(test)


def test_a_subject_for_notices_goes_with_the_bytes(run) -> None:
    async def test(spool) -> None:
        letter_id, (id, _) = await planned(
            spool, to("a", "notify", options={"subject": "акт", "sender": "a@b.kz"}), to("b")
        )
        for one in (await leased(spool)).values():
            await spool.settle(one.id, ended("delivered"), NOW)
        assert await spool.expire(NOW + 15 * DAY, KEEP) == 1
        options = {one.id: one.options for one in await spool.deliveries(letter_id)}
        assert options[id] == {"sender": "a@b.kz"}

    run(test)
