"""What has no peer: compiling many rules, rules of word forms beside literal ones, judging in two processes.

python -m bench.own [--rounds 5] [--quick] [--write]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args

from bench import results
from bench.commands import Command
from bench.maildirs import Letters, Runs
from bench.process_command import Process, environment
from bench.rule_sets import Kind, Rule, as_rules, phrase_rules, rule_set

MANY, SOME = 10_000, 1_000
MOST_SECONDS, MOST_MEMORY = 5.0, 400 * 1024 * 1024
MOST_FOR_FORMS = 1.5
LEAST_SPEEDUP = 1.6
SECONDS, QUICK_SECONDS = 4.0, 1.5
_LONG = 3  # times these where processes are started, which is done for letters only
_MIB = 1024 * 1024


def compiling(rounds: int) -> Iterator[str]:
    """10,000 rules, text to program, in a new process."""
    yield "| compiling | processor time, s | memory, MiB | bar |\n|---|---|---|---|"
    sets: list[tuple[str, Callable[[], str]]] = [
        (f"{MANY:,} {kind} rules", lambda kind=kind: as_rules(rule_set(kind, MANY)))  # type: ignore[misc]
        for kind in get_args(Kind)
    ]
    sets.append((f"{SOME:,} rules of three phrases, in word forms", lambda: as_rules(phrase_rules(SOME), "mentions")))
    for name, text in sets:
        seconds, memory = zip(*_compile(text(), rounds), strict=True)
        met = statistics.median(seconds) <= MOST_SECONDS and max(memory) <= MOST_MEMORY
        cells = (
            name,
            f"{statistics.median(seconds):.2f} ({min(seconds):.2f}-{max(seconds):.2f})",
            f"{max(memory) / _MIB:.0f}",
            f"{MOST_SECONDS:.0f} s, {MOST_MEMORY // _MIB} MiB {results.verdict(met)}",
        )
        yield f"| {' | '.join(cells)} |"


def _compile(text: str, rounds: int) -> Iterator[tuple[float, int]]:
    with tempfile.TemporaryDirectory(prefix="bench-compile-") as name:
        folder = Path(name)
        (folder / "main.rules").write_text(text, encoding="utf-8")
        once = (sys.executable, "-m", "bench.compile_once", "main.rules")
        for _ in range(rounds):
            seconds, memory = Command(once, environment(folder / "bytecode"), folder).run().output.split()
            yield float(seconds), int(memory)


def word_forms(rounds: int, seconds: float) -> Iterator[str]:
    """The same phrases in any form of their words, and as they are written."""
    yield (
        "| 1,000 rules of three two-word phrases | us a letter | word forms : literal | bar | wrong answers |\n"
        "|---|---|---|---|---|"
    )
    rules = phrase_rules(SOME)
    with tempfile.TemporaryDirectory(prefix="bench-forms-") as name:
        folder = Path(name)
        letters = Letters.make(rules, folder / "letters")
        literal = Runs(Process(folder / "literal"), letters, rules, seconds)
        forms = Runs(Process(folder / "forms", "mentions"), letters, rules, seconds)
        _alternate((literal, forms), rounds)
    ratio = forms.series.cost / literal.series.cost
    for title, runs in (("`contains`, literal", literal), ("`mentions`, word forms", forms)):
        one = runs.series
        judged = (f"**{ratio:.2f} x**", f"{MOST_FOR_FORMS} x {results.verdict(ratio <= MOST_FOR_FORMS)}")
        ratio_cells = judged if runs is forms else ("", "")
        cells = (title, results.spread(one.each), *ratio_cells, f"{one.wrong} of {one.checked:,}")
        yield f"| {' | '.join(cells)} |"


def two_processes(rounds: int, seconds: float) -> Iterator[str]:
    """`process -j 2`, by the clock, beyond what no letter takes; the start of the workers is in it."""
    yield "| by the clock | -j 1, s | -j 2, s | faster | bar |\n|---|---|---|---|---|"
    for kind in get_args(Kind):
        rules: Sequence[Rule] = rule_set(kind, SOME)
        with tempfile.TemporaryDirectory(prefix="bench-jobs-") as name:
            folder = Path(name)
            letters = Letters.make(rules, folder / "letters")
            one = Runs(Process(folder / "one"), letters, rules, seconds)
            two = Runs(Process(folder / "two", jobs=2), letters, rules, seconds, like=one)
            _alternate((one, two), rounds)
        speedup = one.series.wall / two.series.wall
        cells = (
            f"{SOME:,} {kind} rules, {one.series.letters:,} letters",
            f"{one.series.wall:.2f}",
            f"{two.series.wall:.2f}",
            f"**{speedup:.2f} x**",
            f"{LEAST_SPEEDUP} x {results.verdict(speedup >= LEAST_SPEEDUP)}",
        )
        yield f"| {' | '.join(cells)} |"


def _alternate(runs: Sequence[Runs], rounds: int) -> None:
    for number in range(rounds):
        for one in runs if number % 2 == 0 else reversed(runs):
            one.round()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, help="(default: 5)")
    parser.add_argument("--quick", action="store_true", help="short runs, two rounds")
    parser.add_argument("--write", action="store_true", help="write the tables into bench/RESULTS.md")
    options = parser.parse_args(arguments)
    rounds = options.rounds or (2 if options.quick else 5)
    seconds = QUICK_SECONDS if options.quick else SECONDS
    tables = []
    for table in (compiling(rounds), word_forms(rounds, seconds), two_processes(rounds, _LONG * seconds)):
        lines = []
        for line in table:
            lines.append(line)
            print(line, flush=True)
        tables.append("\n".join(lines))
        print()
    if options.write:
        results.write("own", "\n\n".join(tables))


if __name__ == "__main__":
    main()
