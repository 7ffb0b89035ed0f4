"""Cut the power at any point of a run, and look for letters that were acknowledged and are gone.

    python -m tests.faults.power_cut --cuts 10000

One run is recorded: letters small and large come in from several sides at once, are judged, leased and settled, while
the log is checkpointed. Then the files are rebuilt as the disk would have them after a cut, with nothing that was
written since the last sync, with a random part of it, or with torn pages, and the queue is opened and read.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sievepy.spool import writer
from sievepy.spool.database import Database
from sievepy.spool.port import Arrival, DeliveryState, Lease, SpoolError
from sievepy.spool.sqlite import SqliteSpool
from tests.faults.recorded import Disk, Log, Promise, RecordedFiles, RecordingVfs
from tests.faults.spool_kill import unmarked
from tests.ports.spools import ENVELOPE, HOUR, NOW, arrival, ended, settings, to

KINDS = ("lost", "subset", "torn")
SIDES = 6  # letters that come in at the same time
LETTERS = 12  # from each side
VFS = "sievepy-recorded"


@dataclass(frozen=True, slots=True)
class Stored:
    """Promise: the letter is there, with these bytes."""

    letter: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """Promise: the delivery is never made again."""

    letter: str
    delivery: str


@dataclass
class Result:
    cuts: Counter[str] = field(default_factory=Counter)
    promises: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.repeated or self.unreadable)


# ---------------------------------------------------------------- the run


async def work(spool: SqliteSpool, files: RecordedFiles, log: Log, side: int, chance: random.Random) -> None:
    for number in range(LETTERS):
        data = chance.randbytes(chance.choice((300, 4_000, 20_000)))
        if chance.random() < 0.2:
            file = files.receive(f"{side}-{number}", data)
            letter = Arrival(ENVELOPE, len(data), hashlib.sha256(data).digest(), file=file)
        else:
            letter = arrival(data, identity=data[:16])
        accepted = await spool.accept(letter, NOW, claim=chance.random() < 0.5)
        log.add(Promise(Stored(accepted.letter, letter.digest)))
        places, leased = [to(f"{side}"), to("all")], []
        if chance.random() < 0.35:
            lease = Lease(NOW + HOUR, 1)
            leased += await spool.plan_and_lease(accepted.letter, b"plan", "program", places, [], NOW, lease)
        elif chance.random() < 0.7:
            await spool.plan(accepted.letter, b"plan", "program", places, [], NOW)
        for one in [*leased, *await spool.lease(NOW, NOW + HOUR, 2)]:
            await spool.settle(one.id, ended("delivered"), NOW)
            log.add(Promise(Delivered(one.letter, one.id)))


async def record(folder: Path, seed: int, *, defect: str | None = None) -> Log:
    """The events of a run. `defect`: `skipped-sync`, `synchronous-off`, `skipped-folder-sync`."""
    log = Log(folder)
    vfs = RecordingVfs(VFS, log, skip_sync=defect == "skipped-sync")
    files = RecordedFiles(log, skip_sync=defect == "skipped-folder-sync")
    with few_pages_in_the_log(), weaker(defect == "synchronous-off"):
        spool = await SqliteSpool.open(settings(folder), NOW, files=files, vfs=VFS)
        sides = [work(spool, files, log, side, random.Random(seed * 100 + side)) for side in range(SIDES)]
        await asyncio.gather(*sides)
        await spool.close()
    del vfs
    return log


@contextlib.contextmanager
def few_pages_in_the_log():
    """Checkpoints every few commits, so that cuts fall into them."""
    usual, writer.LOG_PAGES = writer.LOG_PAGES, 60
    try:
        yield
    finally:
        writer.LOG_PAGES = usual


@contextlib.contextmanager
def weaker(planted: bool):
    """The planted defect: the connection does not sync its commits."""
    begin = Database.begin

    def weak(self: Database) -> None:
        self.connection.pragma("synchronous", 0)
        begin(self)

    if planted:
        Database.begin = weak  # type: ignore[method-assign]
    try:
        yield
    finally:
        Database.begin = begin  # type: ignore[method-assign]


# ---------------------------------------------------------------- the cuts


def cut_many(log: Log, cuts: int, seed: int, folder: Path, tell: Callable[[int], None] = lambda done: None) -> Result:
    """Cut at points spread over the whole run, each kind of loss in turn."""
    chance = random.Random(seed)
    points = sorted(chance.randrange(len(log) + 1) for _ in range(cuts))
    disk, result, promised, at = Disk(), Result(), [], 0
    for number, point in enumerate(points):
        for event in log.events[at:point]:
            disk.happen(event)
            if isinstance(event, Promise):
                promised.append(event.what)
        at = point
        kind = KINDS[number % len(KINDS)]
        result.cuts[kind] += 1
        place = folder / str(number)
        rebuild(disk, kind, chance, place)
        asyncio.run(check(place, promised, f"{kind} at event {point}", result))
        shutil.rmtree(place)
        tell(number + 1)
    result.promises = len(promised)
    return result


def rebuild(disk: Disk, kind: str, chance: random.Random, folder: Path) -> None:
    for name in ("letters", "incoming"):
        (folder / name).mkdir(parents=True)
    for name, content in disk.cut(kind, chance):
        (folder / name).write_bytes(content)


class Unsynced(RecordedFiles):
    """The check need not survive a cut itself."""

    def sync(self, folder: Path) -> None:
        return


async def check(folder: Path, promised: list[object], where: str, result: Result) -> None:
    """Open what the cut left, and hold it against what was promised before."""
    try:
        spool = await SqliteSpool.open(settings(folder), NOW, files=Unsynced(Log(folder)))
    except SpoolError as problem:
        result.unreadable.append(f"{where}: {problem}")
        return
    try:
        await spool.recover(NOW)
        done = {one.id for one in await spool.deliveries(states=[DeliveryState.DELIVERED], limit=100_000)}
        result.repeated += [f"{where}: {line}" for line in await unmarked(spool)]
        for promise in promised:
            match promise:
                case Stored(letter, digest) if not await holds(spool, letter, digest):
                    result.lost.append(f"{where}: letter {letter}")
                case Delivered(letter, delivery) if delivery not in done:
                    result.repeated.append(f"{where}: delivery {delivery} of {letter}")
    except SpoolError as problem:
        result.unreadable.append(f"{where}: {problem}")
    finally:
        await spool.close()


async def holds(spool: SqliteSpool, letter: str, digest: bytes) -> bool:
    try:
        return hashlib.sha256(await spool.read(letter)).digest() == digest
    except SpoolError:
        return False


def run(cuts: int, seed: int, folder: Path, *, defect: str | None = None, progress: bool = False) -> Result:
    (folder / "run").mkdir()
    log = asyncio.run(record(folder / "run", seed, defect=defect))

    def tell(done: int) -> None:
        if progress and done % 500 == 0:
            print(f"{done} cuts", flush=True)

    (folder / "cuts").mkdir()
    return cut_many(log, cuts, seed, folder / "cuts", tell)


def main() -> int:
    parser = argparse.ArgumentParser(description="Cut the power and look for acknowledged letters that are gone.")
    parser.add_argument("--cuts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 16)
    with tempfile.TemporaryDirectory() as folder:
        result = run(options.cuts, seed, Path(folder), progress=True)
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(result.cuts.items()))
    print(f"seed {seed}: {result.cuts.total()} cuts ({kinds}), {result.promises} promises")
    print(f"lost {len(result.lost)}, repeated {len(result.repeated)}, unreadable {len(result.unreadable)}")
    for line in [*result.lost, *result.repeated, *result.unreadable][:20]:
        print(f"  {line}")
    return 0 if result.clean else 1


if __name__ == "__main__":
    sys.exit(main())
