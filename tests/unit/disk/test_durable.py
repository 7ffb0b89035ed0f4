"""Steps on the file system: whole or not at all, synced in the right order, and never over another file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sievepy.disk.durable import make_folder, move, write_new
from sievepy.disk.maildir import find, flags, is_maildir, letters, unique_name


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were synced, in order."""
    found: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: found.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
    )
    return found


def test_missing_folders_are_made_from_the_top_and_each_name_is_synced(tmp_path: Path, synced: list[str]) -> None:
    make_folder(tmp_path / "a" / "b")
    assert synced == [str(tmp_path), str(tmp_path / "a")]
    make_folder(tmp_path / "a" / "b")
    assert len(synced) == 2


def test_a_file_is_synced_before_write_new_returns(tmp_path: Path, synced: list[str]) -> None:
    write_new(tmp_path / "f", b"data")
    assert synced == [str(tmp_path / "f")]
    assert (tmp_path / "f").read_bytes() == b"data"


def test_write_new_replaces_nothing(tmp_path: Path) -> None:
    write_new(tmp_path / "f", b"one")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"one"


def test_no_half_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        write_new(tmp_path / "f", b"data")
    assert not (tmp_path / "f").exists()


def test_a_move_syncs_the_new_place_before_the_old_one(tmp_path: Path, synced: list[str]) -> None:
    for name in ("from", "to"):
        (tmp_path / name).mkdir()
    (tmp_path / "from" / "f").write_bytes(b"data")
    move(tmp_path / "from" / "f", tmp_path / "to" / "g")
    assert synced == [str(tmp_path / "to"), str(tmp_path / "from")]
    assert (tmp_path / "to" / "g").read_bytes() == b"data"


def test_a_move_replaces_nothing(tmp_path: Path) -> None:
    for name in ("f", "g"):
        (tmp_path / name).write_text(name)
    with pytest.raises(FileExistsError):
        move(tmp_path / "f", tmp_path / "g")
    assert (tmp_path / "g").read_text() == "g"


def test_the_layout_of_a_maildir(tmp_path: Path) -> None:
    assert not is_maildir(tmp_path)
    for name in ("new", "cur"):
        (tmp_path / name).mkdir()
    assert is_maildir(tmp_path)
    (tmp_path / "cur" / "1.a:2,RS").touch()
    (tmp_path / "new" / "2.b").touch()
    (tmp_path / "new" / ".nfs01").touch()
    assert [path.name for path in letters(tmp_path)] == ["2.b", "1.a:2,RS"]
    path = find(tmp_path, "1.a")
    assert path is not None
    assert (unique_name(path), flags(path)) == ("1.a", "RS")
    assert find(tmp_path, "1") is None
