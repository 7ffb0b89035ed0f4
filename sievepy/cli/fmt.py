"""`sievepy fmt`: rules files in their canonical layout."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sievepy.cli.rules_files import STDIN, Contents, project_files, rules_files
from sievepy.cli.terminal import coloured, show_diff
from sievepy.cli.wiring import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sievepy.text import Diagnostic


@dataclass(frozen=True, slots=True)
class Layout:
    """A file: its bytes as they are, its text, and the text as it should be."""

    name: str
    data: bytes
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.after.encode() != self.data


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; the status says whether something would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def fmt(paths: tuple[Path, ...], check: bool, diff: bool) -> None:
    """Rewrite rules files in their canonical layout.

    A PATH is a rules file, a folder with some, or `-`: standard input, written to standard output. Default are the
    project's rules file and all that it includes.

    What the rules mean and every comment stay as they are. A file with mistakes, or one that could not be laid out
    so, is named, and then no file is written.

    \b
    sievepy fmt rules/                  rewrite all files below rules/
    sievepy fmt --check rules/          in CI: is there anything to rewrite?
    sievepy fmt --diff                  what would change in the project's rules
    sievepy fmt - < new.rules           from an editor

    Exit status: 0 done, 1 with --check or --diff: something would change, 2 nothing was written.
    """
    layouts = _lay_out(rules_files(paths) if paths else project_files())
    changed = [layout for layout in layouts if layout.differs]
    if diff:
        _show_diffs(changed)
    if check or diff:
        _say("would rewrite", changed)
    else:
        _write(layouts)
    if check or diff or layouts[-1].name != STDIN:
        click.echo(_summary(len(changed), len(layouts), done=not (check or diff)), err=True)
    sys.exit(1 if changed and (check or diff) else 0)


def _lay_out(files: Iterable[Path]) -> list[Layout]:
    """The layouts of all files. Raises Unusable where one of them cannot be had; why is shown."""
    from sievepy.rules_lang.formatter import format_source
    from sievepy.rules_lang.loader import Files
    from sievepy.rules_lang.report import Report

    contents = Contents()
    layouts: list[Layout] = []
    problems: list[Diagnostic] = []
    for file in files:
        report = Report()
        name = STDIN if file == Path("-") else str(file)
        source = Files(name, contents.read, report).source_of(name, None)
        if source is None:
            problems += report.sorted()
            continue
        formatted = format_source(source)
        problems += formatted.diagnostics
        if formatted.text is not None:
            layouts.append(Layout(name, contents.read(name), source.text, formatted.text))
    if problems:
        _show(problems)
        raise Unusable("nothing was written")
    return layouts


def _write(layouts: Sequence[Layout]) -> None:
    from sievepy.disk.replace import replace_contents

    for layout in layouts:
        if layout.name == STDIN:
            sys.stdout.buffer.write(layout.after.encode())
            sys.stdout.buffer.flush()
        elif layout.differs:
            try:
                replace_contents(Path(layout.name), layout.after.encode())
            except OSError as problem:
                raise Unusable(f"cannot write {layout.name}: {problem.strerror or problem}") from None
            _say("rewrote", [layout])


def _show(problems: Iterable[Diagnostic]) -> None:
    from sievepy.text.render import full

    colour = coloured(sys.stderr)
    for problem in problems:
        click.echo(full(problem, colour) + "\n", err=True)


def _show_diffs(layouts: Iterable[Layout]) -> None:
    for layout in layouts:
        show_diff(layout.name, layout.before, layout.after)


def _say(what: str, layouts: Iterable[Layout]) -> None:
    for layout in layouts:
        why = "" if layout.before != layout.after else " (its line ends)"
        click.echo(f"{what} {layout.name}{why}", err=True)


def _summary(changed: int, total: int, *, done: bool) -> str:
    """`2 files rewritten, 12 unchanged`."""
    what = "rewritten" if done else "would be rewritten"
    parts = [(changed, f" {what}"), (total - changed, " unchanged")]
    return ", ".join(f"{n} file{'' if n == 1 else 's'}{words}" for n, words in parts if n)
