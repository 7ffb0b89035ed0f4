"""Runs over maildirs: how many letters a run needs to be measured well, and what one letter costs.

A run has some seconds of work beyond its start, so that what is taken off for the start matters little: where letters
are cheap they are judged many times (linked again under other names), where they are dear only the first ones are.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench import corpus
from bench.commands import Measured
from bench.rule_sets import Rule

LETTERS = 2_000
FEWEST = 20  # the least that has the mix of all letters
_COPIES = 10
_SEEN_WELL = 0.3  # seconds of work that tell what a letter costs


class Engine(Protocol):
    @property
    def name(self) -> str: ...
    def prepare(self, rules: Sequence[Rule]) -> None: ...
    def visit(self, maildir: Path) -> None: ...
    def run(self, maildir: Path, *, tell: bool = False) -> Measured: ...
    def answers(self, output: str) -> dict[int, tuple[str, ...]]: ...


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters made for a rule set, and an empty maildir. `truth`: the rule of each, by its number."""

    folder: Path
    truth: dict[int, tuple[str, ...]]

    @classmethod
    def make(cls, rules: Sequence[Rule], folder: Path) -> Letters:
        folder.mkdir()
        titles = corpus.write(corpus.letters(rules, LETTERS), folder / "all")
        corpus.write(iter(()), folder / "empty")
        truth: dict[int, tuple[str, ...]] = {
            int(name.partition(".")[0]): (title,) if title else () for name, title in titles.items()
        }
        return cls(folder, truth)

    @property
    def empty(self) -> Path:
        return self.folder / "empty"

    def some(self, count: int) -> Path:
        """A maildir of about so many: the first ones, or all of them several times."""
        copies = max(1, round(count / LETTERS))
        target = self.folder / f"{count}"
        if not target.exists():
            corpus.write(iter(()), target)
            for path in sorted((self.folder / "all/cur").iterdir())[:count]:
                for copy in range(copies):
                    os.link(path, target / "cur" / f"{path.name.partition('.')[0]}.{copy}:2,S")
        return target


@dataclass(slots=True)
class Series:
    """Rounds of one engine over `letters` letters. `wrong`: letters whose answer was not the truth, of `checked`."""

    letters: int
    checked: int
    wrong: int
    started: list[Measured] = field(default_factory=list)
    ran: list[Measured] = field(default_factory=list)

    @property
    def start(self) -> float:
        """Seconds of processor time for no letter."""
        return statistics.median(one.cpu for one in self.started)

    @property
    def each(self) -> list[float]:
        """Microseconds of processor time a letter, a round."""
        return [(one.cpu - self.start) / self.letters * 1e6 for one in self.ran]

    @property
    def cost(self) -> float:
        return statistics.median(self.each)

    @property
    def wall(self) -> float:
        """Seconds that the letters took by the clock."""
        return statistics.median(one.wall for one in self.ran) - statistics.median(one.wall for one in self.started)


class Runs:
    """One engine over the letters of one rule set."""

    def __init__(
        self, engine: Engine, letters: Letters, rules: Sequence[Rule], seconds: float, *, like: Runs | None = None
    ) -> None:
        """Find out how many letters take about `seconds`, or take as many as others do; check what it answers to
        them."""
        self._engine, self._letters = engine, letters
        engine.prepare(rules)
        for maildir in (letters.empty, letters.some(FEWEST), letters.some(LETTERS)):
            engine.visit(maildir)
        self._count = self._enough(seconds) if like is None else like.series.letters
        self._maildir = letters.some(self._count)
        self.series: Series = Series(self._count, *self._check(min(self._count, LETTERS)))

    def round(self) -> None:
        self.series.started.append(self._engine.run(self._letters.empty))
        self.series.ran.append(self._engine.run(self._maildir))

    def _enough(self, seconds: float) -> int:
        start = self._engine.run(self._letters.empty).cpu
        for count in (FEWEST, LETTERS):
            work = self._engine.run(self._letters.some(count)).cpu - start
            if work > _SEEN_WELL:
                break
        wanted = max(seconds, start) / max(work / count, 1e-6)
        if wanted < LETTERS:
            return max(FEWEST, int(wanted) // FEWEST * FEWEST)
        return LETTERS * min(_COPIES, round(wanted / LETTERS))

    def _check(self, count: int) -> tuple[int, int]:
        """Letters checked, and how many of their answers are wrong."""
        maildir = self._letters.some(count)
        self._engine.visit(maildir)
        self._engine.visit(self._maildir)  # so that its files are in memory, too
        answers = self._engine.answers(self._engine.run(maildir, tell=True).output)
        expected = {number: truth for number, truth in self._letters.truth.items() if number < count}
        wrong = sum(answers.get(number) != truth for number, truth in expected.items())
        return len(expected), wrong + len(answers.keys() - expected.keys())
