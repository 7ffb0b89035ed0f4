"""Put the real relay under load, and print what it took. The long forms of `test_relay_load.py`.

    python -m tests.faults.relay_load --idle 5000 --slow 500 [--letters 90]     thousands of silent and slow clients
    python -m tests.faults.relay_load --floods 100          MiB of line ends, one-byte lines, one line; 34 MiB letters
    python -m tests.faults.relay_load --reloads 500         SIGHUP while clients send
    python -m tests.faults.relay_load --stops 100           SIGTERM while clients send

Only what is named is done. Exit status: 1 if a letter was lost, a bar was missed, or anything else was wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.faults.relay_floods import LETTER, Flood, flood
from tests.faults.relay_signals import reload_many, stop_many
from tests.faults.relay_slow import MEBIBYTE, Result, crowd

MOST_RESIDENT = 250 * MEBIBYTE
GREETED = 1.0  # seconds
GROWTH = 16 * MEBIBYTE
ROUNDS = 5
COMING = 55.0  # seconds that a crowd takes to come: silent clients are sent away after 60


def crowd_faults(result: Result) -> list[str]:
    found = []
    if result.parent + result.workers > MOST_RESIDENT:
        found.append(f"the relay and its workers took more than {MOST_RESIDENT // MEBIBYTE} MiB")
    if max(result.greeted) > GREETED:
        found.append(f"a new client waited more than {GREETED} s for its 220")
    return found


def flood_faults(floods: list[Flood]) -> list[str]:
    return [f"{one.name}: more than {GROWTH // MEBIBYTE} MiB" for one in floods if one.growth > GROWTH]


def main() -> int:
    parser = argparse.ArgumentParser(description="Put the relay under load.")
    parser.add_argument("--idle", type=int, default=0)
    parser.add_argument("--slow", type=int, default=0)
    parser.add_argument("--letters", type=int, default=90, help="one a second, of new clients")
    parser.add_argument("--floods", type=int, default=0, help=f"MiB; letters have {LETTER // MEBIBYTE}")
    parser.add_argument("--reloads", type=int, default=0)
    parser.add_argument("--stops", type=int, default=0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        if options.idle or options.slow:
            crowded = crowd(options.idle, options.slow, options.letters, Path(folder) / "slow", over=COMING)
            print(crowded)
            faults += crowd_faults(crowded)
        if options.floods:
            floods = flood(options.floods * MEBIBYTE, Path(folder) / "floods", rounds=ROUNDS)
            print(*floods, sep="\n")
            faults += flood_faults(floods)
        for name, times, form in (("reloads", options.reloads, reload_many), ("stops", options.stops, stop_many)):
            if times:
                signalled = form(times, Path(folder) / name, options.seed, tell=True)
                print(f"{name}: {signalled}")
                faults += signalled.faults
    for fault in faults[:20]:
        print(f"  {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
