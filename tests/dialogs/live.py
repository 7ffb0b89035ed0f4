"""A live SMTP server in a thread of its own, whose letters are recorded, and a plain client on a socket."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import ssl
import struct
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from sievepy.mail.address import canonical
from sievepy.sources.smtp import Event, Listener, Received, Refusal, Reply, Session, Settings, SmtpSource

KNOWN = frozenset({"info@x-com.kz", "sales@x-com.kz", "postmaster@x-com.kz"})
T = TypeVar("T")
Loop = Callable[[], asyncio.AbstractEventLoop]
LOOPS: list[Loop] = [asyncio.new_event_loop]
"""That a relay may run on: uvloop where it installs."""
with contextlib.suppress(ImportError):
    import uvloop

    LOOPS.append(uvloop.new_event_loop)


class Room:
    """Room for one letter, of a recording intake."""

    def __init__(self, intake: Recorder) -> None:
        self._intake, self._held = intake, True
        intake.reserved += 1

    def release(self) -> None:
        self._intake.reserved -= self._held
        self._held = False


class Recorder:
    """An intake that keeps what it gets. `reply` is what it says to a letter; `gate`, if set, is waited for first."""

    def __init__(self) -> None:
        self.letters: list[tuple[Received, bytes]] = []
        self.asked: list[tuple[str, str]] = []
        self.reserved = 0
        self.full = False
        self.reply: Callable[[Received], Reply] = lambda _: Reply(250, "2.0.0", "queued as L1")
        self.begun = threading.Event()
        self.gate: asyncio.Event | None = None

    def reserve(self, size: int) -> Room | Refusal:
        return Refusal(452, "4.3.1", "no room") if self.full else Room(self)

    async def recipient(self, session: Session, sender: str, recipient: str) -> Refusal | None:
        self.asked.append((sender, recipient))
        if recipient == "broken@x-com.kz":
            raise RuntimeError("secret detail of the inside")
        return None if canonical(recipient) in KNOWN else Refusal(550, "5.1.1", "no such recipient here")

    async def accept(self, received: Received) -> Reply:
        self.begun.set()
        if self.gate is not None:
            await self.gate.wait()
        data = received.data if isinstance(received.data, bytes) else received.data.read_bytes()
        reply = self.reply(received)
        if reply.code < 400:
            self.letters.append((received, data))
        return reply


class Counting:
    """A watch that counts."""

    def __init__(self) -> None:
        self.events: Counter[Event] = Counter()
        self.errors: list[Exception] = []

    def event(self, event: Event, session: Session) -> None:
        self.events[event] += 1

    def failure(self, error: Exception, session: Session) -> None:
        self.errors.append(error)


class Live:
    """`run` carries a coroutine out in the server's loop."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None, loop: Loop) -> None:
        self.intake, self.watch, self.settings = Recorder(), Counting(), settings
        self._loop = loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.source = self.run(self._make(tls))
        self.run(self.source.start())
        self.ports = list(self.source.ports.values())

    async def _make(self, tls: ssl.SSLContext | None) -> SmtpSource:
        return SmtpSource(self.settings, self.intake, tls=tls, watch=self.watch)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, function: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(function)

    def settle(self) -> None:
        """Wait until the server has seen that everybody has gone."""

        async def gone() -> None:
            while self.source.connections:
                await asyncio.sleep(0.001)

        self.run(gone())

    def stop(self) -> None:
        self.run(self.source.close())
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def client(self, port: int = 0, source: str = "127.0.0.1") -> Client:
        return Client(self.ports[port], source)


@contextlib.contextmanager
def live(folder: Path, tls: ssl.SSLContext | None = None, *, loop: Loop = LOOPS[0], **changes: Any) -> Iterator[Live]:
    """A server on loopback that takes letters for KNOWN recipients. `changes`: its settings; `limits_…`: its limits."""
    limits = {name.removeprefix("limits_"): changes.pop(name) for name in list(changes) if name.startswith("limits_")}
    settings = Settings(
        hostname="mx.x-com.kz",
        incoming=folder,
        listeners=(Listener(port=0),),
        domains=frozenset({"x-com.kz"}),
        postmaster="postmaster@x-com.kz",
    )
    settings = dataclasses.replace(settings, limits=dataclasses.replace(settings.limits, **limits))
    server = Live(dataclasses.replace(settings, **changes), tls, loop)
    try:
        yield server
    finally:
        server.stop()


class Client:
    """The other end. `line` is `""` when the server has closed the connection."""

    def __init__(self, port: int, source: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def line(self) -> str:
        with contextlib.suppress(ConnectionError):
            return self._file.readline().decode("ascii").rstrip("\r\n")
        return ""

    def reply(self) -> str:
        """A whole reply; its last line."""
        while (line := self.line())[3:4] == "-":
            pass
        return line

    def rest(self) -> str:
        """Everything until the server closes."""
        with contextlib.suppress(ConnectionError):
            return self._file.read().decode("ascii")
        return ""

    def say(self, text: str) -> str:
        self.send(text.encode() + b"\r\n")
        return self.reply()

    def greet(self, *commands: str) -> list[str]:
        """The banner's and each command's reply."""
        return [self.reply(), *(self.say(command) for command in ("EHLO client.test", *commands))]

    def begin(self, recipient: str = "info@x-com.kz", sender: str = "anna@client.test") -> str:
        """Up to the reply to DATA."""
        return self.greet(f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA")[-1]

    def encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._file.close()
        self._socket = context.wrap_socket(self._socket)
        self._file = self._socket.makefile("rb")

    def finish_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Tear the connection down (RST), as a machine does that crashes."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def certificate(folder: Path) -> ssl.SSLContext:
    """A server context with a certificate that was made just now."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=mx.x-com.kz", "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context
