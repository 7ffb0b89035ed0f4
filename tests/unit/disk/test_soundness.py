"""Whether a folder can hold what must not be lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sievepy.disk.soundness import existing, is_folder, is_there, kind_of, write_through

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
30 22 0:40 / /srv rw - ext4 /dev/sdb1 rw
31 30 0:41 / /srv/mail rw,noatime master:3 - nfs4 host:/mail rw
32 22 0:42 /sub /with\040space rw - tmpfs tmpfs rw
33 22 0:43 / /srv/mail/over rw - xfs /dev/sdc rw
34 33 0:44 / /srv/mail/over rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/srv", "ext4"),
        ("/srv/mail", "nfs4"),
        ("/srv/mail/queue", "nfs4"),
        ("/srv/mailbox", "ext4"),
        ("/with space/x", "tmpfs"),
        ("/srv/mail/over/x", "tmpfs"),
    ],
)
def test_the_kind_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert kind_of(Path(path), MOUNTS) == kind


def test_where_nobody_lets_us_look_there_is_nothing(tmp_path: Path) -> None:
    """A name too long is refused like a folder that is not ours, and root is refused it as well."""
    refused = tmp_path / ("a" * 300) / "b"
    assert not is_there(refused) and not is_folder(refused)
    assert existing(refused) == tmp_path
    assert is_there(tmp_path) and is_folder(tmp_path)


def test_a_text_that_says_nothing() -> None:
    assert kind_of(Path("/x"), "") is None
    assert kind_of(Path("/x"), "something else\n - \n") is None


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="there is no /proc here")
def test_the_kind_of_a_real_folder_is_known(tmp_path: Path) -> None:
    assert kind_of(Path("/proc"), Path("/proc/self/mountinfo").read_text()) == "proc"
    assert kind_of(tmp_path, Path("/proc/self/mountinfo").read_text()) is not None


def test_writing_leaves_nothing_behind_and_touches_nothing(tmp_path: Path) -> None:
    write_through(tmp_path, "probe")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "probe").write_text("somebody's")
    with pytest.raises(FileExistsError):
        write_through(tmp_path, "probe")
    assert (tmp_path / "probe").read_text() == "somebody's"


def test_a_sync_that_fails_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        write_through(tmp_path, "probe")
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_folder_that_is_there(tmp_path: Path) -> None:
    assert existing(tmp_path / "a" / "b") == tmp_path
    assert existing(tmp_path) == tmp_path
    (tmp_path / "file").write_text("x")
    assert existing(tmp_path / "file" / "b") == tmp_path
