"""One connection to an SMTP or LMTP server, over asyncio (RFC 5321, RFC 2033, RFC 2920, RFC 3207, RFC 4954).

`connect` opens it: TCP or a Unix socket, TLS as the settings say, the greeting, EHLO, AUTH. `Connection.send` carries
one letter to one recipient and may be called again. What a peer refuses is an answer; what it breaks is a WireError,
which says how far the conversation had come, and after which the connection is of no use. Whoever waits is bounded by
the time-outs of RFC 5321 4.5.3.2, each of them a setting.

It neither retries nor keeps a pool, and does not judge what a refusal means: that is the sink's business.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from sievepy.wire.smtp_codec import (
    END_OF_NOTHING,
    DotStuffer,
    Extensions,
    GarbledReply,
    Mail,
    Next,
    Reply,
    ReplyReader,
    Stage,
    Transaction,
    UnsafeOutput,
    command,
)
from sievepy.wire.tls import Security


class WireError(Exception):
    """The conversation broke at `stage`. At Stage.END the letter may have been taken all the same."""

    def __init__(self, stage: Stage, what: str) -> None:
        super().__init__(f"{what} ({stage})")
        self.stage = stage


class RefusedError(WireError):
    """The peer does not talk to us: its reply to the greeting, EHLO, STARTTLS or AUTH."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; as RFC 5321 4.5.3.2 has them, where it has them."""

    connect: float = 30
    greeting: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    end: float = 600
    quit: float = 5

    def of(self, stage: Stage) -> float:
        match stage:
            case Stage.CONNECT:
                return self.connect
            case Stage.GREETING:
                return self.greeting
            case Stage.DATA:
                return self.data
            case Stage.BLOCK:
                return self.block
            case Stage.END:
                return self.end
            case Stage.QUIT:
                return self.quit
        return self.command


@dataclass(frozen=True, slots=True)
class Login:
    """For AUTH PLAIN (RFC 4616). Never shown."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a server is and how it is spoken to. `socket`: a Unix socket, then `host` only names it. `hello`: our name.
    Raises ValueError for a password that would be sent in the clear."""

    host: str
    port: int = 25
    security: Security = Security.STARTTLS
    hello: str = "localhost"
    socket: Path | None = None
    lmtp: bool = False
    login: Login | None = None
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        if self.login is not None and self.security is Security.NONE:
            raise ValueError("a password is sent over TLS only")


class _Wire(asyncio.Protocol):
    """Bytes to and from a transport; remembers why it ended."""

    def __init__(self) -> None:
        self.replies = ReplyReader()
        self.transport: asyncio.Transport | None = None
        self._problem: str | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._problem is not None:
            return
        try:
            self.replies.feed(data)
        except GarbledReply as problem:
            self._end(f"garbled reply: {problem}")
        self._wake()

    def eof_received(self) -> None:
        self._end("connection closed")

    def connection_lost(self, problem: Exception | None) -> None:
        self._end("connection closed" if problem is None else f"connection lost: {problem}")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _end(self, problem: str) -> None:
        self._problem = self._problem or problem
        self._writable.set()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def is_quiet(self) -> bool:
        """Open, and everything read was asked for."""
        return self._problem is None and self.replies.is_empty

    @property
    def is_writable(self) -> bool:
        """Open, and the peer keeps up."""
        return self._problem is None and self._writable.is_set()

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    async def drain(self) -> None:
        """Raises ConnectionError where the peer is gone."""
        await self._writable.wait()
        if self._problem is not None:
            raise ConnectionError(self._problem)

    async def reply(self) -> Reply:
        """Raises ConnectionError where there will be none."""
        while (reply := self.replies.next()) is None:
            if self._problem is not None:
                raise ConnectionError(self._problem)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return reply

    def abort(self) -> None:
        self._end("closed")
        if self.transport is not None:
            self.transport.abort()


async def connect(peer: Peer, tls: ssl.SSLContext | None) -> Connection:
    """A connection on which letters may be sent. `tls` is needed unless `peer.security` is NONE. Raises WireError."""
    wire = await _open(peer, tls if peer.security is Security.IMPLICIT else None)
    try:
        connection = Connection(wire, peer)
        await connection.begin(tls)
    except BaseException:
        wire.abort()
        raise
    return connection


async def _open(peer: Peer, tls: ssl.SSLContext | None) -> _Wire:
    """TCP (or a Unix socket), and TLS at once where there is a context."""
    loop = asyncio.get_running_loop()
    name = peer.host if tls is not None else None
    with _naming(Stage.CONNECT):
        async with asyncio.timeout(peer.timeouts.connect):
            if peer.socket is not None:
                path = str(peer.socket)
                return (await loop.create_unix_connection(_Wire, path, ssl=tls, server_hostname=name))[1]
            return (await loop.create_connection(_Wire, peer.host, peer.port, ssl=tls, server_hostname=name))[1]


@contextlib.contextmanager
def _naming(stage: Stage) -> Iterator[None]:
    """What can go wrong on a wire, as WireErrors."""
    try:
        yield
    except TimeoutError:
        raise WireError(stage, "timed out") from None
    except ssl.SSLError as problem:
        reason = getattr(problem, "verify_message", None) or problem.reason or "failed"
        raise WireError(stage, f"TLS: {reason}") from None
    except OSError as problem:
        raise WireError(stage, str(problem) or type(problem).__name__) from None


class Connection:
    """`sent` counts transactions; `is_usable` is False as soon as another one must not be begun."""

    def __init__(self, wire: _Wire, peer: Peer) -> None:
        self._wire, self._peer = wire, peer
        self._needs_reset = False
        self._is_broken = False
        self.extensions = Extensions()
        self.sent = 0

    @property
    def is_usable(self) -> bool:
        return not self._is_broken and self._wire.is_quiet

    # ------------------------------------------------------------ beginning

    async def begin(self, tls: ssl.SSLContext | None) -> None:
        """The greeting, EHLO, TLS and AUTH. Raises WireError."""
        _require(Stage.GREETING, await self._read(Stage.GREETING))
        await self._hello()
        if self._peer.security is Security.STARTTLS:
            await self._start_tls(tls)
            await self._hello()
        if self._peer.login is not None:
            await self._log_in(self._peer.login)

    async def _hello(self) -> None:
        """EHLO, or HELO where it is unknown (RFC 5321 3.2); LHLO speaks LMTP and has no older form."""
        verb = "LHLO" if self._peer.lmtp else "EHLO"
        reply = await self._ask(Stage.HELLO, f"{verb} {self._peer.hello}")
        if reply.code in (500, 502) and not self._peer.lmtp:
            _require(Stage.HELLO, await self._ask(Stage.HELLO, f"HELO {self._peer.hello}"))
            self.extensions = Extensions()
            return
        _require(Stage.HELLO, reply)
        self.extensions = Extensions.offered(reply)

    async def _start_tls(self, tls: ssl.SSLContext | None) -> None:
        if tls is None or "STARTTLS" not in self.extensions:
            raise WireError(Stage.STARTTLS, "STARTTLS is not offered")
        _require(Stage.STARTTLS, await self._ask(Stage.STARTTLS, "STARTTLS"))
        if not self._wire.is_quiet:  # in the clear, and to be read as though it were not (CVE-2021-38371)
            raise WireError(Stage.STARTTLS, "more than the reply before TLS")
        self.extensions = Extensions()
        with _naming(Stage.STARTTLS):
            async with asyncio.timeout(self._peer.timeouts.command):
                await self._upgrade(tls)

    async def _upgrade(self, tls: ssl.SSLContext) -> None:
        old = self._wire.transport
        assert old is not None
        new = await asyncio.get_running_loop().start_tls(old, self._wire, tls, server_hostname=self._peer.host)
        if new is None:
            raise ConnectionError("connection closed")
        self._wire.transport = new

    async def _log_in(self, login: Login) -> None:
        if "PLAIN" not in self.extensions.keywords.get("AUTH", "").upper().split():
            raise WireError(Stage.AUTH, "AUTH PLAIN is not offered")
        secret = base64.b64encode(f"\0{login.user}\0{login.password}".encode()).decode()
        reply = await self._ask(Stage.AUTH, f"AUTH PLAIN {secret}")
        if not reply.is_positive:  # its text is not repeated: a server may echo what it was given
            raise RefusedError(Stage.AUTH, f"{reply.code} {reply.enhanced or ''}".rstrip())

    # ------------------------------------------------------------ one letter

    async def send(
        self, mail: Mail, chunks: AsyncIterator[bytes], sent: Callable[[], None] = lambda: None
    ) -> Transaction:
        """How the peer answered; `sent` is called when the final dot is written. Raises UnsafeOutput for what may not
        be written, and WireError."""
        transaction = Transaction(mail, self.extensions, reset=self._needs_reset)
        self.sent += 1
        self._is_broken = True  # until it ends well: a cancelled task leaves nobody knows what unread
        while (todo := transaction.next) is not Next.STOP:
            match todo:
                case Next.WRITE:
                    self._wire.write(transaction.commands())
                case Next.READ:
                    transaction.answer(await self._read(transaction.stage))
                case Next.SEND:
                    await self._write_letter(chunks)
                    transaction.sent()
                    sent()
                case _:
                    self._wire.write(END_OF_NOTHING)
                    transaction.sent()
        self._needs_reset = transaction.is_open
        self._is_broken = transaction.is_closed
        return transaction

    async def _write_letter(self, chunks: AsyncIterator[bytes]) -> None:
        """Up to and with the final dot. A letter that turns out to be unsafe is cut off: nothing takes back its bytes
        but the end of the connection, after which the peer must forget them (RFC 5321 4.1.1.10)."""
        stuffer = DotStuffer()
        last = b""
        try:
            async for chunk in chunks:
                await self._write(last)
                last = stuffer.feed(chunk)
            last += stuffer.end()
        except UnsafeOutput:
            self.abort()
            raise
        await self._write(last)

    # ------------------------------------------------------------ ending

    async def is_alive(self) -> bool:
        """Whether the peer answers a NOOP."""
        try:
            return (await self._ask(Stage.QUIT, "NOOP")).is_positive
        except WireError:
            return False

    async def quit(self) -> None:
        """Polite, and never for longer than its time-out."""
        if self.is_usable:
            with contextlib.suppress(WireError):
                await self._ask(Stage.QUIT, "QUIT")
        self.abort()

    def abort(self) -> None:
        self._is_broken = True
        self._wire.abort()

    # ------------------------------------------------------------ waiting

    async def _ask(self, stage: Stage, line: str) -> Reply:
        try:
            data = command(line)
        except UnsafeOutput as problem:
            raise WireError(stage, str(problem)) from None
        self._wire.write(data)
        return await self._read(stage)

    async def _read(self, stage: Stage) -> Reply:
        if (reply := self._wire.replies.next()) is not None:  # pipelined ones come together: no timer for each
            return reply
        with _naming(stage):
            async with asyncio.timeout(self._peer.timeouts.of(stage)):
                return await self._wire.reply()

    async def _write(self, block: bytes) -> None:
        """As soon as the peer has taken most of what was written before. A break is noticed before the block is
        written, so that Stage.END is never reached by a letter whose final dot stayed here."""
        if not self._wire.is_writable:
            with _naming(Stage.BLOCK):
                async with asyncio.timeout(self._peer.timeouts.block):
                    await self._wire.drain()
        self._wire.write(block)


def _require(stage: Stage, reply: Reply) -> None:
    if not reply.is_positive:
        raise RefusedError(stage, str(reply))
