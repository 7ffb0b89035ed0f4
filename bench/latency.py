"""How long a client waits between the end of its letter and `250`, at a steady rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load import LETTER, SENDER, SESSIONS, Failed

_LINE = b"X" * 78 + b"\r\n"
_SLACK = 0.005  # seconds by which a sleeping task may wake late without anybody's fault


@dataclass(frozen=True, slots=True)
class Waits:
    """Milliseconds, and the letters a second that were really sent."""

    p50: float
    p99: float
    rate: float


def measure(port: int, recipient: str, letters: int, rate: float) -> Waits:
    """Send letters at evenly spaced moments over 20 open connections. A letter whose moment has come while all
    connections wait for an answer is sent late, and its wait counts from its moment: a server that stalls cannot
    hide it. Raises Failed if one is not taken."""
    return asyncio.run(_measure(port, recipient, letters, rate))


async def _measure(port: int, recipient: str, letters: int, rate: float) -> Waits:
    moments: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
    started = time.perf_counter() + 0.5
    for number in range(letters):
        moments.put_nowait((number, started + number / rate))
    waits: list[float] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(SESSIONS):
            group.create_task(_session(port, recipient, moments, waits))
    took = time.perf_counter() - started
    waits.sort()
    return Waits(quantile(waits, 0.5) * 1e3, quantile(waits, 0.99) * 1e3, letters / took)


async def _session(port: int, recipient: str, moments: asyncio.Queue[tuple[int, float]], waits: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await _answer(reader, b"220")
        await _say(reader, writer, b"HELO client.example\r\n", b"250")
        while not moments.empty():
            number, due = moments.get_nowait()
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            begun = time.perf_counter()
            await _say(reader, writer, f"MAIL FROM:<{SENDER}>\r\n".encode(), b"250")
            await _say(reader, writer, f"RCPT TO:<{recipient}>\r\n".encode(), b"250")
            await _say(reader, writer, b"DATA\r\n", b"354")
            ended = time.perf_counter()
            await _say(reader, writer, _letter(number, begun), b"250")
            late = max(0.0, begun - due - _SLACK)
            waits.append(time.perf_counter() - ended + late)
        await _say(reader, writer, b"QUIT\r\n", b"221")
    finally:
        writer.close()


def _letter(number: int, moment: float) -> bytes:
    """With its end. The identifier makes each a letter of its own."""
    lines = (f"From: <{SENDER}>", "Subject: bench", f"Message-ID: <{number}.{moment}@client.example>", "", "")
    return "\r\n".join(lines).encode() + _LINE * (LETTER // len(_LINE)) + b".\r\n"


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, expected: bytes) -> None:
    writer.write(line)
    await _answer(reader, expected)


async def _answer(reader: asyncio.StreamReader, expected: bytes) -> None:
    line = await reader.readline()
    if not line.startswith(expected):
        raise Failed(f"expected {expected.decode()}, got {line.decode(errors='replace')}")


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that so large a share of the ordered values is below."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
