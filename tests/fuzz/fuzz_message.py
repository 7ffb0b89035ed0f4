"""Fuzzes reading a letter: no bytes make it raise, and what `reading.py` states holds of all of them.

`python tests/fuzz/fuzz_message.py --runs 200000` starts from the saved corpus, leaves it as it is, and at the end
prints how many letters were read (`stat::number_of_executed_units`) and how many a second. `--grow` keeps what reaches
new code.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).with_name("corpus")

sys.path.insert(0, str(ROOT))

import atheris  # noqa: E402

with atheris.instrument_imports(include=["sievepy.mail"]):
    from sievepy.mail.limits import Limits
    from tests.fuzz.reading import read_everything

SMALL = Limits(
    header_block=2_000,
    header_lines=40,
    header_value=500,
    same_header=3,
    encoded_words=4,
    parameters=6,
    structured_value=400,
    addresses=5,
    comment_depth=3,
    mime_depth=4,
    parts=12,
    encoded_letters=1,
    base64_runs=3,
    part_data=1_500,
    part_text=300,
)
"""Limits that short inputs reach."""


def one_input(data: bytes) -> None:
    read_everything(data)
    read_everything(data, SMALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--grow", action="store_true", help="add to the saved corpus")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        corpus = CORPUS if options.grow else Path(shutil.copytree(CORPUS, Path(scratch, "corpus")))
        arguments = [f"-runs={options.runs}", f"-seed={options.seed}", "-max_len=4096", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *arguments, str(corpus)], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
