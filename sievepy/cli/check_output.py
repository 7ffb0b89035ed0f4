"""What `sievepy check` prints: findings in the format asked for, the order of the rules, figures, a summary."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from sievepy.cli.terminal import coloured
from sievepy.text import Diagnostic, Severity

if TYPE_CHECKING:
    from sievepy.cli.checking import Checked
    from sievepy.ir.script import Rule, Script

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit")
DOCUMENTS = frozenset({"json", "sarif", "gitlab", "junit"})
"""Formats whose output is one document, so that nothing else may stand on standard output."""


def show_findings(programs: Sequence[Checked], findings: Sequence[Diagnostic], output: str, strict: bool) -> None:
    text = _text(programs, findings, output, strict)
    if text:
        click.echo(text + ("\n" if output == "full" else ""))


def _text(programs: Sequence[Checked], findings: Sequence[Diagnostic], output: str, strict: bool) -> str:
    from sievepy import __version__
    from sievepy.cli.catalogue import ALL
    from sievepy.text.render import render
    from sievepy.text.reports import REPORTS, Findings

    match output:
        case "full" | "concise" | "json":
            return render(findings, output, coloured(sys.stdout))
    files = tuple(dict.fromkeys(name for program in programs for name in program.files))
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    codes = {code.id: code for code in ALL}
    return REPORTS[output](Findings(findings, files, codes, __version__, frozenset(failing)))


# ---------------------------------------------------------------- the order of judging


def show_order(programs: Iterable[Checked], *, err: bool) -> None:
    """One line a rule: its number, priority, place, title, and what is special about it."""
    for program in programs:
        script = program.compilation.script
        if script is None:
            continue
        for rules, kind in ((script.session_rules, "session"), (script.rules, "")):
            for number, rule in enumerate(rules, 1):
                line = f'{number:>4}  {rule.priority:>4}  {rule.origin}  "{rule.title}"{_traits(rule, kind)}'
                click.echo(line, err=err)


def _traits(rule: Rule, kind: str) -> str:
    traits = [kind] if kind else ["decides" if rule.deciding else "adds"]
    traits += ["continue"] if rule.carry_on else []
    traits += ["observe"] if rule.observe else []
    traits += [f"off until {rule.off_until}"] if rule.off_until else []
    return f"  ({', '.join(traits)})"


# ---------------------------------------------------------------- figures


def show_stats(programs: Iterable[Checked], *, err: bool) -> None:
    """How large each program is, and its rules without a trigger: those that are judged for every letter."""
    for program in programs:
        for line in _stats(program):
            click.echo(line, err=err)


def _stats(program: Checked) -> list[str]:
    from sievepy.compiler import build_program
    from sievepy.engine.atoms import leaves

    compilation = program.compilation
    script = compilation.script
    entry = program.files[0] if program.files else "?"
    if script is None:
        return [f"{entry}: no figures, because of its errors"]
    rules = (*script.rules, *script.session_rules)
    tests = [test for rule in rules for test in (rule.test, rule.unless) if test is not None]
    built = build_program(compilation)
    always = [script.rules[number] for number in built.always]
    rows = [
        ("files", len(program.files), ""),
        ("rules", len(rules), _kinds(script)),
        ("tests of letters", sum(1 for test in tests for _ in leaves(test)), f"{len(built.index.atoms)} different"),
        ("phrases", sum(len(s.value) for s in compilation.symbols.phrases.values()), "in lists"),
        ("tests beside rules", len(compilation.cases), ""),
        ("rules without a trigger", len(always), "judged for every letter" if always else ""),
    ]
    lines = [f"{entry}"]
    lines += [f"  {name:<24}{number:>7,}  {what}".rstrip() for name, number, what in rows]
    return [*lines, *(f'    {rule.origin}  "{rule.title}"' for rule in always)]


def _kinds(script: Script) -> str:
    deciding = sum(rule.deciding for rule in script.rules)
    return f"{deciding} decide, {len(script.rules) - deciding} add, {len(script.session_rules)} refuse"


# ---------------------------------------------------------------- one line at the end


def summary(programs: Sequence[Checked], findings: Sequence[Diagnostic]) -> str:
    """How much was found, or how much was checked and found good."""
    counts = Counter(d.severity.value for d in findings)
    found = [count(counts[kind], kind) for kind in ("error", "warning", "note") if counts[kind]]
    if found:
        return ", ".join(found)
    rules = sum(len(p.compilation.script.rules) for p in programs if p.compilation.script is not None)
    cases = sum(len(p.compilation.cases) for p in programs)
    return f"no findings in {count(rules, 'rule')} and {count(cases, 'test')}"


def count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
