"""Thousands of clients that say nothing, hundreds that say one byte at a time, and what that costs the others.

Clients come from many addresses of loopback, as from many machines. Each one that the relay sends away comes again at
once. Half of the slow ones are in the middle of a letter, the others get there one byte at a time. Meanwhile a new
client comes again and again, and gives a letter.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.endtoend.relays import PATIENCE, Site, letter
from tests.faults.resident import children, forget_peak, peak, resident

ADDRESSES = [f"127.0.{1 + n // 250}.{1 + n % 250}" for n in range(300)]
NEW = "127.0.9.1"
MEBIBYTE = 1024 * 1024
COMMANDS = (
    b"EHLO slow.client.kz\r\n",
    b"MAIL FROM:<slow@client.kz> SIZE=10000\r\n",
    b"RCPT TO:<info@x-com.kz>\r\n",
    b"DATA\r\n",
)
_AT_ONCE = 100  # connections that are begun together


@dataclass
class Result:
    """Bytes and seconds. `held`: clients that were greeted and are still connected at the end; `sent_away`: replies
    with which others ended, by code; `spoken`: bytes of the slow ones."""

    idle: int
    slow: int
    before: int = 0
    parent: int = 0
    workers: int = 0
    held: int = 0
    spoken: int = 0
    sent_away: Counter[int] = field(default_factory=Counter)
    greeted: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)

    @property
    def growth(self) -> int:
        return self.parent - self.before

    def __str__(self) -> str:
        each = self.growth / (self.idle + self.slow) / 1024
        return (
            f"{self.idle} idle and {self.slow} slow clients, {self.held} held, {self.spoken} bytes one at a time, "
            f"sent away {dict(self.sent_away)}\n"
            f"RSS of the relay: {_mebibytes(self.before)} before, at most {_mebibytes(self.parent)} "
            f"({each:.1f} KiB a client); of its workers {_mebibytes(self.workers)}\n"
            f"a new client's 220: {_seconds(self.greeted)}; its letter's 250: {_seconds(self.accepted)}"
        )


def _mebibytes(size: int) -> str:
    return f"{size / MEBIBYTE:.1f} MiB"


def _seconds(times: Sequence[float]) -> str:
    ordered = sorted(times)
    cuts = ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100], ordered[-1]
    return "p50 {:.0f} ms, p95 {:.0f} ms, at most {:.0f} ms".format(*(cut * 1000 for cut in cuts))


def limits(site: Site, **values: int) -> None:
    """Write a table `[limits]` into the configuration."""
    lines = [f"{key.replace('_', '-')} = {value}" for key, value in values.items()]
    with (site.home / "sievepy.toml").open("a", encoding="utf-8") as configuration:
        configuration.write("\n[limits]\n" + "\n".join(lines) + "\n")


# ---------------------------------------------------------------- clients


class Crowd:
    """All of them, in one event loop."""

    def __init__(self, port: int, result: Result, pace: float, over: float) -> None:
        self._port, self._result, self._pace, self._over = port, result, pace, over
        self._begin = asyncio.Semaphore(_AT_ONCE)
        self._greeted = 0
        self._all = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def gather(self) -> None:
        """Returns when every one of them has been greeted."""
        for number in range(self._result.idle + self._result.slow):
            talk = self._idle if number < self._result.idle else self._slow
            self._tasks.append(asyncio.create_task(self._come_again(talk, number)))
        await self._all.wait()

    async def disperse(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _come_again(self, talk: Talk, number: int) -> None:
        address = ADDRESSES[number % len(ADDRESSES)]
        await asyncio.sleep(self._over * random.random())
        while True:
            async with self._begin:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(address, 0))
                greeting = await reader.readline()
            if greeting.startswith(b"220"):
                self._came()
            try:
                said = await talk(reader, writer, number) if greeting.startswith(b"220") else greeting
            except (OSError, EOFError):
                said = b""
            finally:
                if greeting.startswith(b"220"):
                    self._result.held -= 1
                writer.close()
            self._result.sent_away[int(said[:3] or b"0")] += 1

    def _came(self) -> None:
        self._result.held += 1
        self._greeted += 1
        if self._greeted == len(self._tasks):
            self._all.set()

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bytes:
        """Every other one has said EHLO. The reply that ends it."""
        if number % 2:
            await self._say(reader, writer, COMMANDS[0])
        return await reader.readline()

    async def _slow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bytes:
        """The reply that ends it."""
        for command in COMMANDS:
            if number % 2:
                await self._say(reader, writer, command)
            elif end := await self._one_by_one(reader, writer, command):
                return end
        while True:
            if end := await self._one_by_one(reader, writer, b"a word and a word\r\n", replies=False):
                return end

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: bytes) -> None:
        writer.write(command)
        await self._reply(reader)

    async def _reply(self, reader: asyncio.StreamReader) -> bytes:
        while (line := await reader.readline())[3:4] == b"-":
            pass
        if not line:
            raise EOFError
        return line

    async def _one_by_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: bytes, replies: bool = True
    ) -> bytes:
        """The reply that ended it, or nothing."""
        for byte in words:
            if reader.at_eof() or reader._buffer:  # type: ignore[attr-defined]  # it was not asked for
                return await reader.readline()
            writer.write(bytes((byte,)))
            self._result.spoken += 1
            await asyncio.sleep(self._pace)
        if replies and (line := await self._reply(reader))[:1] not in b"23":
            return line
        return b""


Talk = type(Crowd._idle)


# ---------------------------------------------------------------- a new client


def give(port: int, data: bytes) -> tuple[float, float]:
    """Seconds from the connection's begin to 220, and to the 250 of a whole letter."""
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), PATIENCE, (NEW, 0)) as client, client.makefile("rb") as replies:
        _expect(replies, b"220")
        greeted = time.monotonic() - begin
        for command in (b"EHLO new.client.kz\r\n", b"MAIL FROM:<new@client.kz>\r\n", b"RCPT TO:<info@x-com.kz>\r\n"):
            client.sendall(command)
            _expect(replies, b"250")
        client.sendall(b"DATA\r\n")
        _expect(replies, b"354")
        client.sendall(data.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        _expect(replies, b"250")
        return greeted, time.monotonic() - begin


def _expect(replies: Iterator[bytes], code: bytes) -> None:
    for line in replies:
        if line[3:4] != b"-":
            assert line.startswith(code), line
            return
    raise ConnectionError


# ---------------------------------------------------------------- all together


def crowd(
    idle: int, slow: int, letters: int, home: Path, *, pace: float = 1.0, over: float = 0, program: Sequence[str] = ()
) -> Result:
    """`letters`: of the new clients, one after the other, each after a `pace`, which is the slow ones' too. `over`: so
    many seconds the crowd takes to come, and then to be sent away and come again."""
    home.mkdir(parents=True, exist_ok=True)
    site = Site(home, **({"program": program} if program else {}))
    limits(site, connections=6000)
    result = Result(idle, slow)
    site.start()
    assert site.process is not None
    try:
        give(site.smtp, letter("first", "x", 0))  # what is made at the first letter is not the crowd's
        process = site.process.pid
        result.before = resident(process)
        forget_peak(process)
        asyncio.run(_among(site, result, letters, pace, over))
        result.parent = peak(process)
        result.workers = sum(map(resident, children(process)))
        assert site.stop() == 0
    finally:
        if site.process is not None:
            site.kill()
    return result


async def _among(site: Site, result: Result, letters: int, pace: float, over: float) -> None:
    everybody = Crowd(site.smtp, result, pace, over)
    await everybody.gather()
    try:
        for number in range(1, letters + 1):
            await asyncio.sleep(pace)
            greeted, accepted = await asyncio.to_thread(give, site.smtp, letter("Просим акты сверки", "x", number))
            result.greeted.append(greeted)
            result.accepted.append(accepted)
    finally:
        held = result.held
        with contextlib.suppress(asyncio.CancelledError):
            await everybody.disperse()
        result.held = held
