"""One client floods the real relay; what that costs in memory, and how long another one waits for its replies."""

from __future__ import annotations

import base64
import select
import socket
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.endtoend.relays import PATIENCE, Site, letter, wait
from tests.faults.relay_slow import give, limits
from tests.faults.resident import children, forget_peak, peak, resident

MEBIBYTE = 1024 * 1024
_PIECE = 64 * 1024
_PAUSE = 0.002  # seconds between two NOOPs
_LINE = base64.b64encode(bytes(57)) + b"\r\n"
FLOODS: Mapping[str, bytes] = {
    "line ends": b"\r\n",
    "one-byte lines": b"x\r\n",
    "one line": b"x",
    "a letter": _LINE,
}
"""What is said over and over behind DATA."""
LETTER = 34 * MEBIBYTE


@dataclass
class Flood:
    """`growth`: bytes of resident memory, at most, over what there was before; `reply`: to the flood. `waits`: seconds
    of another client's NOOPs while it went on."""

    name: str
    sent: int = 0
    growth: int = 0
    workers: int = 0
    reply: str = ""
    waits: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.waits, n=100)
        return (
            f"{self.name:15} {self.sent / MEBIBYTE:6.1f} MiB sent, RSS +{self.growth / MEBIBYTE:.1f} MiB, "
            f"of workers +{self.workers / MEBIBYTE:.1f} MiB, {len(self.waits)} NOOPs p50 {cuts[49] * 1000:.1f} ms "
            f"p99 {cuts[98] * 1000:.1f} ms max {max(self.waits) * 1000:.1f} ms: {self.reply}"
        )


class Noops(threading.Thread):
    """Another session, which says NOOP again and again."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._replies = self._socket.makefile("rb")
        assert self._replies.readline().startswith(b"220")
        self._enough = threading.Event()
        self.waits: list[float] = []

    def run(self) -> None:
        while not self._enough.wait(_PAUSE):
            begin = time.monotonic()
            self._socket.sendall(b"NOOP\r\n")
            assert self._replies.readline().startswith(b"250")
            self.waits.append(time.monotonic() - begin)

    def stop(self) -> list[float]:
        self._enough.set()
        self.join()
        self._replies.close()
        self._socket.close()
        return self.waits


def pour(port: int, words: bytes, size: int) -> tuple[int, str]:
    """Bytes that were sent, and the reply; the relay may have had enough before all was sent."""
    data = words * (_PIECE // len(words))
    sent = 0
    with socket.create_connection(("127.0.0.1", port), PATIENCE, ("127.0.0.2", 0)) as client:
        replies = client.makefile("rb")
        for command in (b"", b"HELO a.kz\r\n", b"MAIL FROM:<a@b.kz>\r\n", b"RCPT TO:<info@x-com.kz>\r\n", b"DATA\r\n"):
            client.sendall(command)
            assert replies.readline()[:1] in b"23"
        client.sendall(b"Subject: flood\r\n\r\n")
        try:
            while sent < size and not select.select([client], [], [], 0)[0]:
                client.sendall(data)
                sent += len(data)
            if sent >= size:
                client.sendall(b"\r\n.\r\n")
        except ConnectionError:
            pass  # what it said before it hung up can still be read
        return sent, replies.readline().decode("ascii").strip()


def flood(
    size: int, home: Path, *, rounds: int = 1, program: Sequence[str] = (), names: Sequence[str] = tuple(FLOODS)
) -> list[Flood]:
    """One after the other, each so many times, at one relay with its limits as they are, but for NOOPs. `size`: bytes
    of each that is no letter."""
    home.mkdir(parents=True, exist_ok=True)
    site = Site(home, **({"program": program} if program else {}))
    limits(site, junk=1_000_000_000)
    site.start()
    try:
        for number in range(10):  # what is made at the first letters is not the flood's
            give(site.smtp, letter("first", ("x" * 70 + "\r\n") * 4_000, number))
        site.wait_for("Triage", 10)
        found = [_some(site, name, LETTER if name == "a letter" else size, rounds) for name in names]
        assert site.stop() == 0
    finally:
        if site.process is not None:
            site.kill()
    return found


def _some(site: Site, name: str, size: int, rounds: int) -> Flood:
    found = Flood(name)
    for _ in range(rounds):
        _one(site, size, found)
    return found


def _one(site: Site, size: int, found: Flood) -> None:
    """Memory is looked at until the reply, waiting until the letter is delivered."""
    assert site.process is not None
    process, triage = site.process.pid, site.home / "mail/Triage/new"
    before, of_workers = resident(process), sum(map(resident, children(process)))
    arrived = len(list(triage.iterdir()))
    forget_peak(process)
    noops = Noops(site.smtp)
    noops.start()
    sent, found.reply = pour(site.smtp, FLOODS[found.name], size)
    found.sent += sent
    found.growth = max(found.growth, peak(process) - before)
    if found.reply.startswith("250"):
        wait(lambda: len(list(triage.iterdir())) > arrived)
    found.waits += noops.stop()
    found.workers = max(found.workers, sum(map(resident, children(process))) - of_workers)
