"""Letters are judged in order, and none of them can end the run."""

from __future__ import annotations

from pathlib import Path

from sievepy.mail.envelope import Envelope, LateEnvelope
from sievepy.mail.message import Message
from sievepy.relay.judging import Here, Verdict, verdict_of
from sievepy.sources.folder import FolderSource
from tests.unit.relay.batches import PLANS, judge, letter


def folder(path: Path, subjects: list[str]) -> FolderSource:
    for number, subject in enumerate(subjects):
        (path / f"{number:03}.eml").write_bytes(letter(subject, number))
    return FolderSource(path)


def test_every_letter_in_order(tmp_path: Path) -> None:
    source = folder(tmp_path, list(PLANS))
    judged = list(Here(source, judge).judge(source.letters(), with_data=False))
    assert [each.letter for each in judged] == source.letters()
    assert [each.plan for each in judged] == list(PLANS.values())
    assert {each.data for each in judged} == {None}


def test_the_bytes_that_were_judged_go_along(tmp_path: Path) -> None:
    source = folder(tmp_path, ["one"])
    (judged,) = Here(source, judge).judge(source.letters(), with_data=True)
    assert judged.data == letter("one", 0)


def test_a_letter_is_read_when_its_turn_comes(tmp_path: Path) -> None:
    source = folder(tmp_path, ["one", "two"])
    stream = Here(source, judge).judge(source.letters(), with_data=True)
    assert next(stream).plan == PLANS["one"]
    (tmp_path / "001.eml").unlink()
    assert next(stream).verdict == Verdict(None, failure="cannot be read: No such file or directory")


def test_the_envelope_is_what_the_source_knows(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"Return-Path: <ann@x.kz>\n" + letter("one"))
    source, seen = FolderSource(tmp_path), []

    def looking(message: Message, envelope: LateEnvelope) -> Verdict:
        assert not isinstance(envelope, Envelope)  # not made before it is asked for
        seen.append(envelope().sender)
        return judge(message, envelope)

    list(Here(source, looking).judge(source.letters(), with_data=False))
    assert seen == ["ann@x.kz"]


def test_an_error_of_ours_is_named_without_a_word_of_the_letter() -> None:
    def failing() -> Verdict:
        raise RuntimeError("words")

    assert (verdict_of(failing).failure or "").startswith("internal error: RuntimeError at test_judging.py:")


def test_the_time_is_taken() -> None:
    verdict = verdict_of(lambda: Verdict(PLANS["one"], words=(("a",),)))
    assert verdict.seconds > 0
    assert (verdict.plan, verdict.words) == (PLANS["one"], (("a",),))
