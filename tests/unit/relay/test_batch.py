"""A whole run: every letter to its places once, originals aside, and clear words where it cannot go on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sievepy.disk.maildir import letters
from sievepy.mail.edit import digest
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.relay.batch import Batch, Stopped
from sievepy.relay.journal import Busy, Journal
from sievepy.relay.judging import Here, Verdict
from sievepy.sinks.maildir import Maildir
from sievepy.sources.folder import FolderSource
from sievepy.sources.maildir import MaildirSource
from sievepy.sources.mbox import MboxSource
from sievepy.sources.port import Source
from sievepy.sources.stdin import StdinSource
from tests.unit.relay.batches import (
    PLANS,
    check_all_done,
    delivered,
    expected,
    issued,
    judge,
    letter,
    make_maildir,
    pending,
    run,
)

POSTMARK = b"From a@b.kz Thu Jan 15 12:00:00 2026\n"


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def source(tmp_path: Path) -> MaildirSource:
    return MaildirSource(tmp_path / "in")


def test_every_kind_of_plan(source: MaildirSource, to: Path) -> None:
    wanted = make_maildir(source.path, PLANS)
    judged = run(source, to)
    assert [each.letter.name for each in judged] == sorted(each.letter.name for each in judged)
    check_all_done(source, to, wanted)


def test_a_second_run_finds_nothing_to_do(source: MaildirSource, to: Path) -> None:
    wanted = make_maildir(source.path, PLANS)
    run(source, to)
    assert run(source, to) == []
    check_all_done(source, to, wanted)


def test_new_letters_are_taken_by_the_next_run(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["one"])
    run(source, to)
    (source.path / "new" / "later").write_bytes(letter("one", 7))
    assert [each.letter.name for each in run(source, to)] == ["later"]
    assert sum(delivered(to).values()) == 2


def test_a_letter_put_back_by_hand_is_a_letter_again(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["one"])
    run(source, to)
    (path,) = letters(source.path / "Processed")
    path.rename(source.path / "new" / path.name)
    assert len(run(source, to)) == 1
    assert list(delivered(to).values()) == [2]


def test_flags_and_folder_of_the_original_are_kept(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["one", "one"])
    run(source, to)
    kept = sorted(str(path.relative_to(source.path)) for path in letters(source.path / "Processed"))
    assert kept == ["Processed/cur/1.M1P1.host:2,S", "Processed/new/0.M1P1.host"]


def test_a_reference_holds_no_byte_of_the_letter(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["restricted"])
    run(source, to)
    (path,) = letters(to / "buh")
    data = path.read_bytes()
    text = Message(data).parts()[0].text().text
    assert "Письмо" not in data.decode() + text
    assert "a@b.kz" not in data.decode() + text
    assert "Department: activ" in text
    assert "Rule: Правило" in text
    assert all("Письмо" not in str(line) and "a@b.kz" not in str(line) for line in pending(to))
    (line,) = pending(to)
    assert line["reference"] is True
    assert f"Queue id: {line['letter']}\n" in text


def test_the_headers_name_program_and_rules(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["one"])
    run(source, to)
    (path,) = letters(to / "buh")
    message = Message(path.read_bytes())
    assert message.header("X-Sievepy-Program").values == ("0123abcd",)
    assert message.header("X-Sievepy-Rule").values == ("Правило",)
    assert message.header("X-Sievepy-Tag").values == ("money",)


# ---------------------------------------------------------------- the other sources


def test_an_mbox_stays_and_the_journal_remembers(tmp_path: Path, to: Path) -> None:
    path = tmp_path / "inbox"
    path.write_bytes(b"".join(POSTMARK + letter("one", n) + b"\n" for n in range(3)))
    before = path.read_bytes()
    assert [each.letter.name for each in run(MboxSource(path), to)] == ["inbox#1", "inbox#2", "inbox#3"]
    assert path.read_bytes() == before
    with path.open("ab") as file:
        file.write(POSTMARK + letter("two", 3) + b"\n")
    assert [each.letter.name for each in run(MboxSource(path), to)] == ["inbox#4"]
    assert sum(delivered(to).values()) == 5


def test_a_folder_of_files(tmp_path: Path, to: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.eml").write_bytes(letter("two", number).replace(b"\n", b"\r\n"))
    run(FolderSource(tmp_path), to)
    assert not list(tmp_path.glob("*.eml"))
    assert len(list((tmp_path / "Processed").glob("*.eml"))) == 2
    assert set(delivered(to)) == set(expected({d: "two" for _, d in delivered(to)}))


def test_file_names_that_are_no_utf8(tmp_path: Path, to: Path) -> None:
    """As old Windows programs wrote them: `Письмо.eml` in cp1251."""
    name = os.fsdecode("Письмо.eml".encode("cp1251"))
    (tmp_path / name).write_bytes(letter("one"))
    run(FolderSource(tmp_path), to)
    assert (tmp_path / "Processed" / name).exists()
    assert "Письмо.eml".encode("cp1251") in FolderSource(tmp_path).journal.read_bytes()
    assert run(FolderSource(tmp_path), to) == []


def test_one_file_of_any_name(tmp_path: Path, to: Path) -> None:
    (tmp_path / "letter").write_bytes(letter("one"))
    run(FolderSource(tmp_path, "letter"), to)
    assert (tmp_path / "Processed" / "letter").exists()


def test_a_pipe_that_gives_a_letter_again_delivers_it_once(to: Path) -> None:
    for _ in range(2):
        run(StdinSource(letter("two"), to), to)
    run(StdinSource(letter("two", 2), to), to)
    assert sorted(delivered(to).values()) == [1, 1, 1, 1]
    assert len(pending(to)) == 4


# ---------------------------------------------------------------- what can go wrong


def test_two_runs_at_once(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["one"])
    with Journal(source.journal) as journal:
        batch = Batch(source, to, journal, issued())
        with pytest.raises(Busy):
            run(source, to)
        assert len(list(batch.run(batch.letters(), Here(source, judge)))) == 1


def test_a_letter_that_cannot_be_judged_stays_and_the_others_go(source: MaildirSource, to: Path) -> None:
    def failing(message: Message, envelope: Envelope) -> Verdict:
        if b"Subject: file" in message.data:
            raise ValueError(f"words of the letter: {message.data!r}")
        return judge(message, envelope)

    make_maildir(source.path, ["one", "file", "two"])
    judged = run(source, to, failing)
    assert [each.plan is not None for each in judged] == [True, False, True]
    failure = judged[1].verdict.failure
    assert failure is not None and failure.startswith("internal error: ValueError at test_batch.py:")
    assert "words" not in failure
    assert [path.name for path in letters(source.path)] == ["1.M1P1.host:2,S"]
    assert len(run(source, to)) == 1


def test_a_letter_that_cannot_be_read_stays(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["one"])
    (source.path / "new" / "9.folder").mkdir()
    judged = run(source, to)
    assert [each.verdict.failure for each in judged] == [None, "cannot be read: Is a directory"]


def test_a_letter_that_is_taken_while_it_is_judged_is_left_alone(source: MaildirSource, to: Path) -> None:
    def slow(message: Message, envelope: Envelope) -> Verdict:
        for path in list(letters(source.path)):
            path.unlink()
        return judge(message, envelope)

    make_maildir(source.path, ["one"])
    (judged,) = run(source, to, slow)
    assert judged.verdict.failure == "somebody moved it away meanwhile"
    assert not delivered(to)


def test_what_was_judged_is_delivered_whatever_the_file_holds_by_then(source: MaildirSource, to: Path) -> None:
    def meanwhile(message: Message, envelope: Envelope) -> Verdict:
        for path in letters(source.path):
            path.write_bytes(letter("two", 99))
        return judge(message, envelope)

    make_maildir(source.path, ["one"])
    run(source, to, meanwhile)
    assert delivered(to) == {("buh", digest(letter("one", 0))): 1}


def full(*args: object, **kwargs: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/out/buh/tmp/1")


@pytest.mark.parametrize("where", [(Maildir, "stage"), (Maildir, "publish"), (os, "pwrite")], ids=lambda w: w[1])
def test_a_full_disk_stops_with_words_and_loses_nothing(
    source: MaildirSource, to: Path, monkeypatch: pytest.MonkeyPatch, where: tuple[object, str]
) -> None:
    wanted = make_maildir(source.path, ["one", "two", "held"])
    with monkeypatch.context() as patch:
        patch.setattr(*where, full)
        with pytest.raises(Stopped, match=r"stopped at .*: /out/buh/tmp/1: No space left on device"):
            run(source, to)
        assert len(list(letters(source.path))) == 3
    run(source, to)
    check_all_done(source, to, wanted)


def test_a_folder_that_is_a_file_stops_with_its_name(source: MaildirSource, to: Path) -> None:
    wanted = make_maildir(source.path, ["one", "two"])
    to.mkdir()
    (to / "buh").write_text("in the way")
    with pytest.raises(Stopped, match=r"out/buh"):
        run(source, to)
    (to / "buh").unlink()
    run(source, to)
    check_all_done(source, to, wanted)


def interrupted(source: Source, to: Path, patch: pytest.MonkeyPatch) -> None:
    """A run that stops between the two deliveries of its first letter."""
    publish = Maildir.publish

    def second_fails(self: Maildir, name: str) -> None:
        if self.path.name == "ip":
            full()
        publish(self, name)

    with patch.context() as inner:
        inner.setattr(Maildir, "publish", second_fails)
        with pytest.raises(Stopped):
            run(source, to)


def test_an_interrupted_letter_is_finished_as_it_was_begun(
    source: MaildirSource, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the rules say by then, and wherever the next run delivers to."""
    wanted = make_maildir(source.path, ["two"])
    interrupted(source, to, monkeypatch)
    assert run(source, to.with_name("elsewhere"), lambda *_: Verdict(PLANS["triage"])) == []
    check_all_done(source, to, wanted)
    assert not delivered(to.with_name("elsewhere"))


def test_an_interrupted_letter_whose_original_is_gone_is_told(
    source: MaildirSource, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_maildir(source.path, ["two"])
    interrupted(source, to, monkeypatch)
    for path in list(letters(source.path)):
        path.unlink()
    with Journal(source.journal) as journal:
        resumed, _ = Batch(source, to, journal, issued()).resume()
    assert resumed.abandoned == (("0.M1P1.host", "its original is no longer there"),)
    assert not list((to / "ip" / "tmp").iterdir())
    assert run(source, to) == []


def test_a_pipe_interrupted_with_one_letter_finishes_it_when_it_comes_again(
    to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(StdinSource(letter("two", 1), to), to, monkeypatch)
    run(StdinSource(letter("one", 2), to), to)
    assert sorted(place for place, _ in delivered(to)) == ["buh", "buh"]
    for _ in range(2):
        assert run(StdinSource(letter("two", 1), to), to) == []
    assert sorted(delivered(to).values()) == [1, 1, 1]
    assert len(pending(to)) == 2


def test_an_abandoned_letter_of_an_mbox_is_a_new_one_when_it_is_back(
    tmp_path: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "inbox"
    path.write_bytes(POSTMARK + letter("two") + b"\n")
    interrupted(MboxSource(path), to, monkeypatch)
    path.write_bytes(b"")
    run(MboxSource(path), to)
    path.write_bytes(POSTMARK + letter("two") + b"\n")
    assert len(run(MboxSource(path), to)) == 1


def test_another_letter_under_an_interrupted_ones_name_is_judged_by_itself(
    tmp_path: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = FolderSource(tmp_path)
    (tmp_path / "a.eml").write_bytes(letter("two"))
    interrupted(source, to, monkeypatch)
    (tmp_path / "a.eml").write_bytes(letter("triage"))
    with Journal(source.journal) as journal:
        resumed, _ = Batch(source, to, journal, issued()).resume()
    assert resumed.abandoned == (("a.eml", "another letter has its name now"),)
    run(source, to)
    assert ("Triage", 1) in {(place, count) for (place, _), count in delivered(to).items()}
