"""Fill the disk under a real relay again and again, and look for letters it acknowledged and lost.

    python -m tests.faults.relay_disk_full --cycles 100             # on a tmpfs of its own, which root may mount
    python -m tests.faults.relay_disk_full --cycles 100 --folder F  # on one that is there: 160 MB, and 2 MB a cycle

Clients send letters until each is told 452, while the sink holds its replies back; then it lets go, and what was
accepted is delivered and settled on the full disk. By turns, a cycle then goes on like this:

    taken    something else takes all of the disk in the middle of some letters, and goes away after a while
    letters  a person deletes the letters that were delivered, and nothing else makes room

The time until the next 250 is noted, what was refused is sent again until it is accepted, and the ledger is held
against the sink and the queue.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import re
import smtplib
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.endtoend.relays import PATIENCE, RawSink, Site, letter, running, wait
from tests.faults.ledger import Counts, count, field_of, stored

MEBIBYTE = 1024 * 1024
SIZE = 160 * MEBIBYTE  # of the file system: the ballast, the slack, and room for the letters of a cycle
JOURNAL = 2 * MEBIBYTE  # that a cycle leaves behind at most: the journal outlives its letters
SLACK = 16 * MEBIBYTE  # that the queue wants free beyond what it has promised
CLIENTS = 4
LARGEST = MEBIBYTE  # what one letter may have, and what is promised to each client
ROOM = 3 * MEBIBYTE  # for the letters of one cycle
SIZES = (2_000, 20_000, 60_000)
IN_FILE = 400_000  # such a letter lies in a file beside the queue
MIDDLE = (IN_FILE, *[200_000] * 12)  # letters in whose middle the disk becomes full
PROGRAM = ("-m", "tests.faults.relay_child")
NOBODY = "0" * 12  # the id that the planted defect gives


class Refused(Exception):
    """The client is told to come again; the text is the reply."""


@dataclass
class Result:
    """`middle`: replies to letters in whose middle the disk became full. `while_full`: letters that arrived on a full
    disk. `waits`: seconds from room to the first 250. `wrong`: replies that should not have been."""

    counts: Counts = field(default_factory=Counts)
    cycles: int = 0
    refused: int = 0
    middle: Counter[int] = field(default_factory=Counter)
    while_full: int = 0
    waits: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.counts.clean and not self.wrong

    def __str__(self) -> str:
        waits = sorted(self.waits)
        return (
            f"{self.cycles} cycles: {self.counts}\n{self.refused} refusals, {len(self.wrong)} of them wrong; replies "
            f"to letters in whose middle the disk became full: {dict(self.middle)}; {self.while_full} letters "
            f"delivered while it was full; from room to the first 250: median {waits[len(waits) // 2]:.3f} s, at most "
            f"{waits[-1]:.3f} s"
        )


@contextlib.contextmanager
def small_disk(cycles: int) -> Iterator[Path | None]:
    """A file system that is large enough for so many cycles; None where this process may not mount one."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE + cycles * JOURNAL}", "none", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


class Filler:
    """Something else that lies on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._files = folder, itertools.count(1)

    def free(self) -> int:
        status = os.statvfs(self._folder)
        return status.f_bavail * status.f_frsize

    def leave(self, room: int) -> None:
        """Take the disk but for so many bytes."""
        with (
            (self._folder / f"filler-{next(self._files)}").open("wb", buffering=0) as file,
            contextlib.suppress(OSError),
        ):
            while (more := self.free() - room) > 0:
                file.write(bytes(min(more, MEBIBYTE)))

    def go(self) -> None:
        for path in self._folder.glob("filler-*"):
            path.unlink()


class Round:
    """One relay, and cycles of it."""

    def __init__(self, home: Path, disk: Path, defect: str | None) -> None:
        self.sink = RawSink()
        self.sink.start()
        program = PROGRAM if defect is None else (*PROGRAM, "--defect", defect)
        self.site = Site(home, f'host = "127.0.0.1"\nport = {self.sink.port}\ntls = "none"', program=program)
        configuration = home / "sievepy.toml"
        text = configuration.read_text(encoding="utf-8").replace("[relay]", f"[relay]\nmessage-size = {LARGEST}")
        configuration.write_text(f'{text}[spool]\nfolder = "{disk / "queue"}"\n', encoding="utf-8")
        self.queue, self.filler = disk / "queue", Filler(disk)
        self.acked: dict[str, bytes] = {}
        self.refused: list[bytes] = []
        self.numbers = itertools.count(1)
        self.result = Result()

    # ------------------------------------------------------------ clients

    def new_letter(self, size: int) -> bytes:
        number = next(self.numbers)
        line = f"{number} ".ljust(70, "x") + "\r\n"
        return letter("Просим акты сверки", line * (size // len(line) + 1), number)

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.site.smtp, local_hostname="client.b.kz", timeout=PATIENCE)

    def begin(self, client: smtplib.SMTP) -> None:
        """Raises Refused."""
        client.ehlo_or_helo_if_needed()
        for code, text in (client.mail("client@b.kz"), client.rcpt("info@x-com.kz")):
            if code != 250:
                raise Refused(f"{code} {text.decode()}")

    def finish(self, client: smtplib.SMTP, data: bytes) -> None:
        """Raises Refused: the letter is the client's still."""
        code, text = client.data(data)
        if code != 250:
            raise Refused(f"{code} {text.decode()}")
        self.acked[text.decode().rpartition(" ")[2]] = data

    def try_one(self, data: bytes) -> str:
        """Why the letter was refused; nothing, if it was not."""
        with self.client() as client:
            try:
                self.begin(client)
                self.finish(client, data)
            except Refused as refused:
                return str(refused)
        return ""

    def until_refused(self, sizes: Sequence[int]) -> None:
        """One client, one connection: letter after letter."""
        with self.client() as client:
            for size in itertools.cycle(sizes):
                data = self.new_letter(size)
                try:
                    self.begin(client)
                    self.finish(client, data)
                except Refused as refused:
                    self.keep(data, str(refused), "at MAIL")
                    return

    def keep(self, data: bytes, why: str, where: str) -> None:
        """The client will come again."""
        self.refused.append(data)
        self.result.refused += 1
        if not why.startswith("452"):
            self.result.wrong.append(f"{where}: {why}")

    # ------------------------------------------------------------ one cycle

    def cycle(self, number: int) -> None:
        taken = number % 2 == 0
        self.sink.gate.clear()
        self.filler.leave(SLACK + (CLIENTS + len(MIDDLE)) * LARGEST + ROOM)
        middle = [self.begun(size) for size in MIDDLE] if taken else []
        before = len(self.sink.arrived)
        with ThreadPoolExecutor(CLIENTS) as clients:
            sizes = (*SIZES, IN_FILE) if taken else SIZES  # what lies in a file makes room as soon as it is deleted
            list(clients.map(self.until_refused, [sizes] * CLIENTS))
        if taken:
            self.filler.leave(0)
        for client, data in middle:
            self.interrupted(client, data)
        self.sink.gate.set()
        wait(self.settled)
        self.result.while_full += len(self.sink.arrived) - before
        if taken:
            data = self.new_letter(SIZES[0])
            self.keep(data, self.try_one(data), "after all were settled")
            self.filler.go()
        else:
            self.check_and_delete()
        self.come_again()
        if taken:
            self.check_and_delete()
        self.filler.go()
        self.result.cycles += 1

    def begun(self, size: int) -> tuple[smtplib.SMTP, bytes]:
        """A client that was promised room for its letter."""
        client, data = self.client(), self.new_letter(size)
        self.begin(client)
        return client, data

    def interrupted(self, client: smtplib.SMTP, data: bytes) -> None:
        """The room is gone. A small letter may fit in what the queue has already."""
        try:
            self.finish(client, data)
            self.result.middle[250] += 1
        except Refused as refused:
            self.result.middle[int(str(refused)[:3])] += 1
            self.keep(data, str(refused), "at the final dot")
        finally:
            client.close()

    def settled(self) -> bool:
        """Everything that was accepted has come to its end."""
        there = {field_of(one, "X-Sievepy-ID") for one in self.sink.arrived}
        states = re.findall(r'sievepy_queue\{kind="\w+",state="(\w+)"\} [1-9]', self.site.page("/metrics")[1])
        return there >= self.acked.keys() - {NOBODY} and set(states) <= {"done", "delivered"}

    def come_again(self) -> None:
        """There is room: until the first 250, and then all that was refused."""
        start = time.monotonic()
        wait(lambda: not self.try_one(self.refused[0]))
        self.result.waits.append(time.monotonic() - start)
        for data in self.refused[1:]:
            wait(lambda data=data: not self.try_one(data))
        self.refused.clear()
        wait(self.settled)

    def check_and_delete(self) -> None:
        """Hold the ledger against the sink and the queue; a person deletes what was delivered."""
        self.result.counts.add(count(0, self.acked, self.sink.arrived, stored(self.queue)))
        done = self.site.command("queue", "delete", "--yes", *(id for id in self.acked if id != NOBODY))
        assert done.returncode == 0, done.stderr
        self.acked.clear()
        self.sink.arrived.clear()


def fill_many(cycles: int, home: Path, disk: Path, defect: str | None = None) -> Result:
    """`home`: where the configuration lies; `disk`: an empty file system, as `small_disk` makes one."""
    current = Round(home, disk, defect)
    with running(current.site):
        for number in range(cycles):
            current.cycle(number)
            if number % 10 == 9:
                print(f"{current.result}; {current.filler.free() // MEBIBYTE} MB free", flush=True)
        if current.acked:
            current.check_and_delete()
        assert current.site.stop() == 0
    current.sink.close()
    current.result.counts.sent = next(current.numbers) - 1
    return current.result


def main() -> int:
    parser = argparse.ArgumentParser(description="Fill the disk under a relay and look for letters it lost.")
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="A small file system that is mounted already.")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        disk = options.folder or stack.enter_context(small_disk(options.cycles))
        if disk is None:
            print("no tmpfs may be mounted here: name a small file system with --folder", file=sys.stderr)
            return 2
        result = fill_many(options.cycles, home, disk)
    print(result)
    for line in [*result.counts.lost, *result.counts.unmarked, *result.wrong][:20]:
        print(f"  {line}")
    return 0 if result.clean else 1


if __name__ == "__main__":
    sys.exit(main())
