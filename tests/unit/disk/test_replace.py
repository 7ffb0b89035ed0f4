"""New contents for a file: whole or not at all, with its mode, through its links."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sievepy.disk import replace
from sievepy.disk.replace import replace_contents


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.rules"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def test_contents_are_new_and_the_mode_is_not(file: Path) -> None:
    replace_contents(file, b"new")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert names(file.parent) == ["a.rules"]


def test_a_reader_who_has_it_open_sees_the_old_contents(file: Path) -> None:
    with file.open("rb") as reader:
        replace_contents(file, b"new")
        assert reader.read() == b"old"


def test_a_link_stays_a_link(file: Path) -> None:
    link = file.parent / "link.rules"
    link.symlink_to("a.rules")
    replace_contents(link, b"new")
    assert link.is_symlink() and file.read_bytes() == b"new"


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
def test_a_failure_leaves_the_file_as_it_was(file: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replace.os, step, fail)
    with pytest.raises(OSError, match="No space"):
        replace_contents(file, b"new")
    assert file.read_bytes() == b"old"
    assert names(file.parent) == ["a.rules"]


def test_there_must_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_contents(tmp_path / "absent.rules", b"new")
    assert names(tmp_path) == []
