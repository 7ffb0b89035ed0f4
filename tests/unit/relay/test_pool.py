"""Worker processes give the answers that one process gives, in the same order, whatever a letter does to one."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.plan import Plan
from sievepy.relay.batch import Batch
from sievepy.relay.journal import Journal
from sievepy.relay.judging import Here, Judged, Verdict
from sievepy.relay.pool import Pool
from sievepy.sources.maildir import MaildirSource
from sievepy.sources.mbox import MboxSource
from sievepy.sources.port import Source
from tests.unit.relay.batches import PLANS, delivered, issued, judge, letter, make_maildir, run, subject_of
from tests.unit.relay.test_judging import folder

ROOT = Path(__file__).parents[3]
SUBJECTS = list(PLANS) * 20  # enough for chunks of many letters
KILLED = "internal error: it killed the process that judged it"
PATIENCE = 120.0  # seconds before a test that waits for another process fails


class Deeds:
    """A judge that does what the Subject says, and leaves a line for each letter in a file all processes share."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def judge(self, message: Message, envelope: Envelope) -> Verdict:
        subject = subject_of(bytes(message.data))
        before = self.lines()
        with self.path.open("a") as file:
            file.write(f"{subject}\n")
        match subject.split():
            case ["die"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["die-once"] if "die-once" not in before:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["raise"]:
                raise RuntimeError("words")
            case ["wait", count]:
                self.wait(lambda: len(self.lines()) >= int(count))
        return Verdict(PLANS.get(subject, PLANS["one"]))

    def lines(self) -> list[str]:
        return self.path.read_text().splitlines()

    @staticmethod
    def wait(until: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not until() and time.monotonic() < end:
            time.sleep(0.001)


@pytest.fixture
def deeds(tmp_path: Path) -> Deeds:
    return Deeds(tmp_path / "deeds")


def plans(judged: Iterator[Judged]) -> list[Plan | None]:
    return [each.plan for each in judged]


@pytest.mark.parametrize("with_data", [False, True])
def test_the_same_as_in_one_process(tmp_path: Path, with_data: bool) -> None:
    source = folder(tmp_path, SUBJECTS)
    here = list(Here(source, judge).judge(source.letters(), with_data=with_data))
    with Pool(source, judge, 3) as pool:
        there = list(pool.judge(source.letters(), with_data=with_data))
    assert [(e.letter, e.plan, e.data) for e in there] == [(e.letter, e.plan, e.data) for e in here]
    assert {each.data is None for each in there} == {not with_data}
    assert all(each.verdict.seconds > 0 for each in there)


@pytest.mark.parametrize("count", [0, 1, 2, 33])
def test_any_number_of_letters(tmp_path: Path, count: int) -> None:
    source = folder(tmp_path, ["one"] * count)
    with Pool(source, judge, 2) as pool:
        assert plans(pool.judge(source.letters(), with_data=False)) == [PLANS["one"]] * count


def test_workers_read_the_letters_that_were_listed_after_they_began(tmp_path: Path) -> None:
    path = tmp_path / "inbox"
    path.write_bytes(b"")
    source: Source = MboxSource(path)
    with Pool(source, judge, 2) as pool:
        path.write_bytes(b"".join(b"From a@b.kz Thu Jan 15 12:00:00 2026\n" + letter(s) + b"\n" for s in SUBJECTS))
        assert plans(pool.judge(source.letters(), with_data=False)) == [PLANS[subject] for subject in SUBJECTS]


def test_a_letter_that_cannot_be_read(tmp_path: Path) -> None:
    source = folder(tmp_path, ["one"] * 40)
    letters = source.letters()
    (tmp_path / "007.eml").unlink()
    with Pool(source, judge, 2) as pool:
        judged = list(pool.judge(letters, with_data=True))
    assert judged[7].verdict == Verdict(None, failure="cannot be read: No such file or directory")
    assert plans(iter(judged)).count(PLANS["one"]) == 39


# ---------------------------------------------------------------- what a letter can do


@pytest.mark.parametrize("with_data", [False, True])
def test_letters_that_kill_their_worker_have_no_verdict_and_all_others_have(
    tmp_path: Path, deeds: Deeds, with_data: bool
) -> None:
    subjects = list(SUBJECTS)
    for place in (0, 50, 51, 199):
        subjects[place] = "die"
    subjects[120] = "raise"
    source = folder(tmp_path, subjects)
    with Pool(source, deeds.judge, 2) as pool:
        judged = list(pool.judge(source.letters(), with_data=with_data))
    assert [place for place, each in enumerate(judged) if each.verdict.failure == KILLED] == [0, 50, 51, 199]
    assert (judged[120].verdict.failure or "").startswith("internal error: RuntimeError at test_pool.py:")
    assert plans(iter(judged)) == [PLANS.get(subject) for subject in subjects]
    behind_another = 0 if with_data else 1  # 51 stands behind 50 in its chunk, and is not come to before it is alone
    assert deeds.lines().count("die") == 2 * 4 - behind_another


def test_a_letter_whose_worker_died_by_chance_is_judged_by_another(tmp_path: Path, deeds: Deeds) -> None:
    source = folder(tmp_path, [*SUBJECTS[:30], "die-once", *SUBJECTS[:30]])
    with Pool(source, deeds.judge, 2) as pool:
        judged = list(pool.judge(source.letters(), with_data=False))
    assert [each.verdict.failure for each in judged] == [None] * 61


def test_a_worker_that_dies_idle_is_replaced(tmp_path: Path, deeds: Deeds) -> None:
    source = folder(tmp_path, ["one"] * 40)
    with Pool(source, deeds.judge, 2) as pool:
        list(pool.judge(source.letters(), with_data=False))
        for worker in pool._workers:
            worker._process.kill()
            worker._process.join()
        assert plans(pool.judge(source.letters(), with_data=False)) == [PLANS["one"]] * 40


# ---------------------------------------------------------------- how far they go


def test_with_their_bytes_few_letters_are_judged_ahead_of_their_turn(tmp_path: Path, deeds: Deeds) -> None:
    """The first one is not done before seven others are; by then nobody has begun a ninth."""
    source = folder(tmp_path, ["wait 8", *["one"] * 50])
    with Pool(source, deeds.judge, 2) as pool:
        stream = pool.judge(source.letters(), with_data=True)
        assert next(stream).plan == PLANS["one"]
        assert sorted(deeds.lines()) == [*["one"] * 7, "wait 8"]
        assert len(list(stream)) == 50


def test_a_slow_letter_does_not_hold_up_the_others(tmp_path: Path, deeds: Deeds) -> None:
    """All that do not stand in its chunk are judged before it is."""
    behind_it = 200 // (2 * 8) - 1
    source = folder(tmp_path, [f"wait {200 - behind_it}", *["one"] * 199])
    with Pool(source, deeds.judge, 2) as pool:
        assert plans(pool.judge(source.letters(), with_data=False)) == [PLANS["one"]] * 200


def test_answers_to_letters_that_nobody_waits_for_go_to_no_others(tmp_path: Path) -> None:
    source = folder(tmp_path, SUBJECTS)
    letters = source.letters()
    with Pool(source, judge, 2) as pool:
        for _ in range(3):
            stream = pool.judge(letters, with_data=False)
            assert next(stream).plan == PLANS[SUBJECTS[0]]
        backwards = plans(pool.judge(letters[::-1], with_data=False))
    assert backwards == [PLANS[subject] for subject in SUBJECTS[::-1]]


# ---------------------------------------------------------------- ends


def test_no_worker_outlives_its_parent(tmp_path: Path) -> None:
    """Each holds a pipe open that they inherited; it ends when all are gone."""
    folder(tmp_path, ["one"] * 40)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "tests.unit.relay.pool_child", tmp_path]
    parent = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        pass_fds=[writing],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    os.close(writing)
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"40\n"
        assert not select.select([reading], [], [], 0)[0]
        parent.kill()
        parent.communicate()
        assert select.select([reading], [], [], PATIENCE)[0], "a worker is still there"
        assert os.read(reading, 1) == b""
    finally:
        os.close(reading)
        parent.kill()
        parent.wait()


def test_a_batch_judged_by_workers_delivers_what_one_process_delivers(tmp_path: Path) -> None:
    one, two = MaildirSource(tmp_path / "one"), MaildirSource(tmp_path / "two")
    for source in (one, two):
        make_maildir(source.path, PLANS)
    run(one, tmp_path / "to-one")
    with Pool(two, judge, 2) as pool, Journal(two.journal) as journal:
        batch = Batch(two, tmp_path / "to-two", journal, issued())
        assert len(list(batch.run(batch.letters(), pool))) == len(PLANS)
    assert delivered(tmp_path / "to-two") == delivered(tmp_path / "to-one")


def test_the_workers_end_with_the_pool(tmp_path: Path) -> None:
    source = folder(tmp_path, ["one"] * 4)
    with Pool(source, judge, 2) as pool:
        processes = [worker._process.pid for worker in pool._workers]
        list(pool.judge(source.letters(), with_data=False))
    for process in processes:
        assert process is not None
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
