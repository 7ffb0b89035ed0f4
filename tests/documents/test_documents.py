"""Every example of the documents is run.

A fenced block ```` ```rules NAME ```` is written to the file NAME of a fresh folder and must compile without errors
(`NAME!`: it may have errors; a console block shows which). A block ```` ```console ```` holds commands behind `$ `, run
in that folder with the project's `sievepy`, and their output; a line `…` stands for any lines, and `…` in a line for
any words. Blocks of one document
share one folder, where `examples/` and `rules/` of the project are at hand.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("**/*.md")])
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.M | re.S)


def blocks(text: str) -> list[tuple[str, str]]:
    return [(m[1].strip(), m[2]) for m in _FENCE.finditer(text)]


def sievepy(command: str, folder: Path) -> tuple[str, int]:
    words = shlex.split(command)
    assert words[0] == "sievepy", f"a console example runs sievepy only, not {words[0]}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr, done.returncode


def commands(block: str) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines it shows."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line.rstrip())
    return found


def agrees(shown: list[str], printed: list[str]) -> bool:
    """Whether the output is what is shown, where a line `…` stands for any lines, and `…` in a line for any words."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else _pattern_of(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in printed)) is not None


def _pattern_of(line: str) -> str:
    return ".*".join(map(re.escape, line.split("…")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_examples_run(document: Path, tmp_path: Path) -> None:
    for name in ("examples", "rules"):
        (tmp_path / name).symlink_to(ROOT / name)
    for kind, text in blocks(document.read_text(encoding="utf-8")):
        if kind.startswith("rules "):
            name = kind.removeprefix("rules ")
            (tmp_path / name.rstrip("!")).write_text(text, encoding="utf-8")
            if not name.endswith("!"):
                output, code = sievepy(f"sievepy check {name}", tmp_path)
                assert code == 0, output
        elif kind == "console":
            for command, shown in commands(text):
                output, _ = sievepy(command, tmp_path)
                assert agrees(shown, output.splitlines()), f"$ {command}\n{output}"


def test_a_wrong_output_is_noticed() -> None:
    assert agrees(["a", "…", "c"], ["a", "b", "b", "c"])
    assert not agrees(["a", "…", "c"], ["a", "b"])
    assert not agrees(["a"], ["a", "b"])
    assert agrees(["a … c"], ["a b c"])
    assert not agrees(["a … c"], ["a b d"])


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
