"""Killed after any number of steps and started again, a batch loses nothing and doubles nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.disk.maildir import letters
from sievepy.relay.journal import Journal
from sievepy.relay.undo import finish_undoing, undo_run
from sievepy.sources.maildir import MaildirSource
from tests.unit.relay.batches import Crash, check_all_done, crash_at, delivered, maildirs, make_maildir, pending, run

SUBJECTS = ("two", "restricted", "held")


def crashed_run(source: MaildirSource, to: Path, moment: int, patch: pytest.MonkeyPatch) -> bool:
    """Whether the run got as far as that moment."""
    with crash_at(moment, patch):
        try:
            run(source, to)
        except Crash:
            return True
    return False


def read_all(to: Path) -> None:
    """A reader opens everything that has come: `new` becomes `cur`, seen."""
    for maildir in maildirs(to):
        for path in list((maildir / "new").iterdir()):
            path.rename(maildir / "cur" / f"{path.name}:2,S")


@pytest.mark.parametrize("reader", [False, True], ids=["alone", "beside a reader"])
def test_every_single_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: bool) -> None:
    for moment in range(10_000):
        home = tmp_path / str(moment)
        source, to = MaildirSource(home / "in"), home / "out"
        wanted = make_maildir(source.path, SUBJECTS)
        crashed = crashed_run(source, to, moment, monkeypatch)
        if reader and to.exists():
            read_all(to)
        crashed_run(source, to, 10_000_000, monkeypatch)
        check_all_done(source, to, wanted)
        if not crashed:
            break
    assert moment > 200, "the run was cut at every one of its calls, before and behind it"


@settings(max_examples=60, deadline=None)
@given(moments=st.lists(st.integers(0, 260), min_size=1, max_size=6))
def test_killed_again_and_again(moments: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        source, to = MaildirSource(Path(folder, "in")), Path(folder, "out")
        wanted = make_maildir(source.path, ("one", "two", "restricted", "file", "triage"))
        for moment in moments:
            crashed_run(source, to, moment, patch)
        crashed_run(source, to, 10_000_000, patch)
        check_all_done(source, to, wanted)


def test_an_interrupted_run_goes_on_under_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, to = MaildirSource(tmp_path / "in"), tmp_path / "out"
    make_maildir(source.path, SUBJECTS)
    assert crashed_run(source, to, 100, monkeypatch)
    run(source, to)
    with Journal(source.journal) as journal:
        assert list(journal.history.runs) == [1]
        assert journal.history.ended == {1}


def test_undoing_may_be_killed_at_every_single_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken back half, and then gone on with by the next run or by the same command."""
    for moment in range(10_000):
        home = tmp_path / str(moment)
        source, to = MaildirSource(home / "in"), home / "out"
        make_maildir(source.path, SUBJECTS)
        crashed_run(source, to, 10_000_000, monkeypatch)
        crashed = True
        with crash_at(moment, monkeypatch), Journal(source.journal) as journal:
            try:
                list(undo_run(journal, source, 1))
                crashed = False
            except Crash:
                pass
        with crash_at(10_000_000, monkeypatch), Journal(source.journal) as journal:
            finish_undoing(journal, source)
            list(undo_run(journal, source, 1))
        assert not delivered(to)
        assert not pending(to)
        assert len(list(letters(source.path))) == len(SUBJECTS)
        if not crashed:
            break
    assert moment > 40
