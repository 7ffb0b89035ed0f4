"""A backup beside a running relay: made by a guest while the owner of the queue goes on writing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sievepy.spool.backup import PAGES, Copy
from sievepy.spool.database import Database
from sievepy.spool.sqlite import SqliteSpool
from tests.ports.spools import NOW, arrival, letter, opened

LETTERS = 24
SIZE = 200_000
STEPS = 50  # and the copy is not to be had any more


def test_a_guest_s_backup_ends_although_the_owner_writes_between_any_two_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LETTERS * SIZE > 4 * PAGES * 4096  # in small steps it would be several
    steps = 0

    async def test() -> None:
        async with opened(tmp_path / "queue") as owner:
            for number in range(LETTERS):
                await owner.accept(arrival(letter(number, SIZE)), NOW)
            async with opened(tmp_path / "queue", own=False) as guest:
                _write_before_each_step(owner, monkeypatch)
                await guest.backup(tmp_path / "copy")
                assert len(await owner.letters()) == LETTERS + steps
        async with opened(tmp_path / "copy") as copy:
            assert LETTERS <= (await copy.counts())["letter.held"] <= LETTERS + steps

    def _write_before_each_step(owner: SqliteSpool, monkeypatch: pytest.MonkeyPatch) -> None:
        loop, step = asyncio.get_running_loop(), Copy.step

        def watched(self: Copy, db: Database) -> bool:
            nonlocal steps
            steps += 1
            assert steps < STEPS, "the copy begins anew with each step"
            written = owner.accept(arrival(letter(1000 + steps)), NOW)
            asyncio.run_coroutine_threadsafe(written, loop).result()
            return step(self, db)

        monkeypatch.setattr(Copy, "step", watched)

    asyncio.run(test())
    assert steps >= 1
