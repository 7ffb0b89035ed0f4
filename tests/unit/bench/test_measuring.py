"""What the benches measure with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import results, stages
from bench.commands import Command, Failed
from bench.latency import quantile
from bench.processes import tree_cpu

BUSY = "import time; [None for _ in iter(lambda: time.process_time() < 0.3, False)]"


def test_a_tree_counts_what_ended_children_used() -> None:
    before = tree_cpu(os.getpid())
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    assert tree_cpu(os.getpid()) - before >= 0.25


def test_a_tree_counts_children_at_work_and_what_they_waited_for() -> None:
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}]); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdin is not None
        child.stdout.readline()
        assert tree_cpu(child.pid) >= 0.25
        assert tree_cpu(os.getpid()) >= tree_cpu(child.pid)
        child.stdin.close()


def test_a_tree_without_a_root() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    with pytest.raises(ProcessLookupError):
        tree_cpu(gone.pid)


def test_a_command_is_measured(tmp_path: Path) -> None:
    command = Command([sys.executable, "-c", f"{BUSY}; print('done')"], dict(os.environ), tmp_path)
    measured = command.run()
    assert measured.output == "done\n"
    assert measured.cpu >= 0.3 and measured.wall > 0


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    command = Command([sys.executable, "-c", "import sys; sys.exit('no such thing')"], dict(os.environ), tmp_path)
    with pytest.raises(Failed, match="no such thing"):
        command.run()


def test_quantiles() -> None:
    ordered = [float(number) for number in range(1, 101)]
    assert quantile(ordered, 0.5) == 51
    assert quantile(ordered, 0.99) == 100
    assert quantile([7.0], 0.99) == 7


def test_every_module_has_its_stage() -> None:
    root = Path(stages.__file__).parents[1] / "sievepy"
    for package in ("mail", "engine", "sources"):
        for path in (root / package).rglob("*.py"):
            module = ".".join(path.relative_to(root).with_suffix("").parts)
            assert stages.stage_of(module) != "other", module


def test_the_longest_name_decides_the_stage() -> None:
    assert stages.stage_of("mail.headers") == "scan"
    assert stages.stage_of("mail.html") == "decode"
    assert stages.stage_of("engine.matchers.literals") == "match"
    assert stages.stage_of("engine.waking") == "judge"
    assert stages.stage_of("mailbox") == "other"


def test_every_named_module_is_there() -> None:
    root = Path(stages.__file__).parents[1] / "sievepy"
    for prefixes in stages.STAGES.values():
        for prefix in prefixes:
            path = root.joinpath(*prefix.split("."))
            assert path.is_dir() or path.with_suffix(".py").is_file(), prefix


def test_results_replace_their_own_part_only(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text("head\n<!-- begin a -->\nold\n<!-- end a -->\nmiddle\n<!-- begin b -->\n<!-- end b -->\ntail\n")
    results.write("a", "new", path)
    assert path.read_text() == (
        "head\n<!-- begin a -->\nnew\n<!-- end a -->\nmiddle\n<!-- begin b -->\n<!-- end b -->\ntail\n"
    )
    with pytest.raises(ValueError, match="no <!-- begin c"):
        results.write("c", "new", path)


def test_the_shipped_results_have_a_place_for_every_part() -> None:
    text = results.RESULTS.read_text(encoding="utf-8")
    for name in ("relay", "sieve", "rspamd", "own", "stages"):
        assert text.index(f"<!-- begin {name} -->") < text.index(f"<!-- end {name} -->")
