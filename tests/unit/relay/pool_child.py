"""A process with workers, for a test that kills it: `python -m tests.unit.relay.pool_child FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from sievepy.relay.pool import Pool
from sievepy.sources.folder import FolderSource
from tests.unit.relay.batches import judge


def main() -> None:
    source = FolderSource(Path(sys.argv[1]))
    with Pool(source, judge, 2) as pool:
        done = list(pool.judge(source.letters(), with_data=False))
        print(len(done), flush=True)
        sys.stdin.read()  # until we are killed


if __name__ == "__main__":
    main()
