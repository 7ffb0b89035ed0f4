"""`sievepy init`: a project to begin with, whose rules, tests and CI work as they stand."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from sievepy.cli.wiring import Unusable

_STARTER = Path(__file__).parent / "starter"
_CORE = (
    "sievepy.toml",
    "rules/main.rules",
    "rules/tests.rules",
    "rules/letters/invoice.eml",
)
"""Files that mean something only together: where one of them is there, there is a project."""
_AROUND = {
    ".github/workflows/rules.yml": "github.yml",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".gitignore": "gitignore",
}
"""Files that a folder may have already; then its own is kept. -> what they are made from."""


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Write a starter project into FOLDER (default: this one): settings, rules, tests, CI.

    The rules sort letters into three departments, with a test for each; letters go into maildirs. Nothing is ever
    overwritten: where there are rules or settings already, nothing is written, and a .gitignore, a pre-commit
    configuration or a workflow that is there stays as it is.

    \b
    sievepy init mail-rules && cd mail-rules
    sievepy test                  the tests beside the rules
    sievepy relay                 takes letters at 127.0.0.1:2525

    Exit status: 0; 2 if there is a project already, or a file cannot be written.
    """
    from sievepy import __version__

    there = [name for name in _CORE if _exists(folder / name)]
    if there:
        raise Unusable(f"there is a project already: {', '.join(str(folder / name) for name in there)}")
    kept = [name for name in _AROUND if _exists(folder / name)]
    sources = {name: name for name in _CORE} | {name: _AROUND[name] for name in _AROUND if name not in kept}
    for name in sources:  # all of them first: a project of which half is there would stand in its own way
        _make_folder((folder / name).parent)
    for name, source in sources.items():
        text = (_STARTER / source).read_text(encoding="utf-8")
        _write(folder / name, text.replace("@VERSION@", __version__))
        click.echo(f"wrote {folder / name}")
    for name in kept:
        click.echo(f"kept  {folder / name}")
    where = "" if folder == Path() else f"cd {shlex.quote(str(folder))}; "
    click.echo(f"next: {where}sievepy check --tests")


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Unusable(f"cannot make the folder {path}: {problem.strerror or problem}") from None


def _write(path: Path, text: str) -> None:
    """Raises Unusable; what somebody else has made there meanwhile is not touched."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise Unusable(f"cannot write {path}: {problem.strerror or problem}") from None
