"""Fill a small file system again and again, and look for letters that were acknowledged and are gone.

    mount -t tmpfs -o size=64m none /mnt/small && python -m tests.faults.disk_full /mnt/small --cycles 100

Each cycle accepts letters until there is no room, settles every delivery all the same, deletes what is settled, and
expects the queue to take letters again by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from sievepy.spool.port import SpoolFull
from sievepy.spool.settings import MEBIBYTE, Settings
from sievepy.spool.sqlite import SqliteSpool
from tests.ports.spools import HOUR, NOW, arrival, ended, letter, to

SIZE = 40_000


async def cycle(spool: SqliteSpool, number: int, lost: list[str]) -> int:
    """How many letters were acknowledged before there was no room."""
    acked: dict[str, bytes] = {}
    try:
        while True:
            data = letter(number * 100_000 + len(acked), SIZE)
            accepted = await spool.accept(arrival(data), NOW)
            acked[accepted.letter] = data
            await spool.plan(accepted.letter, b"plan", "program", [to("a")], [], NOW)
    except SpoolFull:
        pass
    waiting = await spool.claim_judgement(NOW, 10)
    for one in waiting:  # accepted, but there was no room to plan it
        await spool.plan(one.letter, b"plan", "program", [to("a")], [], NOW)
    while leased := await spool.lease(NOW, NOW + HOUR, 50):
        await asyncio.gather(*(spool.settle(one.id, ended("delivered"), NOW) for one in leased))
    for id, data in acked.items():
        if await spool.read(id) != data:
            lost.append(id)
        await spool.delete(id, "test", "", NOW)
    return len(acked)


async def fill_many(folder: Path, cycles: int) -> tuple[int, list[str]]:
    lost: list[str] = []
    total = 0
    spool = await SqliteSpool.open(Settings(folder / "queue", ballast=24 * MEBIBYTE, slack=MEBIBYTE), NOW)
    try:
        for number in range(cycles):
            total += (count := await cycle(spool, number, lost))
            if not count:
                raise SystemExit(f"cycle {number}: the queue takes nothing any more")
    finally:
        await spool.close()
    return total, lost


def main() -> int:
    parser = argparse.ArgumentParser(description="Fill a small file system again and again.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cycles", type=int, default=100)
    options = parser.parse_args()
    total, lost = asyncio.run(fill_many(options.folder, options.cycles))
    print(f"{options.cycles} cycles, {total} letters acknowledged, lost {len(lost)}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
