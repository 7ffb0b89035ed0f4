"""`sievepy check`: every mistake in rules files, in one run."""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sievepy.cli.wiring import Unusable, compile_rules, find_config, read_file
from sievepy.text.codes import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sievepy.compiler import Compilation
    from sievepy.config import Config
    from sievepy.ir.script import Rule
    from sievepy.ruletest.run import CaseResult
    from sievepy.text import Diagnostic
    from sievepy.text.render import Format

STDIN = "<stdin>"

FAILING_TEST = Code(
    "E161",
    "failing-test",
    "A test beside the rules does not give what it expects (`sievepy check --tests`). `want` is what the test expects "
    "and the plan does not hold, `got` what stands there instead.\n\n"
    "Use instead: `sievepy explain` on a letter like it says which rule answered what; mend the rule, or the test.",
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One program with everything there is to say about it."""

    compilation: Compilation
    findings: tuple[Diagnostic, ...]


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option(
    "--output-format",
    "output",
    type=click.Choice(["full", "concise", "json"]),
    default="full",
    show_default=True,
    help="How findings are shown: with their source lines, one a line, or for programs.",
)
@click.option("--strict", is_flag=True, help="Warnings, too, make the status 1.")
@click.option("--order", is_flag=True, help="Print the order in which rules are judged.")
@click.option("--tests", is_flag=True, help="Run the tests beside the rules, too.")
def check(paths: tuple[Path, ...], output: Format, strict: bool, order: bool, tests: bool) -> None:
    """Find the mistakes in rules files.

    A PATH is a rules file, a folder with some, or `-` for standard input; default is the project's rules file.
    Files that another one includes are checked as a part of it.

    \b
    sievepy check                              the project's rules
    sievepy check rules/x-com.rules --tests    and the tests beside them
    sievepy check --strict --output-format concise rules/
    sievepy check --order                      which rule is asked first

    `sievepy rule CODE` explains a code; `# sievepy: ignore CODE reason` keeps a finding quiet.

    Exit status: 0 no errors (warnings allowed unless --strict), 1 findings, 2 a file cannot be read.
    """
    programs = [_checked(compilation, config, tests) for compilation, config in _compile(paths)]
    findings = _once(d for program in programs for d in program.findings)
    counts = Counter(d.severity.value for d in findings)
    _show(findings, output)
    if order:
        _show_order(programs, output)
    if output != "json":
        click.echo(_summary(programs, counts))
    sys.exit(1 if counts["error"] or (strict and counts["warning"]) else 0)


# ---------------------------------------------------------------- what is checked


def _compile(paths: Sequence[Path]) -> list[tuple[Compilation, Config]]:
    """The programs that the paths name: each file but those that another one of them includes."""
    files = [file for path in paths for file in _files(path)]
    if paths and not files:
        raise Unusable("there is no .rules file in " + ", ".join(map(str, paths)))
    compiled = [_compile_stdin() if file == Path("-") else compile_rules(file) for file in files or (None,)]
    entries = [compilation.trees[-1].source.name if compilation.trees else None for compilation, _ in compiled]
    included = {
        tree.source.name
        for (compilation, _), entry in zip(compiled, entries, strict=True)
        for tree in compilation.trees
        if tree.source.name != entry
    }
    return [program for program, entry in zip(compiled, entries, strict=True) if entry not in included]


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.rules")) if path.is_dir() else [path]


def _compile_stdin() -> tuple[Compilation, Config]:
    """Rules from standard input; what they include lies relative to the working directory."""
    from sievepy.compiler import compile_file

    data = sys.stdin.buffer.read()
    config = find_config()
    return compile_file(STDIN, lambda path: data if path == STDIN else read_file(path), config.settings), config


def _checked(compilation: Compilation, config: Config, tests: bool) -> Checked:
    from sievepy import lint

    if not tests or not compilation.ok:
        return Checked(compilation, (*compilation.diagnostics, *lint.run(compilation)))
    results = _run_tests(compilation, config)
    failing = tuple(_as_finding(result) for result in results if not result.passed)
    fired = frozenset(title for result in results if result.plan is not None for title in result.plan.rules)
    return Checked(compilation, (*compilation.diagnostics, *failing, *lint.run(compilation, fired)))


def _run_tests(compilation: Compilation, config: Config) -> list[CaseResult]:
    from sievepy.compiler import build_program
    from sievepy.ruletest.run import Conditions, run_cases

    conditions = Conditions(config.settings.zone, config.trust, config.recipient)
    return list(run_cases(build_program(compilation), compilation.cases, conditions, read_file))


def _as_finding(result: CaseResult) -> Diagnostic:
    from sievepy.text.diagnostic import error

    want = ", ".join(result.want)
    got = ", ".join(result.got) or "nothing of the kind"
    why = result.problem or (f"want {want}; got {got}" if want else f"got {got}, which it does not expect")
    fired = ", ".join(f'"{title}"' for title in result.plan.rules) if result.plan is not None else ""
    advice = f"rules that fired: {fired}" if fired else "no rule fired"
    return error(FAILING_TEST.id, f'test "{result.case.title}" fails: {why}', result.case.origin, help=advice)


def _once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each finding once, by place: programs may share an included file."""
    seen = {(d.sort_key, d.message): d for d in found}
    return [seen[key] for key in sorted(seen)]


# ---------------------------------------------------------------- what is shown


def _show(findings: Sequence[Diagnostic], output: Format) -> None:
    from sievepy.text.render import render

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    text = render(findings, output, colour)
    if text:
        click.echo(text + ("\n" if output == "full" else ""))


def _show_order(programs: Iterable[Checked], output: Format) -> None:
    """One line a rule: its number, priority, place, title, and what is special about it."""
    for program in programs:
        script = program.compilation.script
        if script is None:
            continue
        for rules, kind in ((script.session_rules, "session"), (script.rules, "")):
            for number, rule in enumerate(rules, 1):
                click.echo(
                    f'{number:>4}  {rule.priority:>4}  {rule.origin}  "{rule.title}"{_traits(rule, kind)}',
                    err=output == "json",
                )


def _traits(rule: Rule, kind: str) -> str:
    traits = [kind] if kind else ["decides" if rule.deciding else "adds"]
    traits += ["continue"] if rule.carry_on else []
    traits += ["observe"] if rule.observe else []
    traits += [f"off until {rule.off_until}"] if rule.off_until else []
    return f"  ({', '.join(traits)})"


def _summary(programs: Sequence[Checked], counts: Counter[str]) -> str:
    """How much was found, or how much was checked and found good."""
    found = [_count(counts[kind], kind) for kind in ("error", "warning", "note") if counts[kind]]
    if found:
        return ", ".join(found)
    rules = sum(len(p.compilation.script.rules) for p in programs if p.compilation.script is not None)
    cases = sum(len(p.compilation.cases) for p in programs)
    return f"no findings in {_count(rules, 'rule')} and {_count(cases, 'test')}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
