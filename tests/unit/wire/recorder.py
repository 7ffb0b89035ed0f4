"""A raw SMTP server for tests: it writes down every byte, answers by a script, and can cut the line at any point.

A script maps a verb (`CONNECT`, `EHLO`, `MAIL`, `DATA`, `.` for the end of data …) to what is done at it: bytes to be
written as they stand, or `CUT`, or `SILENCE`. A list is used up from its front, and its last entry stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

CUT = "cut"
SILENCE = "silence"
Act = bytes | str
Script = Mapping[str, Act | list[Act]]

POLITE: dict[str, Act] = {
    "CONNECT": b"220 test\r\n",
    "EHLO": b"250-test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n",
    "LHLO": b"250-test\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 2.0.0 taken\r\n",
    "QUIT": b"221 bye\r\n",
}
PLAIN = b"250-test\r\n250 8BITMIME\r\n"
_ELSE = b"250 ok\r\n"


@dataclass
class Recorder:
    """`letters` are the data as read off the wire, still stuffed; `commands` all lines in order; `chunks` what came in
    one read, so that pipelining can be seen; `wire` every byte of all connections."""

    script: dict[str, list[Act]]
    tls: ssl.SSLContext | None = None
    port: int = 0
    wire: bytes = b""
    commands: list[str] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()  # not waited for: after a broken handshake nobody would say that it is done

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        if not await self._act("CONNECT", writer):
            return
        while True:
            while b"\r\n" not in rest:
                chunk = await self._read(reader)
                if not chunk:
                    return
                rest += chunk
            line, _, rest = rest.partition(b"\r\n")
            self.commands.append(line.decode("utf-8", "backslashreplace"))
            verb = line.split()[0].decode().upper() if line.split() else ""
            if not await self._act(verb, writer) or verb == "QUIT":
                return
            if verb == "STARTTLS" and self.tls is not None:
                await writer.start_tls(self.tls)
            if verb == "DATA" and self._was.startswith(b"354"):
                rest = await self._data(rest, reader)
                if not await self._act(".", writer):
                    return

    async def _data(self, rest: bytes, reader: asyncio.StreamReader) -> bytes:
        while not rest.startswith(b".\r\n") and b"\r\n.\r\n" not in rest:
            chunk = await self._read(reader)
            if not chunk:
                raise ConnectionError
            rest += chunk
        if rest.startswith(b".\r\n"):
            self.letters.append(b"")
            return rest[3:]
        letter, _, rest = rest.partition(b"\r\n.\r\n")
        self.letters.append(letter + b"\r\n")
        return rest

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        chunk = await reader.read(1 << 16)
        self.wire += chunk
        if chunk:
            self.chunks.append(chunk)
        return chunk

    async def _act(self, verb: str, writer: asyncio.StreamWriter) -> bool:
        """Do what the script says; False ends the conversation."""
        acts = self.script.get(verb, [_ELSE])
        act = acts.pop(0) if len(acts) > 1 else acts[0]
        self._was = act if isinstance(act, bytes) else b""
        if act == SILENCE:
            await asyncio.Event().wait()
        if isinstance(act, bytes):
            writer.write(act)
            await writer.drain()
        return act != CUT


@contextlib.asynccontextmanager
async def recorder(
    script: Script | None = None, *, tls: ssl.SSLContext | None = None, implicit: bool = False
) -> AsyncIterator[Recorder]:
    merged = {**POLITE, **(script or {})}
    found = Recorder({verb: list(act) if isinstance(act, list) else [act] for verb, act in merged.items()}, tls)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await found.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls if implicit else None)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)
