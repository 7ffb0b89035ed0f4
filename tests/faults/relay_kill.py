"""Kill the whole relay under load, at random moments and at each fail point, and look for letters lost or doubled.

    python -m tests.faults.relay_kill --kills 1000 [--seed S]

Clients send letters over several sessions, and give each again until it is acknowledged, as mail servers do. Two SMTP
servers and a maildir take them. Each life of the relay has a fault: it kills itself at a fail point, or raises or
sleeps there and is killed soon after; or a worker dies in the middle of a letter, or nothing happens until it is killed
at a random moment. Then it is started again on the same queue. After each round of lives it comes to its end in peace,
and what clients were told is held against what arrived and what the queue has.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import re
import select
import signal
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sievepy.disk.fail_points import FAIL_POINTS
from tests.endtoend.relays import Arrived, RawSink, Site, environment, letter, wait
from tests.faults.ledger import Counts, count, field_of, stored
from tests.faults.relay_kill_child import HAPPENINGS, NAP, PROGRAM, WORKER

ROUND = 25  # lives on one queue
TOGETHER = 2  # rounds at a time: much of a life is waiting for a process to start
SESSIONS = 4
BACKLOG = 100  # letters that may wait in the queue before clients pause, so that delivering has its share
RANDOM = "random"
LONGEST = 1.5  # seconds until a kill at a random moment
LARGE = 300_000  # bytes; such a letter lies in a file beside the queue
CLIENT = "127.0.0.2"  # not where the relay listens: a client that knocks at a closed port must never meet itself
RULES = """
department one { email a@one.kz }
department two { email b@two.kz }
department archive { maildir "Archive" }

rule "one" { when subject contains "one"; assign one }
rule "both" { when subject contains "both"; assign one, two }
rule "archive" { when subject contains "archive"; assign archive }
rule "three" { when subject contains "three"; assign one, two, archive }
otherwise { triage }
"""
TARGETS = {
    "one": {"a@one.kz"},
    "both": {"a@one.kz", "b@two.kz"},
    "archive": {"Archive"},
    "three": {"a@one.kz", "b@two.kz", "Archive"},
    "neither": {"Triage"},
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one life: at which fail point, what, and when it is passed for the how manieth time. `random`
    stands for no point."""

    point: str
    what: str = "kill"
    passing: int = 1

    def __str__(self) -> str:
        return f"{self.point} {self.what}" if self.point in FAIL_POINTS else self.point


@dataclass
class Result:
    """`kills` by fate; `missing`: an acknowledged letter did not come to one of its targets; `wrong`: what else should
    not have been. `greeted`: seconds from a start to the first 220."""

    kills: Counter[str] = field(default_factory=Counter)
    counts: Counts = field(default_factory=Counts)
    unknown: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    greeted: list[float] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.counts.clean and not (self.missing or self.wrong)

    @property
    def faults(self) -> list[str]:
        return [*self.counts.lost, *self.missing, *self.counts.unmarked, *self.wrong]

    def add(self, other: Result) -> None:
        self.counts.add(other.counts)
        for name in ("kills", "unknown", "refused", "missing", "wrong", "greeted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        greeted = statistics.median(self.greeted), max(self.greeted)
        kills = "".join(f"  {fate:20} {self.kills[fate]}\n" for fate in sorted(self.kills))
        return (
            f"{self.kills.total()} kills:\n{kills}{self.counts}, missing {len(self.missing)}\n"
            f"replies that no client got {self.unknown}, refusals {dict(self.refused)}\n"
            f"from a start to 220: median {greeted[0]:.2f} s, at most {greeted[1]:.2f} s"
        )


def fates(chance: random.Random) -> Iterator[Fate]:
    """Again and again all that can happen at each point, in some order, among random moments: fifty of them."""
    points = [(point, what) for point in FAIL_POINTS for what in HAPPENINGS]
    others = [(WORKER, "kill")] * 2
    others += [(RANDOM, "kill")] * (2 * ROUND - len(points) - len(others))
    while True:
        some = points + others
        chance.shuffle(some)
        yield from (Fate(point, what, chance.randint(1, 15)) for point, what in some)


# ---------------------------------------------------------------- clients


class Ledger:
    """What clients have sent and were told; used by all their threads. `kinds`: the kind of each letter by its
    number."""

    def __init__(self, seed: int) -> None:
        self._chance, self._numbers, self._lock = random.Random(seed), itertools.count(1), threading.Lock()
        self.kinds: dict[int, str] = {}
        self.acked: dict[str, bytes] = {}
        self.unknown = 0
        self.refused: Counter[int] = Counter()

    def new(self) -> bytes:
        with self._lock:
            number = next(self._numbers)
            self.kinds[number] = kind = self._chance.choice(list(TARGETS))
            large = self._chance.random() < 0.04
        return letter(kind, "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * (LARGE // 72 if large else 0), number)

    def told(self, data: bytes, code: int, text: bytes) -> bool:
        """Whether the letter is acknowledged."""
        with self._lock:
            if code == 250:
                self.acked[text.decode().rpartition(" ")[2]] = data
            else:
                self.refused[code] += 1
        return code == 250

    def not_told(self) -> None:
        with self._lock:
            self.unknown += 1


class Client(threading.Thread):
    """Sends letter after letter until `enough`, each until it is acknowledged; `persistent`: several a connection."""

    def __init__(self, port: int, ledger: Ledger, load: Load, persistent: bool) -> None:
        super().__init__(daemon=True)
        self._port, self._ledger, self._load, self._persistent = port, ledger, load, persistent

    def run(self) -> None:
        pending: bytes | None = None
        while pending is not None or self._load.wanted():
            pending = self._converse(pending or self._ledger.new())

    def _converse(self, data: bytes) -> bytes | None:
        """One connection. The letter that must be given again."""
        try:
            with smtplib.SMTP(source_address=(CLIENT, 0), local_hostname="client.b.kz") as client:
                client.connect("127.0.0.1", self._port)
                client.ehlo()
                while self._give(client, data):
                    if not self._persistent or not self._load.wanted():
                        return None
                    data = self._ledger.new()
        except OSError:  # an SMTPException is one
            time.sleep(0.02)
        return data

    def _give(self, client: smtplib.SMTP, data: bytes) -> bool:
        for code, text in (client.mail("client@b.kz"), client.rcpt("info@x-com.kz")):
            if code != 250:
                return self._ledger.told(data, code, text)
        try:
            code, text = client.data(data)
        except OSError:  # an SMTPException is one
            self._ledger.not_told()
            raise
        return self._ledger.told(data, code, text)


class Load:
    """Says to clients whether another letter is wanted, and lets them wait while there are many to deliver."""

    def __init__(self, ledger: Ledger, sinks: Sequence[RawSink], maildirs: Path) -> None:
        self._ledger, self._sinks, self._maildirs = ledger, sinks, maildirs
        self._most = BACKLOG
        self.enough = threading.Event()

    def begin(self) -> None:
        """A life has letters of its own in any case, whatever the ones before have left or lost."""
        self._most = max(BACKLOG, self._waiting() + BACKLOG // 2)

    def wanted(self) -> bool:
        while not self.enough.is_set() and self._waiting() > self._most:
            time.sleep(0.01)
        return not self.enough.is_set()

    def _waiting(self) -> int:
        """Deliveries of acknowledged letters that have not arrived, give or take duplicates."""
        return len(self._ledger.acked) * sum(map(len, TARGETS.values())) // len(TARGETS) - self.arrived()

    def arrived(self) -> int:
        return sum(len(sink.arrived) for sink in self._sinks) + sum(1 for _ in self._maildirs.glob("*/new/*"))

    def state(self) -> object:
        """Changes while anything comes in or goes out."""
        return len(self._ledger.acked), self._ledger.refused.total(), self.arrived()


# ---------------------------------------------------------------- lives


class Round:
    """One queue, and lives of a relay on it."""

    def __init__(self, home: Path, chance: random.Random, defect: str | None) -> None:
        self._chance, self._result = chance, Result()
        self._sinks = {"one.kz": RawSink(), "two.kz": RawSink()}
        for sink in self._sinks.values():
            sink.start()
        servers = [part for domain, sink in self._sinks.items() for part in ("--server", f"{domain}={sink.port}")]
        self._program = ["-c", PROGRAM, *servers, *([] if defect is None else ["--defect", defect])]
        self.site = Site(home, 'host = "127.0.0.1"\ntls = "none"')
        self.site.write_rules(RULES)
        configuration = home / "sievepy.toml"
        text = configuration.read_text(encoding="utf-8")
        configuration.write_text(text.replace("[relay]", "[relay]\nworkers = 1"), encoding="utf-8")
        self._ledger = Ledger(chance.getrandbits(32))
        self._load = Load(self._ledger, list(self._sinks.values()), home / "mail")
        self._clients = [Client(self.site.smtp, self._ledger, self._load, n % 2 == 0) for n in range(SESSIONS)]

    @contextlib.contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        with (
            (self.site.home / "log").open("ab") as log,
            subprocess.Popen(
                [sys.executable, *self._program, *arguments],
                cwd=self.site.home,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=log,
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def live(self, fate: Fate) -> None:
        arguments = ["--at", fate.point, "--do", fate.what, "--passing", str(fate.passing)]
        self._load.begin()
        begin = time.monotonic()
        with self.started(*([] if fate.point == RANDOM else arguments)) as process:
            if self._greeted(process):
                self._result.greeted.append(time.monotonic() - begin)
            self._end(process, fate)
        if process.returncode == -signal.SIGKILL or fate.what == "raise":
            self._result.kills[str(fate)] += 1
        else:
            self._result.wrong.append(f"{fate}: ended by itself: {self.site.log()[-2000:]}")

    def _end(self, process: subprocess.Popen[bytes], fate: Fate) -> None:
        """What happened is told by the relay itself; after a kill of its own there is no more to do."""
        if fate.point == RANDOM:
            time.sleep(self._chance.uniform(0, LONGEST))
        elif self._told(process) and (fate.what != "kill" or fate.point == WORKER):
            time.sleep(self._chance.uniform(0, 2 * NAP))
        else:
            process.wait()
        process.kill()

    def _told(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for its line; False if it ends without one."""
        assert process.stdout is not None
        output = process.stdout
        wait(lambda: select.select([output], [], [], 0)[0], self._load.state)
        return output.readline() != b""

    def _greeted(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for 220; False if there will be none."""
        while process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.site.smtp), source_address=(CLIENT, 0)) as client:
                    if client.recv(4) == b"220 ":
                        return True
            except OSError:
                time.sleep(0.005)
        return False

    # ------------------------------------------------------------ a round

    def run(self, lives: Sequence[Fate]) -> Result:
        for client in self._clients:
            client.start()
        for fate in lives:
            self.live(fate)
        self._load.enough.set()
        self._come_to_rest()
        self._count()
        for sink in self._sinks.values():
            sink.close()
        return self._result

    def _come_to_rest(self) -> None:
        """A last life in peace: clients get rid of what they have, and all of it is delivered."""
        with self.started() as self.site.process:
            self.site.wait(lambda: not any(client.is_alive() for client in self._clients))
            self.site.wait(lambda: self.site.page("/readyz")[0] == 200)
            self.site.command("queue", "flush")
            self.site.wait(self._settled)
            if self.site.stop() != 0:
                self._result.wrong.append(f"it did not end well: {self.site.log()[-2000:]}")

    def _settled(self) -> bool:
        states = re.findall(r'sievepy_queue\{kind="\w+",state="(\w+)"\} [1-9]', self.site.page("/metrics")[1])
        return bool(states) and set(states) <= {"done", "delivered"}

    def _count(self) -> None:
        ledger, result = self._ledger, self._result
        arrived = [one for sink in self._sinks.values() for one in sink.arrived]
        arrived += in_maildirs(self.site.home / "mail")
        queue = stored(self.site.home / "var/queue")
        result.counts.add(count(len(ledger.kinds), ledger.acked, arrived, queue))
        result.unknown += ledger.unknown
        result.refused += ledger.refused
        came: dict[str, set[str]] = defaultdict(set)
        for one in arrived:
            came[field_of(one, "Message-ID")].add(one.recipient)
        for number, kind in ledger.kinds.items():
            for target in TARGETS[kind] - came[f"<{number}@b.kz>"]:
                result.missing.append(f"letter {number} never came to {target}")


def in_maildirs(root: Path) -> list[Arrived]:
    """The letters of all maildirs below a folder, as a raw server would have got them."""
    found = []
    for path in root.glob("**/new/*"):
        data = re.sub(rb"(?m)^\.", b"..", path.read_bytes().replace(b"\n", b"\r\n"))
        found.append(Arrived("", str(path.parent.parent.relative_to(root)), data))
    return found


def kill_many(
    kills: int, folder: Path, seed: int, *, defect: str | None = None, only: Sequence[Fate] = (), tell: bool = False
) -> Result:
    """`only`: these fates again and again, and no others."""
    coming = itertools.cycle(only) if only else fates(random.Random(seed))
    lives = list(itertools.islice(coming, kills))

    def run(start: int) -> Result:
        home = folder / str(start)
        home.mkdir(parents=True)
        return Round(home, random.Random(seed + start), defect).run(lives[start : start + ROUND])

    total = Result()
    with ThreadPoolExecutor(TOGETHER) as rounds:
        for result in rounds.map(run, range(0, kills, ROUND)):
            total.add(result)
            if tell:
                print(f"{total.kills.total()} kills: {total.counts}, missing {len(total.missing)}", flush=True)
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill the relay under load and look for letters lost or doubled.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    with tempfile.TemporaryDirectory() as folder:
        result = kill_many(options.kills, Path(folder), seed, tell=True)
    print(f"seed {seed}: {result}")
    for line in result.faults[:20]:
        print(f"  {line}")
    return 0 if result.clean else 1


if __name__ == "__main__":
    sys.exit(main())
