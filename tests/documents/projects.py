"""A small project of rules, as a site has it, and the machine that its CI runs on."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

CONFIG = """\
rules = "rules/main.rules"

[sinks]
channels = ["email"]
places = ["triage"]
"""
MAIN = """\
include "departments.rules"

phrases act ru translit { "акт … сверки"; "счёт на оплату" }
rule "Акты" {
    when subject mentions @act
    assign buh
}
otherwise { triage }
test "Акт" { subject "Акт сверки"; expect assign buh; expect rule "Акты" }
"""
DEPARTMENTS = 'department buh "Бухгалтерия" { email buh@x-com.kz }\n'


@dataclass(frozen=True, slots=True)
class Project:
    """`folder` holds the project; `programs`, a folder on the machine's PATH, what was installed there."""

    folder: Path
    programs: Path

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def shell(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SIEVEPY_")}
        environment["PATH"] = f"{self.programs}{os.pathsep}{environment['PATH']}"
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)


def make_project(folder: Path) -> Project:
    """A project without a mistake, on a machine with this checkout's `sievepy`, and a `pip` that says what it is asked
    for: nothing is fetched."""
    programs = folder / "bin"
    programs.mkdir()
    _program(programs / "sievepy", f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m sievepy "$@"')
    _program(programs / "pip", 'echo "pip $*"')
    project = Project(folder / "site", programs)
    project.write("sievepy.toml", CONFIG)
    project.write("rules/main.rules", MAIN)
    project.write("rules/departments.rules", DEPARTMENTS)
    return project


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)
