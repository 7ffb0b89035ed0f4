"""Deliveries into a maildir: complete when seen, never replaced, and known after a crash whatever readers did."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest

from sievepy.sinks.maildir import Maildir, Staged, UniqueNames

NAME = "1700000000.M1P2Q3R4.host"


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path / "Filed" / "a" / "b")


def stage(maildir: Maildir, data: bytes = b"letter\n") -> Staged:
    staged = maildir.stage(NAME, data)
    time.sleep(0.02)  # change times are as fine as the kernel's clock tick
    return staged


def test_a_letter_is_seen_when_it_is_published_and_whole(maildir: Maildir) -> None:
    stage(maildir)
    assert maildir.find(NAME) is None
    maildir.publish(NAME)
    assert maildir.find(NAME) == maildir.path / "new" / NAME
    assert (maildir.path / "new" / NAME).read_bytes() == b"letter\n"
    maildir.clear(NAME)
    assert not list((maildir.path / "tmp").iterdir())


def test_letters_are_private(maildir: Maildir) -> None:
    stage(maildir)
    maildir.publish(NAME)
    assert (maildir.path / "new" / NAME).stat().st_mode & 0o077 == 0
    assert maildir.path.stat().st_mode & 0o077 == 0


def test_nothing_is_ever_replaced(maildir: Maildir) -> None:
    stage(maildir)
    maildir.publish(NAME)
    stage(maildir, b"another\n")
    with pytest.raises(FileExistsError):
        maildir.publish(NAME)
    assert (maildir.path / "new" / NAME).read_bytes() == b"letter\n"


def test_what_an_interrupted_run_staged_is_staged_anew(maildir: Maildir) -> None:
    stage(maildir, b"half a let")
    stage(maildir, b"letter\n")
    maildir.publish(NAME)
    assert (maildir.path / "new" / NAME).read_bytes() == b"letter\n"


def test_staged_is_not_published(maildir: Maildir) -> None:
    staged = stage(maildir)
    assert not maildir.was_published(NAME, staged)


@pytest.mark.parametrize("reader", ["nobody", "opens", "moves", "deletes"])
def test_published_is_known_whatever_a_reader_did(maildir: Maildir, tmp_path: Path, reader: str) -> None:
    staged = stage(maildir)
    maildir.publish(NAME)
    new = maildir.path / "new" / NAME
    if reader == "opens":
        new.rename(maildir.path / "cur" / f"{NAME}:2,S")
    elif reader == "moves":
        new.rename(tmp_path / "elsewhere")
    elif reader == "deletes":
        new.unlink()
    assert maildir.was_published(NAME, staged)


def test_where_a_cleaner_took_the_staged_file_the_name_tells(maildir: Maildir) -> None:
    staged = stage(maildir)
    maildir.clear(NAME)
    assert not maildir.was_published(NAME, staged)
    staged = stage(maildir)
    maildir.publish(NAME)
    maildir.clear(NAME)
    assert maildir.was_published(NAME, staged)


def test_another_file_of_the_name_is_no_witness(maildir: Maildir) -> None:
    """A folder restored from a copy has the names, and other inodes."""
    staged = stage(maildir)
    kept = (maildir.path / "tmp" / NAME).rename(maildir.path / "kept")
    (maildir.path / "tmp" / NAME).write_bytes(kept.read_bytes())
    assert not maildir.was_published(NAME, staged)


def test_a_maildir_across_file_systems_is_refused(maildir: Maildir) -> None:
    other = Path("/dev/shm")
    assert other.stat().st_dev != maildir.path.parents[2].stat().st_dev
    maildir.path.mkdir(parents=True)
    (maildir.path / "new").symlink_to(other)
    with pytest.raises(OSError, match="one file system"):
        maildir.stage(NAME, b"letter\n")


def test_names_are_unique_and_hold_no_separator() -> None:
    moment = dt.datetime(2026, 1, 15, 12, 0, 0, 42, tzinfo=dt.UTC)
    names = UniqueNames(lambda: moment, lambda: "beef", "odd/host:1", 7)
    assert names() == r"1768478400.M42P7Q1Rbeef.odd\057host\0721"
    assert names() != names()
