"""A letter in a maildir is durable and single once `delivered` is said, and a failing disk makes no false promise."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import os
from pathlib import Path

import pytest

from sievepy.disk.maildir import letters
from sievepy.sinks.letter_file import LetterFile
from sievepy.sinks.maildirs import MaildirSink
from sievepy.sinks.port import ATTEMPT, RETURN_PATH, Parcel, Result

PARCEL = Parcel(
    "d1",
    "l1",
    "bounce+d1.x@y.kz",
    "activ",
    b"X-Sievepy-ID: l1\r\nSubject: x\r\n\r\nbody\r\n",
    40,
    {RETURN_PATH: "a@b.kz", ATTEMPT: "1"},
)
AGAIN = dataclasses.replace(PARCEL, options={RETURN_PATH: "a@b.kz", ATTEMPT: "2"})


def deliver(root: Path, parcel: Parcel = PARCEL) -> Result:
    return asyncio.run(MaildirSink(root, "mx.x-com.kz").deliver(parcel))


def test_a_letter_lies_there_with_its_authors_return_path(tmp_path: Path) -> None:
    assert deliver(tmp_path).outcome == "delivered"
    (path,) = letters(tmp_path / "activ")
    assert path.parent.name == "new"
    assert path.read_bytes() == b"Return-Path: <a@b.kz>\nX-Sievepy-ID: l1\nSubject: x\n\nbody\n"
    assert not list((tmp_path / "activ" / "tmp").iterdir())


def test_a_letter_in_a_file_is_delivered_like_one_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "letter"
    file.write_bytes(b"Subject: x\r\n\r\n")
    deliver(tmp_path, dataclasses.replace(PARCEL, data=LetterFile(file)))
    (path,) = letters(tmp_path / "activ")
    assert path.read_bytes() == b"Return-Path: <a@b.kz>\nSubject: x\n\n"


@pytest.mark.parametrize("moved_to", ["new/{}", "cur/{}:2,S"])
def test_a_second_attempt_finds_what_the_first_has_done(tmp_path: Path, moved_to: str) -> None:
    """Killed between the link and the answer, with a reader in between: still one letter."""
    deliver(tmp_path)
    (path,) = letters(tmp_path / "activ")
    os.link(path, tmp_path / "activ" / "tmp" / path.name)  # the attempt was killed before it tidied up
    path.rename(tmp_path / "activ" / moved_to.format(path.name))
    assert deliver(tmp_path, AGAIN).outcome == "delivered"
    assert len(list(letters(tmp_path / "activ"))) == 1
    assert not list((tmp_path / "activ" / "tmp").iterdir())


def test_what_a_killed_attempt_left_is_replaced(tmp_path: Path) -> None:
    deliver(tmp_path, dataclasses.replace(PARCEL, delivery="d0"))
    (tmp_path / "activ" / "tmp" / "d1.mx.x-com.kz").write_bytes(b"half a let")
    assert deliver(tmp_path, AGAIN).outcome == "delivered"
    assert (tmp_path / "activ" / "new" / "d1.mx.x-com.kz").read_bytes().endswith(b"\nbody\n")


def test_two_deliveries_are_two_letters(tmp_path: Path) -> None:
    deliver(tmp_path)
    deliver(tmp_path, dataclasses.replace(PARCEL, delivery="d2"))
    assert len(list(letters(tmp_path / "activ"))) == 2


@pytest.mark.parametrize("step", ["fsync", "link", "write"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EXDEV])
def test_a_failing_disk_defers_and_leaves_no_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    deliver(tmp_path, dataclasses.replace(PARCEL, delivery="d0"))

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen" if step == "write" else step, fail)
        result = deliver(tmp_path)
    assert result == Result("deferred", os.strerror(code))
    assert len(list(letters(tmp_path / "activ"))) == 1
    assert deliver(tmp_path, AGAIN).outcome == "delivered"
    assert len(list(letters(tmp_path / "activ"))) == 2


def test_delivered_is_said_after_the_letter_and_its_folder_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of a durable delivery; without any one of these steps this test is red."""
    steps = []
    fsync, link = os.fsync, os.link

    def logged_fsync(descriptor: int) -> None:
        steps.append(f"fsync {Path(f'/proc/self/fd/{descriptor}').readlink().relative_to(tmp_path)}")
        fsync(descriptor)

    def logged_link(source: Path, target: Path) -> None:
        steps.append("link")
        link(source, target)

    deliver(tmp_path, dataclasses.replace(PARCEL, delivery="d0"))
    monkeypatch.setattr(os, "fsync", logged_fsync)
    monkeypatch.setattr(os, "link", logged_link)
    deliver(tmp_path)
    assert steps == ["fsync activ/tmp/d1.mx.x-com.kz", "link", "fsync activ/new"]


@pytest.mark.parametrize("target", ["", ".", "..", "../x", "/etc", "a/../../b"])
def test_a_path_out_of_the_root_is_refused(tmp_path: Path, target: str) -> None:
    root = tmp_path / "root"
    assert deliver(root, dataclasses.replace(PARCEL, target=target)).outcome == "failed"
    assert not root.exists()


def test_tmp_on_another_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.stat

    def elsewhere(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        status = real(path, follow_symlinks=follow_symlinks)
        return os.stat_result([*status[:2], status[2] + 1, *status[3:]]) if path.name == "tmp" else status

    deliver(tmp_path, dataclasses.replace(PARCEL, delivery="d0"))
    monkeypatch.setattr(Path, "stat", elsewhere)
    result = deliver(tmp_path)
    assert result == Result("deferred", "tmp and new of a maildir must lie on one file system")


@pytest.mark.parametrize("sender", ["", "a@b.kz\r\nX-Evil: 1", "я@b.kz", "a\u2028@b"])
def test_a_return_path_is_one_line(tmp_path: Path, sender: str) -> None:
    deliver(tmp_path, dataclasses.replace(PARCEL, options={RETURN_PATH: sender}))
    (path,) = letters(tmp_path / "activ")
    first, second, *_ = path.read_bytes().split(b"\n")
    assert first.startswith(b"Return-Path: <")
    assert first.endswith(b">")
    assert second == b"X-Sievepy-ID: l1"


def test_a_probe_says_whether_letters_can_be_written(tmp_path: Path) -> None:
    async def probe(root: Path) -> str | None:
        return await MaildirSink(root, "mx").probe()

    assert asyncio.run(probe(tmp_path / "new")) is None
    (tmp_path / "file").write_bytes(b"")
    assert asyncio.run(probe(tmp_path / "file")) is not None
