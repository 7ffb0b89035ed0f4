"""The intent journal: durable lines, one holder at a time, torn ends cut, damage refused."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from sievepy.relay.journal import (
    Abandon,
    Begin,
    Busy,
    Damaged,
    Deliver,
    Done,
    End,
    Enter,
    Intent,
    Journal,
    Record,
    Run,
    SetAside,
    Undo,
    Undone,
)


def begin(id: str, key: str = "k") -> Begin:
    steps = (Deliver(("buh",), "1.M1.h"), Enter(({"id": f"{id}.1", "action": "print"},)), SetAside("Processed/new/1"))
    return Begin(id, 1, "1", key, "00", "2026-01-15T12:00:00+00:00", ("buh",), ("Правило",), (("X-A", "б"),), steps)


RECORDS: tuple[Record, ...] = (
    Run(1, "/to", "2026-01-15T12:00:00+00:00"),
    begin("a", "first"),
    Intent("a", 0, "deliver", inode=7, changed=9),
    Intent("a", 1, "pending", since=120),
    Done("a"),
    begin("b", "second"),
    Abandon("b", "gone"),
    begin("c", "third"),
    Undo("a"),
    Undone("a", ("buh: read",)),
    Undo("b"),
    End(1),
)


def write(path: Path, *records: Record) -> None:
    with Journal(path) as journal:
        for record in records:
            journal.write(record)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        for record in RECORDS:
            journal.write(record)
        written = journal.history
    with Journal(tmp_path / "j") as journal:
        assert journal.history == written


def test_the_history_tells_where_each_letter_stands(tmp_path: Path) -> None:
    write(tmp_path / "j", *RECORDS)
    with Journal(tmp_path / "j") as journal:
        history = journal.history
    assert [work.begin.id for work in history.unfinished()] == ["c"]
    assert history.works["a"].undone and not history.works["a"].undoing
    assert history.works["b"].undoing
    assert history.works["a"].last == Intent("a", 1, "pending", since=120)
    assert history.dealt_with() == set()
    assert [work.begin.id for work in history.of_run(1)] == ["a", "b", "c"]


def test_dealt_with_are_letters_delivered_and_not_taken_back(tmp_path: Path) -> None:
    write(tmp_path / "j", RECORDS[0], begin("a", "one"), Done("a"), begin("b", "two"), begin("c", "three"), Done("c"))
    write(tmp_path / "j", Undo("c"), begin("d", "four"), Abandon("d", "gone"))
    with Journal(tmp_path / "j") as journal:
        assert journal.history.dealt_with() == {"one"}


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"), pytest.raises(Busy, match="another run is at work"):
        Journal(tmp_path / "j")
    with Journal(tmp_path / "j"):
        pass


def test_or_it_waits_for_its_turn(tmp_path: Path) -> None:
    held = Journal(tmp_path / "j")
    turns = []

    def second() -> None:
        with Journal(tmp_path / "j", wait=True) as journal:
            turns.append(list(journal.history.runs))

    thread = threading.Thread(target=second)
    thread.start()
    held.write(RECORDS[0])
    assert turns == []
    with held:
        pass
    thread.join()
    assert turns == [[1]]


def test_a_torn_last_line_is_cut_and_written_over(tmp_path: Path) -> None:
    write(tmp_path / "j", *RECORDS[:2])
    whole = (tmp_path / "j").read_bytes()
    for length in (1, 20):
        (tmp_path / "j").write_bytes(whole + b'{"do":"done","id":"a"}\n'[:length])
        with Journal(tmp_path / "j") as journal:
            assert not journal.history.works["a"].closed
            journal.write(Done("a"))
        assert (tmp_path / "j").read_bytes() == whole + b'{"do":"done","id":"a"}\n'


@pytest.mark.parametrize(
    "line", [b"{}\n", b"nonsense\n", b'{"do":"done","id":"nobody"}\n', b'{"do":"step","id":"a"}\n']
)
def test_damage_inside_is_refused_and_left_as_it_is(tmp_path: Path, line: bytes) -> None:
    write(tmp_path / "j", *RECORDS[:2])
    damaged = (tmp_path / "j").read_bytes() + line + b'{"do":"done","id":"a"}\n'
    (tmp_path / "j").write_bytes(damaged)
    with pytest.raises(Damaged, match=r"line 3 of .*j cannot be read"):
        Journal(tmp_path / "j")
    assert (tmp_path / "j").read_bytes() == damaged
    with pytest.raises(Damaged):  # and not Busy: the lock was given back
        Journal(tmp_path / "j")


def test_each_record_is_synced_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[object] = []
    with Journal(tmp_path / "j") as journal:
        monkeypatch.setattr(os, "fsync", lambda descriptor: events.append((tmp_path / "j").read_bytes().count(b"\n")))
        for record in RECORDS[:4]:
            journal.write(record)
            events.append("counts")
    assert events == [1, "counts", 2, "counts", 3, "counts", 4, "counts"]


def test_a_record_that_does_not_fit_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "j", *RECORDS[:2])

    def full(descriptor: int, data: memoryview, offset: int) -> int:
        if len(data) > 5:
            return real(descriptor, data[:5], offset)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    real = os.pwrite
    with monkeypatch.context() as patch, Journal(tmp_path / "j") as journal:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            journal.write(Done("a"))
        assert not journal.history.works["a"].closed
    with Journal(tmp_path / "j") as journal:
        assert not journal.history.works["a"].closed


def test_the_journal_is_private(tmp_path: Path) -> None:
    write(tmp_path / "j", RECORDS[0])
    assert (tmp_path / "j").stat().st_mode & 0o077 == 0
