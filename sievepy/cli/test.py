"""`sievepy test`: the tests beside the rules, labelled letters, and what both are worth."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sievepy.cli.terminal import show_diff
from sievepy.cli.wiring import Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sievepy.cli.testing import Chosen
    from sievepy.cli.wiring import Project
    from sievepy.ruletest.coverage import Coverage
    from sievepy.ruletest.labelled import Scored
    from sievepy.ruletest.mutate import Mutation
    from sievepy.ruletest.run import CaseResult


@dataclass(frozen=True, slots=True)
class _Options:
    paths: tuple[Path, ...]
    select: str | None
    verbose: bool
    as_json: bool
    junit: Path | None
    coverage: bool
    threshold: float | None
    mutate: bool
    sample: int | None
    update: bool

    @property
    def both(self) -> bool:
        """Whether the tests beside the rules count beside labelled letters, too."""
        return self.coverage or self.mutate


@dataclass(frozen=True, slots=True)
class _Results:
    cases: Sequence[CaseResult]
    letters: Sequence[Scored]
    coverage: Coverage | None
    mutation: Mutation | None


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--rules", "rules", type=click.Path(path_type=Path), help="The rules file; default: the project's.")
@click.option("-k", "select", metavar="TEXT", help="Only tests whose title, or letters whose id, holds TEXT.")
@click.option("-v", "--verbose", is_flag=True, help="Name the tests and letters that pass, too.")
@click.option("--json", "as_json", is_flag=True, help="All results as one JSON object.")
@click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML, too.")
@click.option("--coverage", is_flag=True, help="Name the rules, and the tests in them, that no letter reaches.")
@click.option("--threshold", metavar="N", type=click.FloatRange(0, 100), help="Fail below N per cent of coverage.")
@click.option("--mutate", is_flag=True, help="Change the rules, one thing at a time; name what no test notices.")
@click.option("--sample", metavar="N", type=click.IntRange(1), help="Try N changes only, the same ones each time.")
@click.option("--update", is_flag=True, help="Rewrite what failing tests expect, in their files; show the diff.")
def test(
    paths: tuple[Path, ...],
    rules: Path | None,
    select: str | None,
    verbose: bool,
    as_json: bool,
    junit: Path | None,
    coverage: bool,
    threshold: float | None,
    mutate: bool,
    sample: int | None,
    update: bool,
) -> None:
    """Run the tests beside the rules; judge labelled letters where PATHS name them.

    A PATH is a JSON lines file of labelled letters, or a folder that holds one (`letters.jsonl` or `labels.jsonl`).
    With PATHS, only the letters are judged; --coverage and --mutate count both.

    \b
    sievepy test                               the tests beside the project's rules
    sievepy test -k "Акты"                     only those whose title holds a word
    sievepy test --rules rules/x-com.rules examples/labels.jsonl
    sievepy test --coverage --threshold 80     what no test reaches
    sievepy test --mutate                      what could be broken unnoticed
    sievepy test --update                      the rules are right, and the tests are not

    Exit status: 0 all as expected, 1 not, or coverage is below the threshold, 2 the rules do not compile or a file
    cannot be read or written.
    """
    from sievepy.cli.wiring import open_project

    if threshold is not None and not coverage:
        raise click.UsageError("--threshold goes with --coverage")
    if sample is not None and not mutate:
        raise click.UsageError("--sample goes with --mutate")
    if update and (paths or as_json or coverage or mutate):
        raise click.UsageError("--update rewrites the tests beside the rules, and does nothing else")
    options = _Options(paths, select, verbose, as_json, junit, coverage, threshold, mutate, sample, update)
    sys.exit(_run(open_project(rules), options))


def _run(project: Project, options: _Options) -> int:
    from sievepy.cli.testing import choose, run_tests, score_letters
    from sievepy.text.width import shown

    chosen = choose(project, options.paths, options.select, cases=not options.paths or options.both)
    results = _Results(
        run_tests(project, chosen),
        score_letters(project, chosen),
        _measure(project, chosen) if options.coverage else None,
        _mutate(project, chosen, options.sample) if options.mutate else None,
    )
    if options.junit is not None:
        _write_junit(options.junit, results)
    if options.update:
        return _update(project, results.cases)
    if options.as_json:
        click.echo(json.dumps(_object(options, results), ensure_ascii=False, indent=2))
    else:
        for line in _lines(options, results, project):
            click.echo(shown(line))
    failed = any(not result.passed for result in results.cases) or any(not each.passed for each in results.letters)
    return 1 if failed or _is_below(options, results) else 0


def _measure(project: Project, chosen: Chosen) -> Coverage:
    from sievepy.cli.testing import trials
    from sievepy.ruletest.coverage import measure

    return measure(project.compilation, trials(project, chosen))


def _mutate(project: Project, chosen: Chosen, sample: int | None) -> Mutation:
    from sievepy.cli.testing import trials
    from sievepy.ruletest.mutate import mutate

    return mutate(project.compilation, trials(project, chosen), sample)


def _is_below(options: _Options, results: _Results) -> bool:
    covered = results.coverage
    return covered is not None and options.threshold is not None and covered.percent < options.threshold


def _write_junit(path: Path, results: _Results) -> None:
    from sievepy.ruletest.junit import junit

    try:
        path.write_text(junit(results.cases, results.letters), encoding="utf-8")
    except OSError as problem:
        raise Unusable(f"cannot write {path}: {problem.strerror or problem}") from None


def _update(project: Project, results: Sequence[CaseResult]) -> int:
    """Show what changes, and write it; the status: 1 if a test fails still."""
    from sievepy.cli.updating import update_tests, write_updated

    found = update_tests(project, results)
    for name, text in found.texts.items():
        show_diff(name, found.before[name], text)
    write_updated(found)
    for case, why in found.refused:
        click.echo(f'{case.origin}: test "{case.title}" stays as it is: {why}', err=True)
    of = len(found.updated) + len(found.refused)
    click.echo(f"updated {len(found.updated)} of {of} failing tests" if of else "no test fails", err=True)
    return 1 if found.refused else 0


# ---------------------------------------------------------------- what is shown


def _lines(options: _Options, results: _Results, project: Project) -> Iterator[str]:
    from sievepy.cli.test_output import case_lines, letter_lines

    if results.cases:
        yield from case_lines(results.cases, options.verbose)
    elif not options.paths:
        yield "no tests" + (f" whose title holds `{options.select}`" if options.select else " beside these rules")
    if options.paths:
        yield from letter_lines(results.letters, options.verbose)
    if results.coverage is not None:
        from sievepy.cli.coverage_output import as_lines

        yield ""
        yield from as_lines(results.coverage)
        if _is_below(options, results):
            yield f"below the threshold of {options.threshold:g} %"
    if results.mutation is not None:
        from sievepy.cli import mutation_output

        yield ""
        yield from mutation_output.as_lines(results.mutation, project.compilation.symbols, options.verbose)


def _object(options: _Options, results: _Results) -> dict[str, Any]:
    from sievepy.cli import coverage_output, mutation_output
    from sievepy.cli.test_output import case_object, letter_object

    found: dict[str, Any] = {}
    if results.cases or not options.paths:
        found["tests"] = [case_object(result) for result in results.cases]
    if options.paths:
        found["letters"] = [letter_object(scored) for scored in results.letters]
    if results.coverage is not None:
        found["coverage"] = coverage_output.as_object(results.coverage)
    if results.mutation is not None:
        found["mutation"] = mutation_output.as_object(results.mutation)
    return found
