"""`sievepy relay` with something wrong, for the tests that look what becomes of letters then.

    python -m tests.faults.relay_child [--disk] [--poison] [--defect NAME] relay

`--disk`: the queue's disk does what a file beside the configuration says (`broken_disk.py`). `--poison`: workers do
what a letter says (`poisoned.py`), and may use little processor time. `--defect`: one of `DEFECTS`, a planted mistake.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from sievepy.cli import service
from sievepy.cli.main import main
from sievepy.relay import reload
from sievepy.relay.intake import RelayIntake
from sievepy.relay.judge import Judge
from sievepy.relay.settings import WorkerLimits
from sievepy.sources.smtp.port import Received, Reply
from sievepy.spool.port import SpoolError, SpoolFull
from tests.faults import broken_disk, poisoned


def says_stored(problem: type[SpoolError]) -> None:
    """The client is told 250 although the queue has said no."""
    store = RelayIntake._store

    async def wrong(self: RelayIntake, arrivals: Any, received: Received, now: Any) -> Reply:
        reply = await store(self, arrivals, received, now)
        wanted = 452 if problem is SpoolFull else 451
        return Reply(250, "2.0.0", "queued as 000000000000") if reply.code == wanted else reply

    RelayIntake._store = wrong  # type: ignore[method-assign]


def never_gives_up() -> None:
    """Deaths are not counted: a poison letter is judged for ever."""

    async def wrong(self: Judge, letter: Any) -> int:
        return 0

    Judge._killed = wrong  # type: ignore[method-assign]


DEFECTS = {
    "full-is-250": lambda: says_stored(SpoolFull),
    "error-is-250": lambda: says_stored(SpoolError),
    "never-gives-up": never_gives_up,
}


def poison() -> None:
    reload.MakeSee = poisoned.MakePoisoned  # type: ignore[misc,assignment]
    settings = service.relay_settings

    def hurried(*arguments: Any) -> Any:
        return dataclasses.replace(settings(*arguments), worker=WorkerLimits(cpu=1))

    service.relay_settings = hurried  # type: ignore[assignment]


def run() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--disk", action="store_true")
    parser.add_argument("--poison", action="store_true")
    parser.add_argument("--defect", choices=DEFECTS)
    options, rest = parser.parse_known_args()
    if options.disk:
        broken_disk.install(Path.cwd())
    if options.poison:
        poison()
    if options.defect is not None:
        DEFECTS[options.defect]()
    sys.argv[1:] = rest
    main(prog_name="sievepy")


if __name__ == "__main__":
    run()
