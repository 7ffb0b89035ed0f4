"""Undoing a run brings the letters back, takes back what nobody has touched, and tells the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from sievepy.disk.maildir import letters
from sievepy.relay.journal import Journal
from sievepy.relay.undo import NoSuchRun, TakenBack, undo_run
from sievepy.sinks.maildir import Maildir
from sievepy.sources.folder import FolderSource
from sievepy.sources.maildir import MaildirSource
from sievepy.sources.mbox import MboxSource
from sievepy.sources.port import Source
from tests.unit.relay.batches import PLANS, check_all_done, delivered, letter, make_maildir, pending, run
from tests.unit.relay.test_batch import POSTMARK, interrupted


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def source(tmp_path: Path) -> MaildirSource:
    return MaildirSource(tmp_path / "in")


def undo(source: Source, number: int = 1) -> list[TakenBack]:
    assert source.journal is not None
    with Journal(source.journal) as journal:
        return list(undo_run(journal, source, number))


def snapshot(maildir: Path) -> dict[str, bytes]:
    return {str(path.relative_to(maildir)): path.read_bytes() for path in letters(maildir)}


def test_all_is_as_it_was(source: MaildirSource, to: Path) -> None:
    wanted = make_maildir(source.path, PLANS)
    before = snapshot(source.path)
    run(source, to)
    results = undo(source)
    assert [result.name for result in results] == sorted((r.name for r in results), reverse=True)
    assert all(result.back and not result.left for result in results)
    assert snapshot(source.path) == before
    assert not delivered(to) and not pending(to)
    run(source, to)
    check_all_done(source, to, wanted)


def test_undone_twice_is_undone_once(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["two"])
    run(source, to)
    assert len(undo(source)) == 1
    assert undo(source) == []


def test_only_the_run_named(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["one"])
    run(source, to)
    (source.path / "new" / "later").write_bytes(letter("one", 7))
    run(source, to)
    assert [result.name for result in undo(source, 2)] == ["later"]
    assert len(list(letters(source.path))) == 1
    with pytest.raises(NoSuchRun):
        undo(source, 3)


@pytest.mark.parametrize("flags", ["S", "R", "T", "FS"])
def test_what_somebody_has_read_or_marked_stays_and_is_told(source: MaildirSource, to: Path, flags: str) -> None:
    make_maildir(source.path, ["two"])
    run(source, to)
    (path,) = letters(to / "buh")
    read = path.rename(to / "buh" / "cur" / f"{path.name}:2,{flags}")
    (result,) = undo(source)
    assert result.back
    assert result.left == (f"buh: somebody has read or marked it ({flags}); it stays",)
    assert read.exists()
    assert not list(letters(to / "ip"))


def test_a_copy_that_was_only_listed_by_a_reader_is_taken_back(source: MaildirSource, to: Path) -> None:
    """Opening a mailbox moves everything from `new` to `cur`; nobody has read it yet."""
    make_maildir(source.path, ["one"])
    run(source, to)
    (path,) = letters(to / "buh")
    path.rename(to / "buh" / "cur" / f"{path.name}:2,")
    (result,) = undo(source)
    assert result.left == ()
    assert not delivered(to)


def test_what_was_changed_or_moved_away_is_told(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["two"])
    run(source, to)
    (buh,), (ip,) = letters(to / "buh"), letters(to / "ip")
    buh.write_bytes(b"changed")
    ip.rename(to / "elsewhere")
    (to / "pending.jsonl").write_bytes(b"")
    (result,) = undo(source)
    assert result.left == (
        "buh: it was changed; it stays",
        "ip: it is no longer there",
        "pending.jsonl: it is no longer there",
    )


def test_without_its_original_nothing_of_a_letter_is_removed(source: MaildirSource, to: Path) -> None:
    make_maildir(source.path, ["two"])
    run(source, to)
    for path in list(letters(source.path / "Processed")):
        path.unlink()
    (result,) = undo(source)
    assert not result.back
    assert result.left == ("its original cannot be read: the letter is no longer there",)
    assert len(delivered(to)) == 2


def test_an_interrupted_run_can_be_taken_back_as_it_stands(
    source: MaildirSource, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_maildir(source.path, ["two", "one"])
    before = snapshot(source.path)
    interrupted(source, to, monkeypatch)
    (result,) = undo(source)
    assert result == TakenBack("0.M1P1.host", True)
    assert snapshot(source.path) == before
    assert not delivered(to)
    assert not list((to / "ip" / "tmp").iterdir())


def test_an_mbox_forgets(tmp_path: Path, to: Path) -> None:
    source = MboxSource(tmp_path / "inbox")
    source.path.write_bytes(POSTMARK + letter("one") + b"\n")
    run(source, to)
    assert undo(MboxSource(source.path)) == [TakenBack("inbox#1", True)]
    assert not delivered(to)
    assert len(run(source, to)) == 1


def test_a_folder_gets_its_files_back(tmp_path: Path, to: Path) -> None:
    (tmp_path / "a.eml").write_bytes(letter("one"))
    run(FolderSource(tmp_path), to)
    undo(FolderSource(tmp_path))
    assert (tmp_path / "a.eml").read_bytes() == letter("one")


def test_an_error_on_the_way_leaves_the_rest_for_another_try(
    source: MaildirSource, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_maildir(source.path, ["one", "two", "one"])
    run(source, to)
    find = Maildir.find

    def unreadable(self: Maildir, name: str) -> Path | None:
        if self.path.name == "ip":
            raise PermissionError(13, "Permission denied", str(self.path))
        return find(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(Maildir, "find", unreadable)
        with pytest.raises(PermissionError):
            undo(source)
    assert [result.name for result in undo(source)] == ["1.M1P1.host:2,S", "0.M1P1.host"]
    assert len(list(letters(source.path))) == 3
    assert not delivered(to)
