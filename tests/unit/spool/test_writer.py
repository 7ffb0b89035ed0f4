"""The writer thread: group commit, one request's failure, and what an error of the disk means. Faults are injected
by a VFS under the real queue."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from sievepy.spool.files import LetterFiles
from sievepy.spool.port import DeliveryState, SpoolBroken, SpoolError, SpoolFull, SpoolRefused
from tests.ports.spools import HOUR, NOW, arrival, ended, incoming, leased, letter, opened, planned, to

FAULTS = {
    "eio": (apsw.IOError, apsw.SQLITE_IOERR_WRITE),
    "short": (apsw.IOError, apsw.SQLITE_IOERR_WRITE),
    "fsync": (apsw.IOError, apsw.SQLITE_IOERR_FSYNC),
    "full": (apsw.FullError, apsw.SQLITE_FULL),
}


class Disk:
    """What the next writes and syncs of a file do. `syncs` counts those that were asked for."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.files = ("-wal",)
        self.syncs = 0

    def meets(self, name: str, *faults: str) -> bool:
        return self.fault in faults and name.endswith(self.files)

    def fail(self) -> None:
        assert self.fault is not None
        kind, code = FAULTS[self.fault]
        problem = kind(self.fault)
        problem.extendedresult = code
        raise problem


class FaultyFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.meets(self._name, "short"):
            super().xWrite(bytes(data)[: len(data) // 2], offset)
        if self._disk.meets(self._name, "eio", "short", "full"):
            self._disk.fail()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.syncs += 1
        if self._disk.meets(self._name, "fsync"):
            self._disk.fail()
        super().xSync(flags)


class FaultyVfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__("sievepy-faulty", "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return FaultyFile(self._disk, name, flags)


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    vfs = FaultyVfs(disk)
    yield disk
    vfs.unregister()


# ---------------------------------------------------------------- group commit


def test_letters_that_come_together_share_a_commit(tmp_path: Path) -> None:
    commits: list[str] = []

    async def test() -> None:
        async with opened(tmp_path, reach=commits.append) as spool:
            await asyncio.gather(*(spool.accept(arrival(letter(number)), NOW) for number in range(100)))
            assert commits.count("spool.write") == 100
            assert 1 <= commits.count("db.commit") <= 10
            assert await spool.counts() == {"letter.accepted": 100}

    asyncio.run(test())


def test_nobody_is_told_before_the_commit(tmp_path: Path) -> None:
    told: list[str] = []

    def reach(place: str) -> None:
        if place == "db.commit":
            assert "acked" not in told
            told.append("commit")

    async def test() -> None:
        async with opened(tmp_path, reach=reach) as spool:
            await spool.accept(arrival(letter()), NOW)
            told.append("acked")

    asyncio.run(test())
    assert told == ["commit", "acked"]


def test_a_request_that_fails_leaves_the_others_of_its_batch(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            ids = (await planned(spool, to("a")))[1]
            answers = await asyncio.gather(
                spool.accept(arrival(letter(1)), NOW),
                spool.settle(ids[0], ended("delivered"), NOW),  # not leased
                spool.accept(arrival(letter(2)), NOW),
                spool.plan("nothing", b"", "p", [to("a")], [], NOW),
                return_exceptions=True,
            )
            assert [type(answer) for answer in answers[1::2]] == [SpoolRefused, SpoolRefused]
            for answer, number in ((answers[0], 1), (answers[2], 2)):
                assert await spool.read(answer.letter) == letter(number)

    asyncio.run(test())


def test_a_step_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def reach(place: str) -> None:
        if place == "plan.commit":
            raise ValueError("a defect")

    async def test() -> None:
        async with opened(tmp_path, reach=reach) as spool:
            with pytest.raises(SpoolError, match="a defect"):
                await planned(spool, to("a"))
            assert await spool.counts() == {"letter.accepted": 1}
            assert [entry.what for entry in await spool.journal()] == ["accepted"]
            assert spool.broken is None

    asyncio.run(test())


@pytest.mark.parametrize("place", ["db.begin", "db.commit"])
def test_a_batch_that_cannot_commit_is_nobodys(tmp_path: Path, place: str) -> None:
    failing = []

    def reach(reached: str) -> None:
        if reached in failing:
            raise RuntimeError("a defect")

    async def test() -> None:
        async with opened(tmp_path, reach=reach) as spool:
            failing.append(place)
            steps = [spool.accept(arrival(letter(number)), NOW) for number in range(3)]
            answers = await asyncio.gather(*steps, return_exceptions=True)
            assert {type(answer) for answer in answers} == {SpoolError}
            failing.clear()
            assert await spool.counts() == {}
            await spool.accept(arrival(letter()), NOW)

    asyncio.run(test())


def test_a_cancelled_caller_cancels_no_commit(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            small = asyncio.create_task(spool.accept(arrival(letter(1)), NOW))
            large = asyncio.create_task(spool.accept(incoming(spool, letter(2, 300_000)), NOW))
            await asyncio.sleep(0)
            small.cancel()
            large.cancel()
            await asyncio.gather(small, large, return_exceptions=True)
            assert small.cancelled() and large.cancelled()
        async with opened(tmp_path) as spool:
            stored = await spool.letters()
            assert sorted([await spool.read(one.letter) for one in stored], key=len) == [letter(1), letter(2, 300_000)]

    asyncio.run(test())


def test_a_closed_queue_refuses(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            pass
        with pytest.raises(SpoolError, match="closed"):
            await spool.accept(arrival(letter()), NOW)

    asyncio.run(test())


# ---------------------------------------------------------------- the disk fails


@pytest.mark.parametrize("fault", ["eio", "short", "fsync"])
def test_an_error_of_the_disk_is_for_good(tmp_path: Path, disk: Disk, fault: str) -> None:
    """No false answer, everybody is told, nothing is accepted after, and no sync is tried again."""

    async def test() -> None:
        async with opened(tmp_path, vfs="sievepy-faulty") as spool:
            before = await spool.accept(arrival(letter(0)), NOW)
            disk.fault = fault
            steps = [spool.accept(arrival(letter(number)), NOW) for number in range(1, 6)]
            answers = await asyncio.gather(*steps, return_exceptions=True)
            assert {type(answer) for answer in answers} == {SpoolBroken}
            disk.fault, failed = None, disk.syncs  # the disk seems well again: that proves nothing
            for ask in (spool.accept(arrival(letter(9)), NOW), spool.read(before.letter), spool.recover(NOW)):
                with pytest.raises(SpoolBroken):
                    await ask
            assert isinstance(spool.broken, SpoolBroken)
        assert disk.syncs == failed

    asyncio.run(test())


def test_the_next_process_has_what_was_acknowledged(tmp_path: Path, disk: Disk) -> None:
    async def test() -> None:
        async with opened(tmp_path, vfs="sievepy-faulty") as spool:
            before = await spool.accept(arrival(letter(0), identity=b"0"), NOW)
            disk.fault = "fsync"
            with pytest.raises(SpoolBroken):
                await spool.accept(arrival(letter(1), identity=b"1"), NOW)
        async with opened(tmp_path) as spool:
            assert await spool.read(before.letter) == letter(0)
            await spool.accept(arrival(letter(1), identity=b"1"), NOW)
            assert await spool.counts() == {"letter.accepted": 2}  # the one in doubt is there once, either way

    asyncio.run(test())


def test_an_error_of_a_checkpoint_is_not_overlooked(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's automatic checkpoints ignore a failed sync and try again; ours must not."""
    monkeypatch.setattr("sievepy.spool.writer.LOG_PAGES", 1)

    async def test() -> None:
        async with opened(tmp_path, vfs="sievepy-faulty") as spool:
            disk.fault, disk.files = "fsync", (".db",)
            stored = await spool.accept(arrival(letter()), NOW)  # its own commit is fine
            assert stored.letter
            with pytest.raises(SpoolBroken):
                await spool.accept(arrival(letter(2)), NOW)

    asyncio.run(test())


class FailingFiles(LetterFiles):
    error = errno.EIO

    def sync(self, folder: Path) -> None:
        if folder == self.letters:
            raise OSError(self.error, "injected")
        super().sync(folder)


def test_a_failed_sync_of_a_folder_is_for_good_too(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path, files=FailingFiles(tmp_path)) as spool:
            with pytest.raises(SpoolBroken):
                await spool.accept(incoming(spool, letter(1, 300_000)), NOW)
            with pytest.raises(SpoolBroken):
                await spool.accept(arrival(letter()), NOW)

    asyncio.run(test())


# ---------------------------------------------------------------- the disk is full


def test_a_full_disk_refuses_letters_and_settles_deliveries(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ballast is given back, and what is on its way drains; letters are accepted again once there is room."""

    async def test() -> None:
        async with opened(tmp_path, vfs="sievepy-faulty") as spool:
            await planned(spool, to("a"))
            one = (await leased(spool))["a"]
            full_until_the_ballast_goes(tmp_path, disk, monkeypatch)
            answers = await asyncio.gather(
                spool.accept(arrival(letter(1)), NOW),
                spool.settle(one.id, ended("delivered"), NOW),
                return_exceptions=True,
            )
            assert isinstance(answers[0], SpoolFull) and answers[1] is None
            assert (await spool.deliveries())[0].state is DeliveryState.DELIVERED
            assert not (tmp_path / "ballast").exists()
            with pytest.raises(SpoolFull):
                await spool.accept(arrival(letter(2)), NOW)
            with pytest.raises(SpoolFull):
                spool.reserve(1)
            assert spool.broken is None
            monkeypatch.undo()
            disk.fault = None
            await spool.accept(arrival(letter(3)), NOW)
            assert (tmp_path / "ballast").stat().st_size == spool.settings.ballast

    asyncio.run(test())


def full_until_the_ballast_goes(folder: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sievepy.spool.room.Room.free", lambda room: 0)
    meets = disk.meets
    monkeypatch.setattr(disk, "meets", lambda name, *faults: (folder / "ballast").exists() and meets(name, *faults))
    disk.fault = "full"


def test_on_a_full_disk_the_file_shrinks_as_letters_go(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            steps = [spool.accept(arrival(letter(number, 20_000)), NOW) for number in range(50)]
            stored = await asyncio.gather(*steps)
            await spool.expire(NOW, {})  # cuts the log
            before = (tmp_path / "spool.db").stat().st_size
            spool._room.release()
            for one in stored[:40]:
                await spool.delete(one.letter, "anna", "", NOW)
            assert (tmp_path / "spool.db").stat().st_size < before / 2
            assert await spool.read(stored[45].letter) == letter(45, 20_000)
            await spool.accept(arrival(letter(99)), NOW)

    asyncio.run(test())


def test_after_a_letter_was_refused_the_file_shrinks_though_the_disk_was_never_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is free inside the file is no room that a letter could be promised: else deleting would not help."""

    async def test() -> None:
        async with opened(tmp_path) as spool:
            stored = await asyncio.gather(*(spool.accept(arrival(letter(n, 20_000)), NOW) for n in range(50)))
            await spool.expire(NOW, {})  # cuts the log
            size = (tmp_path / "spool.db").stat().st_size
            for one in stored:
                await spool.delete(one.letter, "anna", "", NOW)
            await spool.expire(NOW, {})
            assert (tmp_path / "spool.db").stat().st_size >= size  # there is room: nobody needs it
            with monkeypatch.context() as patch:
                patch.setattr("sievepy.spool.room.Room.free", lambda room: 0)
                with pytest.raises(SpoolFull):
                    spool.reserve(1)
            await spool.recover(NOW)  # any step; the file shrinks behind its answer
            await spool.counts()
            assert (tmp_path / "spool.db").stat().st_size < size / 4
            spool.reserve(1).release()

    asyncio.run(test())


def test_without_any_room_even_settling_says_so(tmp_path: Path, disk: Disk) -> None:
    async def test() -> None:
        async with opened(tmp_path, vfs="sievepy-faulty") as spool:
            await planned(spool, to("a"))
            one = (await leased(spool))["a"]
            disk.fault = "full"
            with pytest.raises(SpoolFull):
                await spool.settle(one.id, ended("delivered"), NOW)
            disk.fault = None
            await spool.settle(one.id, ended("delivered"), NOW)  # nothing of the first try was left

    asyncio.run(test())


def test_reservations_add_up_and_are_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            monkeypatch.setattr("sievepy.spool.room.Room.free", lambda room: 1_000_000)
            first = spool.reserve(500_000)
            with pytest.raises(SpoolFull):
                spool.reserve(500_000)
            first.release()
            first.release()
            spool.reserve(900_000)
            with pytest.raises(SpoolFull):
                spool.reserve(100_000)

    asyncio.run(test())


# ---------------------------------------------------------------- owners and guests


def test_a_queue_has_one_owner_and_any_guests(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            stored = await spool.accept(arrival(letter()), NOW)
            receiving = spool.incoming / "half"
            receiving.write_bytes(b"half a letter")
            with pytest.raises(SpoolError, match="another relay"):
                await opened(tmp_path).__aenter__()
            async with opened(tmp_path, own=False) as guest:
                assert await guest.read(stored.letter) == letter()
                await guest.delete(stored.letter, "anna", "", NOW)
            assert receiving.exists()
            assert await spool.counts() == {}
        async with opened(tmp_path) as spool:
            assert not receiving.exists()

    asyncio.run(test())


def test_nobody_else_may_read_the_queue(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path / "queue") as spool:
            await spool.accept(arrival(letter()), NOW)
            await spool.backup(tmp_path / "backup")
            for path in (*tmp_path.glob("*/spool.db*"), tmp_path / "queue"):
                assert path.stat().st_mode & 0o077 == 0, path

    asyncio.run(test())


def test_there_is_nothing_to_be_a_guest_of(tmp_path: Path) -> None:
    async def test() -> None:
        with pytest.raises(SpoolError):
            await opened(tmp_path / "nowhere", own=False).__aenter__()
        assert not (tmp_path / "nowhere").exists()

    asyncio.run(test())


def test_files_without_a_row_are_swept_at_start(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as spool:
            stored = await spool.accept(incoming(spool, letter(1, 300_000)), NOW)
            (tmp_path / "letters" / "orphan").write_bytes(b"x")
        async with opened(tmp_path) as spool:
            assert [path.name for path in (tmp_path / "letters").iterdir()] == [stored.letter]
            assert await spool.lease(NOW, NOW + HOUR, 1) == []

    asyncio.run(test())
