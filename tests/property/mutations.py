"""Ten one-line mutations of the engine, each of which must turn the property test red.

    python -m tests.property.mutations            all ten, one line each; exit 1 if any stays green

Each is applied to a copy of the package, and the property test is run against that copy in a process of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEST = "tests/property/test_equivalence.py"
EXAMPLES = "200"


@dataclass(frozen=True)
class Mutation:
    """In `file` the line `old` (once there) is replaced by `new`."""

    name: str
    file: str
    old: str
    new: str


MUTATIONS = (
    Mutation(
        "a trigger of `any` is its last child alone",
        "trigger.py",
        "        found |= each",
        "        found = each",
    ),
    Mutation(
        "`not` never wakes its rule",
        "trigger.py",
        "                return ALWAYS  # what is not there cannot wake",
        "                return frozenset()",
    ),
    Mutation(
        "an unknown atom does not count as hit",
        "waking.py",
        "        if scan.default is not False:",
        "        if scan.default:",
    ),
    Mutation(
        "`not unknown` is yes",
        "predicates.py",
        "        return None if truth is None else not truth",
        "        return not truth",
    ),
    Mutation(
        "a field that was cut answers no",
        "scan.py",
        "    return Scan(dict.fromkeys(found, True), False if complete else None)",
        "    return Scan(dict.fromkeys(found, True), False)",
    ),
    Mutation(
        "`every` is content with one value",
        "scan.py",
        "    holding = every.intersection(*values) if values else frozenset()",
        "    holding = every.intersection(found) if values else frozenset()",
    ),
    Mutation(
        "a phrase runs across the end of a sentence",
        "matchers/phrases.py",
        "    return sentences is None or sentences[before] == sentences[place]",
        "    return True",
    ),
    Mutation(
        "`continue` is not heeded",
        "judging.py",
        "        if rule.deciding and not rule.carry_on:",
        "        if rule.deciding:",
    ),
    Mutation(
        "`assigned` sees what was only added",
        "judging.py",
        "                self.progress.assigned |= not also",
        "                self.progress.assigned = True",
    ),
    Mutation(
        "a letter to a restricted department is copied whole",
        "settle.py",
        "    return replace(planned, reference=True)",
        "    return planned",
    ),
)


def turns_red(mutation: Mutation, examples: str = EXAMPLES) -> bool:
    """Whether the property test fails on the mutated engine by an assertion; RuntimeError if it could not be run."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        shutil.copytree(ROOT / "sievepy", copy / "sievepy", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "tests" / "property", copy / "tests" / "property")
        shutil.copy(ROOT / "pyproject.toml", copy)
        mutate(copy / "sievepy" / "engine" / mutation.file, mutation)
        command = [sys.executable, "-m", "pytest", "-x", "-q", TEST]
        environment = {**os.environ, "PYTHONPATH": directory, "SIEVEPY_EXAMPLES": examples}
        environment |= {"SIEVEPY_FIRST_FAILURE": "1"}  # one failure is enough, it need not be a small one
        run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1) or (run.returncode == 1 and "AssertionError" not in run.stdout):
        raise RuntimeError(run.stdout + run.stderr)
    return run.returncode == 1


def mutate(path: Path, mutation: Mutation) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines.count(mutation.old) != 1:
        raise LookupError(
            f"{mutation.file}: the line of {mutation.name!r} stands there {lines.count(mutation.old)} times"
        )
    lines[lines.index(mutation.old)] = mutation.new
    path.write_text("\n".join(lines), encoding="utf-8")


def main() -> int:
    green = 0
    for mutation in MUTATIONS:
        red = turns_red(mutation)
        green += not red
        print("red  " if red else "GREEN", mutation.name, flush=True)
    print(f"{len(MUTATIONS) - green} of {len(MUTATIONS)} turn the property test red")
    return 1 if green else 0


if __name__ == "__main__":
    raise SystemExit(main())
