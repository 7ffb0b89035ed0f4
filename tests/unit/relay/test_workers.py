"""Worker processes: what a letter can do to them, and that other letters do not notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from sievepy.mail.envelope import Envelope
from sievepy.relay.seeing import See, Seen
from sievepy.relay.settings import WorkerLimits
from sievepy.relay.workers import Died, Workers
from tests.unit.relay.poison import make_nothing, make_poisonable

LIMITS = WorkerLimits(cpu=1, wall=20.0, memory=1 << 32)


def tags(seen: Seen) -> list[str]:
    assert seen.verdict is not None
    assert seen.verdict.plan is not None
    return list(seen.verdict.plan.tags)


async def judged(workers: Workers, letter: bytes | Path) -> str:
    """The worker's answer, or how it ended."""
    try:
        return tags(await workers.judge(letter, Envelope(sender="a@b.kz"), 7.0))[0]
    except Died as death:
        return f"died: {death}"


def with_workers(
    *letters: bytes | Path,
    count: int = 1,
    limits: WorkerLimits = LIMITS,
    make: Callable[[], See] = make_poisonable,
) -> list[str]:
    async def run() -> list[str]:
        workers = Workers(make, count, limits)
        await workers.start()
        try:
            return await asyncio.gather(*(judged(workers, letter) for letter in letters))
        finally:
            await workers.close()

    return asyncio.run(run())


def test_letters_get_their_own_answers(tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(b"x" * 70_000)
    sizes = [1, 2, 3, 400_000, 5]
    answers = with_workers(*(b"y" * size for size in sizes), tmp_path / "letter", count=2)
    assert answers == [f"{size} a@b.kz 7" for size in (*sizes, 70_000)]


def test_a_letter_that_kills_its_worker_harms_no_other() -> None:
    answers = with_workers(b"a", b"die", b"bb", b"die", b"ccc")
    assert answers[1] == answers[3] == "died: ended with status 3"
    assert [answers[0], answers[2], answers[4]] == ["1 a@b.kz 7", "2 a@b.kz 7", "3 a@b.kz 7"]


def test_an_endless_letter_is_ended_by_the_kernel() -> None:
    assert with_workers(b"spin", b"a") == ["died: ended by SIGXCPU", "1 a@b.kz 7"]


def test_a_worker_that_does_not_answer_is_ended() -> None:
    limits = WorkerLimits(cpu=1, wall=1.0, memory=1 << 32)
    assert with_workers(b"sleep", b"a", limits=limits) == ["died: took too long", "1 a@b.kz 7"]


def test_what_lies_behind_a_slow_letter_is_judged_by_another() -> None:
    """Both workers are handed letters ahead; the one that sleeps has answered none of its own when all else is done."""

    async def run() -> tuple[list[str], bool, str]:
        workers = Workers(make_poisonable, 2, WorkerLimits(cpu=1, wall=5.0, memory=1 << 32))
        await workers.start()
        try:
            await asyncio.gather(*(judged(workers, b"x" * 10_000) for _ in range(20)))  # both are at work
            slow = asyncio.create_task(judged(workers, b"sleep"))
            others = await asyncio.gather(*(judged(workers, b"a" * size) for size in range(1, 15)))
            return list(others), slow.done(), await slow
        finally:
            await workers.close()

    others, slow_was_done, slow = asyncio.run(run())
    assert others == [f"{size} a@b.kz 7" for size in range(1, 15)]
    assert not slow_was_done
    assert slow == "died: took too long"


def test_memory_is_refused_and_the_worker_goes_on() -> None:
    async def run() -> tuple[Seen, str]:
        workers = Workers(make_poisonable, 1, LIMITS)
        await workers.start()
        try:
            return await workers.judge(b"eat", Envelope(), 7.0), await judged(workers, b"a")
        finally:
            await workers.close()

    seen, after = asyncio.run(run())
    assert seen.verdict is not None
    assert seen.verdict.failure == "it needs too much memory"
    assert after == "1 a@b.kz 7"


def test_a_file_that_is_gone_is_a_failure_not_a_death(tmp_path: Path) -> None:
    async def run() -> Seen:
        workers = Workers(make_poisonable, 1, LIMITS)
        await workers.start()
        try:
            return await workers.judge(tmp_path / "gone", Envelope(), 7.0)
        finally:
            await workers.close()

    seen = asyncio.run(run())
    assert seen.verdict is not None
    assert seen.verdict.failure == "the letter's file cannot be read: No such file or directory"


def test_a_program_that_cannot_be_built_is_told_at_the_start(capfd: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        await Workers(make_nothing, 1, LIMITS).start()

    with pytest.raises(EOFError):
        asyncio.run(run())
    assert "no program can be built" in capfd.readouterr().err
