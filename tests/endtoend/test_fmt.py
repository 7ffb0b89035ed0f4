"""`sievepy fmt` as it is called: what it writes, what it prints, and its status."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.endtoend.test_check import sievepy

ROUGH = 'rule "a" {when bounce;triage}   # why\notherwise {triage}\n'
NEAT = 'rule "a" { when bounce; triage }  # why\notherwise { triage }\n'
BROKEN = 'rule "a" { whn bounce; triage }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("rough", ROUGH), ("neat", NEAT)):
        (tmp_path / f"{name}.rules").write_text(text, encoding="utf-8")
    return tmp_path


def text_of(folder: Path, name: str) -> str:
    return (folder / f"{name}.rules").read_bytes().decode()


def test_files_are_rewritten_and_named(folder: Path) -> None:
    (folder / "rough.rules").chmod(0o600)
    done = sievepy("fmt", ".", cwd=folder)
    assert done.returncode == 0
    assert done.stderr == "rewrote rough.rules\n1 file rewritten, 1 file unchanged\n"
    assert text_of(folder, "rough") == NEAT
    assert stat.S_IMODE((folder / "rough.rules").stat().st_mode) == 0o600
    assert sievepy("fmt", ".", cwd=folder).stderr == "2 files unchanged\n"


@pytest.mark.parametrize("options", [["--check"], ["--diff"], ["--check", "--diff"]])
def test_check_and_diff_write_nothing(folder: Path, options: list[str]) -> None:
    done = sievepy("fmt", *options, "rough.rules", "neat.rules", cwd=folder)
    assert done.returncode == 1
    assert "would rewrite rough.rules" in done.stderr and "neat.rules" not in done.stderr
    assert text_of(folder, "rough") == ROUGH
    assert ('+rule "a" { when bounce; triage }  # why\n' in done.stdout) == ("--diff" in options)
    assert sievepy("fmt", *options, "neat.rules", cwd=folder).returncode == 0


def test_the_diff_is_a_patch(folder: Path) -> None:
    lines = sievepy("fmt", "--diff", "rough.rules", cwd=folder).stdout.splitlines()
    assert lines[:3] == ["--- a/rough.rules", "+++ b/rough.rules", "@@ -1,2 +1,2 @@"]


def test_standard_input_goes_to_standard_output(folder: Path) -> None:
    done = sievepy("fmt", "-", cwd=folder, stdin=ROUGH)
    assert (done.returncode, done.stdout, done.stderr) == (0, NEAT, "")
    assert sievepy("fmt", "-", cwd=folder, stdin=NEAT).stdout == NEAT
    assert sievepy("fmt", "--check", "-", cwd=folder, stdin=ROUGH).returncode == 1


def test_one_bad_file_and_nothing_is_written(folder: Path) -> None:
    (folder / "bad.rules").write_text(BROKEN, encoding="utf-8")
    (folder / "latin.rules").write_bytes('rule "сч'.encode("cp1251"))
    done = sievepy("fmt", ".", cwd=folder)
    assert done.returncode == 2
    assert "error[E017]: unknown word `whn`\n --> bad.rules:1:12" in done.stderr
    assert "`latin.rules` is not UTF-8" in done.stderr
    assert done.stderr.endswith("Error: nothing was written\n")
    assert text_of(folder, "rough") == ROUGH


def test_what_the_checker_refuses_can_be_laid_out(folder: Path) -> None:
    done = sievepy("fmt", "-", cwd=folder, stdin='rule "a" {when bounce;assign nobody}')
    assert (done.returncode, done.stdout) == (0, 'rule "a" { when bounce; assign nobody }\n')


def test_line_ends_alone_are_a_change(folder: Path) -> None:
    (folder / "neat.rules").write_bytes(NEAT.replace("\n", "\r\n").encode())
    done = sievepy("fmt", "--check", "neat.rules", cwd=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("would rewrite neat.rules (its line ends)\n")
    sievepy("fmt", "neat.rules", cwd=folder)
    assert text_of(folder, "neat") == NEAT


def test_the_projects_files_are_all_that_its_entry_includes(folder: Path) -> None:
    (folder / "main.rules").write_text('include "rough.rules"\n', encoding="utf-8")
    (folder / "sievepy.toml").write_text('rules = "main.rules"\n', encoding="utf-8")
    (folder / "stray.rules").write_text(ROUGH, encoding="utf-8")
    (folder / "deep").mkdir()
    done = sievepy("fmt", cwd=folder / "deep")
    assert done.returncode == 0, done.stderr
    assert (text_of(folder, "rough"), text_of(folder, "stray")) == (NEAT, ROUGH)


def test_without_a_project_files_must_be_named(folder: Path) -> None:
    done = sievepy("fmt", cwd=folder)
    assert done.returncode == 2
    assert "name the files" in done.stderr


@pytest.mark.parametrize("words", [("absent.rules",), ("--chek",)])
def test_what_cannot_be_done_is_status_2(folder: Path, words: tuple[str, ...]) -> None:
    assert sievepy("fmt", *words, cwd=folder).returncode == 2


def test_a_folder_that_cannot_be_written_is_status_2(folder: Path) -> None:
    link = folder / "gone.rules"
    link.symlink_to("/proc/self/status")
    done = sievepy("fmt", "gone.rules", cwd=folder)
    assert done.returncode == 2
