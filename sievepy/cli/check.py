"""`sievepy check`: every mistake in rules files, in one run."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sievepy.cli.check_output import (
    DOCUMENTS,
    FORMATS,
    count,
    show_findings,
    show_order,
    show_stats,
    summary,
)
from sievepy.cli.rules_files import Contents
from sievepy.cli.terminal import show_diff
from sievepy.cli.wiring import Misconfigured, Unusable

if TYPE_CHECKING:
    from sievepy.cli.checking import Checked
    from sievepy.cli.fixing import Fixed
    from sievepy.text import Diagnostic


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option(
    "--output-format",
    "output",
    type=click.Choice(FORMATS),
    default="full",
    show_default=True,
    help="How findings are shown: with their source lines, one a line, or for programs.",
)
@click.option("--strict", is_flag=True, help="Warnings, too, make the status 1.")
@click.option("--fix", is_flag=True, help="Mend in the files what can safely be mended; show what is left.")
@click.option("--diff", is_flag=True, help="Write nothing; show what --fix would change.")
@click.option("--order", is_flag=True, help="Print the order in which rules are judged.")
@click.option("--stats", is_flag=True, help="Print how large the rules are, and which of them have no trigger.")
@click.option("--tests", is_flag=True, help="Run the tests beside the rules, too.")
def check(
    paths: tuple[Path, ...],
    output: str,
    *,
    strict: bool,
    fix: bool,
    diff: bool,
    order: bool,
    stats: bool,
    tests: bool,
) -> None:
    """Find the mistakes in rules files.

    A PATH is a rules file, a folder with some, or `-` for standard input; default is the project's rules file.
    Files that another one includes are checked as a part of it.

    \b
    sievepy check                              the project's rules
    sievepy check rules/x-com.rules --tests    and the tests beside them
    sievepy check --strict --output-format concise rules/
    sievepy check --diff                       what could be mended without a second thought
    sievepy check --order                      which rule is asked first

    `sievepy rule CODE` explains a code; `# sievepy: ignore CODE reason` keeps a finding quiet.

    Exit status: 0 no errors (warnings allowed unless --strict), 1 findings, or --diff would change something, 2 a
    file cannot be read or written.
    """
    from sievepy.cli.checking import all_findings, check_programs

    if any(path.suffix == ".toml" for path in paths):
        raise Unusable("a configuration is checked with its rules: name these, or call `sievepy check` in its folder")
    if diff:
        sys.exit(_show_diff(_fix(paths, Contents())))
    if fix:
        contents = Contents()
        _write(_fix(paths, contents), contents.read_bytes)
    try:
        programs = check_programs(paths, Contents().read, tests=tests)
        findings = all_findings(programs)
    except Misconfigured as wrong:  # rules are not judged by settings that nobody meant
        programs, findings = [], list(wrong.problems)
    _show(programs, findings, output, strict=strict, order=order, stats=stats)
    failing = ("error", "warning") if strict else ("error",)
    sys.exit(1 if any(finding.severity in failing for finding in findings) else 0)


def _show(
    programs: Sequence[Checked], findings: Sequence[Diagnostic], output: str, *, strict: bool, order: bool, stats: bool
) -> None:
    show_findings(programs, findings, output, strict)
    alone = output in DOCUMENTS
    if order:
        show_order(programs, err=alone)
    if stats:
        show_stats(programs, err=alone)
    if not alone:
        click.echo(summary(programs, findings))


# ---------------------------------------------------------------- mending


def _fix(paths: Sequence[Path], contents: Contents) -> Fixed:
    """What --fix makes of the files. The tests beside the rules are run before and after, asked for or not: they say
    best whether something has changed. Raises Unusable where the result would be worse."""
    from sievepy.cli.checking import check_programs
    from sievepy.cli.fixing import fix_all
    from sievepy.text.render import full

    if Path("-") in paths:
        raise Unusable("--fix and --diff mend files; standard input is none")
    fixed = fix_all(lambda read: check_programs(paths, read, tests=True), contents.read)
    if fixed.worse:
        for problem in fixed.worse:
            click.echo(full(problem) + "\n", err=True)
        raise Unusable("nothing was written: mending would have led to what stands above")
    if not fixed.settled:
        raise Unusable("nothing was written: there is always one more to mend; please report this")
    return fixed


def _show_diff(fixed: Fixed) -> int:
    """Print what would change; the status: 1 if something would, or if there are errors."""
    from sievepy.cli.checking import all_findings

    for name, text in fixed.texts.items():
        show_diff(name, fixed.before[name], text)
    errors = sum(finding.severity == "error" for finding in all_findings(fixed.programs))
    left = f"; {count(errors, 'error')} would be left" if errors else ""
    click.echo(f"would mend {_findings(fixed)}{left}", err=True)
    return 1 if fixed.texts or errors else 0


def _write(fixed: Fixed, read_bytes: Mapping[str, bytes]) -> None:
    from sievepy.disk.replace import replace_contents
    from sievepy.text.edits import as_saved

    for name, text in fixed.texts.items():
        try:
            replace_contents(Path(name), as_saved(text, read_bytes[name]))
        except OSError as problem:
            raise Unusable(f"cannot write {name}: {problem.strerror or problem}") from None
    for finding in fixed.fixed:
        click.echo(f"mended {finding.span or ''}: {finding.code} {finding.message}", err=True)
    click.echo(f"mended {_findings(fixed)}", err=True)


def _findings(fixed: Fixed) -> str:
    return f"{count(len(fixed.fixed), 'finding')} in {count(len(fixed.texts), 'file')}"
