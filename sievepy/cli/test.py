"""`sievepy test`: the tests beside the rules, and how well the rules do on labelled letters."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sievepy.cli.wiring import Unusable

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from sievepy.cli.wiring import Project
    from sievepy.ruletest.labelled import Score
    from sievepy.ruletest.run import CaseResult


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--rules", "rules", type=click.Path(path_type=Path), help="The rules file; default: the project's.")
@click.option("-k", "select", metavar="TEXT", help="Only tests whose title, or letters whose id, holds TEXT.")
@click.option("-v", "--verbose", is_flag=True, help="Name the tests and letters that pass, too.")
def test(paths: tuple[Path, ...], rules: Path | None, select: str | None, verbose: bool) -> None:
    """Run the tests beside the rules; judge labelled letters where PATHS name them.

    A PATH is a JSON lines file of labelled letters, or a folder that holds one (`letters.jsonl` or `labels.jsonl`).
    With PATHS, only the letters are judged.

    \b
    sievepy test                               the tests beside the project's rules
    sievepy test -k "Акты"                     only those whose title holds a word
    sievepy test --rules rules/x-com.rules examples/labels.jsonl

    Exit status: 0 all as expected, 1 not, 2 the rules do not compile or a file cannot be read.
    """
    from sievepy.cli.wiring import open_project

    project = open_project(rules)
    failed = _labelled(project, paths, select, verbose) if paths else _beside(project, select, verbose)
    sys.exit(1 if failed else 0)


def _beside(project: Project, select: str | None, verbose: bool) -> int:
    from sievepy.ruletest.run import run_cases

    cases = [c for c in project.cases if select is None or select.casefold() in c.title.casefold()]
    if not cases:
        click.echo("no tests" + (f" whose title holds `{select}`" if select else " beside these rules"))
        return 0
    results = list(run_cases(project.program, cases, project.conditions, project.read))
    _report(results, verbose)
    failed = sum(not r.passed for r in results)
    click.echo(f"{len(results) - failed} passed, {failed} failed")
    return failed


def _report(results: Iterable[CaseResult], verbose: bool) -> None:
    for result in results:
        if result.passed:
            if verbose:
                click.echo(f'ok    "{result.case.title}"')
            continue
        click.echo(f'FAIL  "{result.case.title}"  ({result.case.origin})')
        if result.problem is not None:
            click.echo(f"  {result.problem}")
        for line in result.want:
            click.echo(f"  want  {line}")
        for line in result.got:
            click.echo(f"  got   {line}")
        if result.plan is not None:
            click.echo("  rules " + (", ".join(f'"{title}"' for title in result.plan.rules) or "none"))


def _labelled(project: Project, paths: tuple[Path, ...], select: str | None, verbose: bool) -> int:
    from collections import Counter

    from sievepy.ruletest.labelled import LabelError, Score

    counts: Counter[Score] = Counter()
    for path in paths:
        try:
            counts += _score_file(project, _label_file(path), select, verbose)
        except (LabelError, OSError) as problem:
            raise Unusable(str(problem)) from None
    total = sum(counts.values())
    click.echo(f"{total} letters: " + ", ".join(f"{counts[score]} {score}" for score in Score))
    return counts[Score.WRONG] + counts[Score.TRIAGE]


def _score_file(project: Project, path: Path, select: str | None, verbose: bool) -> Counter[Score]:
    from collections import Counter

    from sievepy.ruletest.labelled import Score, outcome, read_labelled, score

    counts: Counter[Score] = Counter()
    conditions = project.conditions
    for letter in read_labelled(str(path), project.read, conditions.zone, conditions.recipient):
        if select is not None and select not in letter.id:
            continue
        plan = project.judge(letter.data)
        got = outcome(plan)
        result = score(got, letter.expect, letter.accept)
        counts[result] += 1
        if verbose or result not in (Score.EXACT, Score.ACCEPTED):
            click.echo(
                f"{result:9}{letter.id}  want {', '.join(sorted(letter.expect))}  got {', '.join(sorted(got))}"
                f"  by {', '.join(repr(title) for title in plan.rules)}"
            )
    return counts


def _label_file(path: Path) -> Path:
    if path.is_file():
        return path
    for name in ("letters.jsonl", "labels.jsonl"):
        if (path / name).is_file():
            return path / name
    raise Unusable(f"{path} holds no letters.jsonl or labels.jsonl")
