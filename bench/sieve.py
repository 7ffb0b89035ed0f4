"""`sievepy process` beside Pigeonhole's `sieve-filter`: microseconds of processor time a letter.

    python -m bench.sieve [--rounds 5] [--rules 10 100 1000 10000] [--quick] [--write]

Both judge the same maildirs by equivalent rules, in one process, in a dry run that prints no letter, taking turns;
every rule is judged. What a run over an empty maildir takes is taken off. Before that each engine's answers are held
against what the letters were made to match, letter by letter. `--write` puts the table into bench/RESULTS.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import results
from bench.commands import Failed
from bench.debian import Missing
from bench.maildirs import Letters, Runs, Series
from bench.pigeonhole import SieveFilter
from bench.process_command import Process
from bench.rule_sets import Kind, rule_set

COUNTS = (10, 100, 1_000, 10_000)
BARS: dict[Kind, dict[int, int]] = {
    "header": {10: 2, 100: 8, 1_000: 60, 10_000: 450},
    "body": {10: 5, 100: 50, 1_000: 400, 10_000: 3_500},
}
SECONDS = 4.0
QUICK_SECONDS, QUICK_ROUNDS, QUICK_COUNTS = 1.0, 2, COUNTS[:3]


@dataclass(frozen=True, slots=True)
class Case:
    kind: Kind
    rules: int
    ours: Series
    theirs: Series


def compare(kind: Kind, count: int, rounds: int, seconds: float) -> Case:
    """One line of the table."""
    rules = rule_set(kind, count)
    with tempfile.TemporaryDirectory(prefix="bench-sieve-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # sieve-filter is run by an ordinary user
        letters = Letters.make(rules, folder / "letters")
        ours = Runs(Process(folder / "sievepy"), letters, rules, seconds)
        theirs = Runs(SieveFilter(folder / "pigeonhole"), letters, rules, seconds)
        for number in range(rounds):
            for one in (ours, theirs) if number % 2 == 0 else (theirs, ours):
                one.round()
    return Case(kind, count, ours.series, theirs.series)


HEAD = (
    "| rules | sieve-filter, us a letter | sievepy, us a letter | sievepy : sieve-filter | bar | start-up, s: theirs, "
    "ours | letters a run: theirs, ours | wrong answers: theirs, ours |\n|---|---|---|---|---|---|---|---|"
)


def row(case: Case) -> str:
    theirs, ours, bar = case.theirs, case.ours, BARS[case.kind].get(case.rules)
    ratio = theirs.cost / ours.cost
    cells = (
        f"{case.rules:,} {case.kind}",
        results.spread(theirs.each),
        results.spread(ours.each),
        f"**1 : {ratio:,.1f}**",
        f"1 : {bar:,} {results.verdict(ratio >= bar)}" if bar else "",
        f"{theirs.start:.2f}, {ours.start:.2f}",
        f"{theirs.letters:,}, {ours.letters:,}",
        f"{theirs.wrong} of {theirs.checked:,}, {ours.wrong} of {ours.checked:,}",
    )
    return f"| {' | '.join(cells)} |"


def run(counts: Sequence[int], rounds: int, seconds: float) -> Iterator[str]:
    """The lines of the table, each as soon as it is there."""
    yield HEAD
    for kind in BARS:
        for count in counts:
            yield row(compare(kind, count, rounds, seconds))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, help="(default: 5)")
    parser.add_argument("--rules", type=int, nargs="+", metavar="N", help="(default: 10 100 1000 10000)")
    parser.add_argument("--quick", action="store_true", help="short runs, two rounds, up to 1,000 rules")
    parser.add_argument("--write", action="store_true", help="write the table into bench/RESULTS.md")
    options = parser.parse_args(arguments)
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else 5)
    counts = options.rules or (QUICK_COUNTS if options.quick else COUNTS)
    lines = []
    try:
        for line in run(counts, rounds, QUICK_SECONDS if options.quick else SECONDS):
            lines.append(line)
            print(line, flush=True)
    except (Missing, Failed) as problem:
        sys.exit(f"the sieve bench cannot run: {problem}")
    if options.write:
        about = f"{results.machine('dovecot-sieve')} Median (lowest-highest) of {rounds} rounds."
        results.write("sieve", about + "\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
