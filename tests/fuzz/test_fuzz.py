"""A short run of the fuzz target; the long one is `python tests/fuzz/fuzz_message.py --runs N`."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from tests.fuzz.reading import read_everything

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
RUNS = 3_000


def test_no_letter_of_the_saved_corpus_makes_reading_raise() -> None:
    letters = sorted(CORPUS.iterdir())
    assert len(letters) >= 50
    for letter in letters:
        read_everything(letter.read_bytes())


def test_the_saved_corpus_is_small() -> None:
    assert sum(letter.stat().st_size for letter in CORPUS.iterdir()) < 200_000


def test_a_short_run_finds_nothing() -> None:
    assert importlib.util.find_spec("atheris") is not None, "atheris is not installed: the fuzz target cannot run here"
    target = [sys.executable, str(HERE / "fuzz_message.py"), f"--runs={RUNS}"]
    done = subprocess.run(target, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-4000:]
    executed = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert executed is not None, done.stderr[-2000:]
    assert int(executed[1]) >= RUNS
