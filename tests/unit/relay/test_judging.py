"""Letters are judged in order, here or in worker processes, and none of them can end the run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from sievepy.mail.envelope import Envelope
from sievepy.plan import Plan
from sievepy.relay.judging import Here, Judge, Judging, judge_letters, verdict_of
from sievepy.relay.pool import Pool
from sievepy.sources.folder import FolderSource
from tests.unit.relay.batches import PLANS, judge, letter, subject_of

SUBJECTS = list(PLANS) * 3


def make_judge() -> Judge:
    """What a worker calls once: letters called `die` kill it, `raise` and `slow` do as they say."""

    def judging(data: bytes, envelope: Envelope) -> Plan:
        match subject_of(data):
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "raise":
                raise RuntimeError("words")
            case "slow":
                time.sleep(0.3)
                return PLANS["one"]
        return judge(data, envelope)

    return judging


def folder(path: Path, subjects: list[str]) -> FolderSource:
    for number, subject in enumerate(subjects):
        (path / f"{number:03}.eml").write_bytes(letter(subject, number))
    return FolderSource(path)


def plans(source: FolderSource, judging: Judging) -> list[Plan | None]:
    return [judged.plan for judged in judge_letters(source, source.letters(), judging)]


def test_here_and_in_workers_the_same_plans_in_the_same_order(tmp_path: Path) -> None:
    source = folder(tmp_path, ["slow", *SUBJECTS])
    wanted = [PLANS["one"], *(PLANS[subject] for subject in SUBJECTS)]
    assert plans(source, Here(make_judge())) == wanted
    with Pool(make_judge, 2) as pool:
        assert plans(source, pool) == wanted


def test_a_letter_that_kills_its_worker_has_no_verdict_and_the_others_have(tmp_path: Path) -> None:
    source = folder(tmp_path, ["one", "die", "two", "raise", "triage"])
    with Pool(make_judge, 2) as pool:
        judged = list(judge_letters(source, source.letters(), pool))
    assert [each.plan for each in judged] == [PLANS["one"], None, PLANS["two"], None, PLANS["triage"]]
    assert judged[1].verdict.failure == "internal error: it killed the process that judged it"
    assert (judged[3].verdict.failure or "").startswith("internal error: RuntimeError at test_judging.py")


def test_the_bytes_that_were_judged_go_along(tmp_path: Path) -> None:
    source = folder(tmp_path, ["one"])
    (judged,) = judge_letters(source, source.letters(), Here(judge))
    assert judged.data == letter("one", 0)


def test_letters_are_read_only_as_far_ahead_as_the_judging_wants(tmp_path: Path) -> None:
    source = folder(tmp_path, ["one"] * 20)
    asked: list[str] = []

    class Few:
        ahead = 3

        def submit(self, data: bytes, envelope: Envelope) -> object:
            asked.append(subject_of(data))
            return lambda: verdict_of(judge, data, envelope)

    stream = judge_letters(source, source.letters(), Few())  # type: ignore[arg-type]
    next(stream)
    assert len(asked) == 4


def test_the_time_is_taken() -> None:
    verdict = verdict_of(make_judge(), letter("slow"), Envelope())
    assert verdict.seconds > 0.2
