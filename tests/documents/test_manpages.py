"""The man pages: those of the commands as they are, of a form that both formatters take."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from sievepy.cli.main import COMMANDS, main
from tools.manpages import FOLDER, pages

PAGES = sorted(FOLDER.glob("*.1"))


def test_the_pages_are_those_of_the_commands() -> None:
    """Else `python -m tools.manpages` makes them anew."""
    assert {path.name: path.read_text(encoding="ascii") for path in PAGES} == pages()


def test_there_is_one_for_each_command() -> None:
    from sievepy.cli.queue import queue

    expected = {"sievepy", *(f"sievepy-{name}" for name in COMMANDS), *(f"sievepy-queue-{n}" for n in queue.commands)}
    assert {path.stem for path in PAGES} == expected


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_and_the_exit_status_are_there(name: str) -> None:
    text = (FOLDER / f"sievepy-{name}.1").read_text(encoding="ascii").replace("\\-", "-")
    command = main.get_command(click.Context(main), name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert all(re.search(rf"^\.B .*{option}\b", text, re.MULTILINE) for option in parameter.opts)
    assert ".SH EXIT STATUS\n" in text
    assert ".SH EXAMPLES\n" in text


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not here")
def test_mandoc_has_nothing_to_say() -> None:
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", *PAGES], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("man") is None or shutil.which("groff") is None, reason="man-db or groff is not here")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_man_shows_it_without_a_warning(path: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": ""}
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", path], check=False, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "NAME" in done.stdout and path.stem in done.stdout
    assert "\\" not in done.stdout.replace("\\b", "")


def test_nothing_can_be_taken_for_a_request() -> None:
    known = {".TH", ".SH", ".PP", ".TP", ".B", ".BR", ".nf", ".fi"}
    for path in PAGES:
        for line in path.read_text(encoding="ascii").splitlines():
            assert line == "" or line[0] not in ".'" or line.split()[0] in known, line
