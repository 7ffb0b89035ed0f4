"""`sievepy process` over a maildir: a dry run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.commands import Command, Measured
from bench.debian import ROOT
from bench.rule_sets import Rule, as_rules


def environment(bytecode: Path) -> dict[str, str]:
    """For Python, which keeps its compiled modules in `bytecode`, as an installed sievepy has them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(bytecode)}


@dataclass(frozen=True, slots=True)
class Process:
    """A rules file in a folder of its own. `name` is for tables."""

    home: Path
    operator: Literal["contains", "mentions"] = "contains"
    jobs: int = 1
    name: str = "sievepy"

    def prepare(self, rules: Sequence[Rule]) -> None:
        self.home.mkdir()
        (self.home / "main.rules").write_text(as_rules(rules, self.operator), encoding="utf-8")

    def visit(self, maildir: Path) -> None:
        """Before the first run: nothing of ours remembers a maildir."""

    def run(self, maildir: Path, *, tell: bool = False) -> Measured:
        """Every letter, by every rule; `tell`: write down what each rule did. Raises Failed."""
        options = ("--json",) if tell else ("--quiet",)
        jobs = ("-j", str(self.jobs)) if self.jobs > 1 else ()
        return Command(
            (sys.executable, "-m", "sievepy", "process", str(maildir), "--rules", "main.rules", *options, *jobs),
            environment(self.home / "bytecode"),
            self.home,
        ).run()

    @staticmethod
    def answers(output: str) -> dict[int, tuple[str, ...]]:
        """The rules that each letter matched, by its number."""
        found = {}
        for line in output.splitlines():
            told = json.loads(line)
            assert "error" not in told, told
            found[int(told["source"].partition(".")[0])] = tuple(r for r in told["rules"] if r != "otherwise")
        return found
