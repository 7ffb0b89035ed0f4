"""Kill the queue's process at random moments under load, and look for letters it acknowledged and lost.

    python -m tests.faults.spool_kill --kills 1000

A child process accepts letters from several sides, judges and settles them, and writes a line for each thing it was
told is done. It is killed with SIGKILL; then the queue is opened here and held against all lines so far, and the next
child goes on with the same queue.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sievepy.spool.port import Arrival, Delivery, DeliveryState, Lease, SpoolError
from sievepy.spool.settings import Settings
from sievepy.spool.sqlite import SqliteSpool
from tests.ports.spools import ENVELOPE, HOUR, NOW, arrival, ended, to

ROOT = Path(__file__).parents[2]
CHILD = (sys.executable, "-m", "tests.faults.spool_child")
LONGEST = 0.4  # seconds from the first line to the kill


@dataclass
class Result:
    kills: int = 0
    acked: int = 0
    delivered: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.repeated or self.stuck)


# ---------------------------------------------------------------- the child


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one write: a line is whole or not there


async def side(spool: SqliteSpool, number: int) -> None:
    chance = random.Random()
    while True:
        data = chance.randbytes(chance.choice((500, 4_000, 40_000)))
        letter = arrival(data, identity=data[:16])
        if chance.random() < 0.1:
            file = spool.incoming / f"{number}-{chance.getrandbits(40)}"
            file.write_bytes(data)
            letter = Arrival(ENVELOPE, len(data), hashlib.sha256(data).digest(), file=file)
        accepted = await spool.accept(letter, NOW, claim=chance.random() < 0.5)
        tell(f"acked {accepted.letter} {letter.digest.hex()}")
        for one in await go_on(spool, accepted.letter, chance.random()):
            await spool.settle(one.id, ended("delivered"), NOW)
            tell(f"delivered {one.id}")


async def go_on(spool: SqliteSpool, letter: str, chance: float) -> Sequence[Delivery]:
    """Plan it or not; what was leased, of this letter or of others."""
    places = [to("a"), to("b")]
    if chance < 0.35:
        return await spool.plan_and_lease(letter, b"plan", "program", places, [], NOW, Lease(NOW + HOUR, 1))
    if chance < 0.7:
        await spool.plan(letter, b"plan", "program", places, [], NOW)
    return await spool.lease(NOW, NOW + HOUR, 2)


async def serve(folder: Path) -> None:
    spool = await SqliteSpool.open(settings(folder), NOW)
    await spool.recover(NOW)
    await asyncio.gather(*(side(spool, number) for number in range(12)))


def settings(folder: Path) -> Settings:
    return Settings(folder, ballast=1024 * 1024)


# ---------------------------------------------------------------- the parent


def kill_many(kills: int, folder: Path, seed: int, child: Sequence[str] = CHILD) -> Result:
    chance, result = random.Random(seed), Result()
    acked: dict[str, str] = {}
    delivered: set[str] = set()
    for _ in range(kills):
        for line in killed(folder, chance, child, result):
            match line.split():
                case ["acked", letter, digest]:
                    acked[letter] = digest
                case ["delivered", delivery]:
                    if delivery in delivered:
                        result.repeated.append(f"{delivery} was delivered again")
                    delivered.add(delivery)
        result.kills += 1
        asyncio.run(check(folder, acked, delivered, result))
    result.acked, result.delivered = len(acked), len(delivered)
    return result


def killed(folder: Path, chance: random.Random, child: Sequence[str], result: Result) -> list[str]:
    """Start a child, kill it, and return its whole lines."""
    with subprocess.Popen([*child, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        reader = Reader(process)
        time.sleep(chance.uniform(0, LONGEST))
        process.kill()
        rest, errors = reader.result()
    if process.returncode != -signal.SIGKILL:
        result.stuck.append(errors.decode())
    return [line.decode() for line in (first + rest).split(b"\n")[:-1]]


class Reader:
    """Reads what a child writes, so that a full pipe does not stop it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(process.communicate)

    def result(self) -> tuple[bytes, bytes]:
        with self._pool:
            return self._future.result()


async def check(folder: Path, acked: dict[str, str], delivered: set[str], result: Result) -> None:
    spool = await SqliteSpool.open(settings(folder), NOW)
    try:
        await spool.recover(NOW)
        for letter, digest in acked.items():
            try:
                data = await spool.read(letter)
            except SpoolError as problem:
                result.lost.append(f"{letter}: {problem}")
                continue
            if hashlib.sha256(data).hexdigest() != digest:
                result.lost.append(f"{letter}: other bytes")
        done = {one.id for one in await spool.deliveries(states=[DeliveryState.DELIVERED], limit=1_000_000)}
        result.repeated += [f"{id} is not delivered any more" for id in delivered - done]
        result.repeated += await unmarked(spool)
    finally:
        await spool.close()


async def unmarked(spool: SqliteSpool) -> list[str]:
    """Deliveries that were under way when the process died, and of which the queue does not know. Nobody here settles
    one but as delivered."""
    queued = await spool.deliveries(states=[DeliveryState.QUEUED], limit=1_000_000)
    begun = [one for one in queued if one.attempts and not one.may_have_arrived]
    return [f"{one.id} would be made again without a mark" for one in begun]


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill the queue under load and look for acknowledged letters it lost.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    total = Result()
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, options.kills, 20):  # a fresh queue now and then: each check reads all of it
            kills = min(20, options.kills - start)
            part = kill_many(kills, Path(folder) / str(start), seed + start)
            for name in ("kills", "acked", "delivered", "lost", "repeated", "stuck"):
                setattr(total, name, getattr(total, name) + getattr(part, name))
            print(f"{total.kills} kills, {total.acked} acked, {total.delivered} delivered", flush=True)
    print(f"seed {seed}: lost {len(total.lost)}, repeated {len(total.repeated)}, stuck {len(total.stuck)}")
    for line in [*total.lost, *total.repeated, *total.stuck][:20]:
        print(f"  {line}")
    return 0 if total.clean else 1


if __name__ == "__main__":
    sys.exit(main())
