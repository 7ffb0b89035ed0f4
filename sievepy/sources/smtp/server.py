"""One connection, on aiosmtpd: bytes in, replies out, TLS, time, and the letter itself. The only door to aiosmtpd.

Of aiosmtpd's `SMTP` we keep the protocol object, its birth with a connection and its reader of PROXY headers. Replaced
are its command loop, which writes each reply alone and answers an exception with a permanent error; its DATA, which
holds a letter line by line (1.7 GB for 20 MB of line ends); and its end, which cancels whatever a client that hangs up
was waiting for, a commit too. What commands mean stands in `dialog.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from math import inf
from typing import cast

from aiosmtpd.proxy_protocol import V2_CMD, get_proxy
from aiosmtpd.smtp import SMTP

from sievepy.sources.smtp.admission import NOT_A_CLIENT
from sievepy.sources.smtp.commands import Refused
from sievepy.sources.smtp.data import PIECE, Problem
from sievepy.sources.smtp.dialog import Act, Answer, Dialog
from sievepy.sources.smtp.patience import Patience
from sievepy.sources.smtp.port import Event, Refusal, Reply, Session
from sievepy.sources.smtp.receiving import PROBLEMS, Receiver
from sievepy.sources.smtp.replies import Closing, wire
from sievepy.sources.smtp.settings import Listener, plain_address
from sievepy.sources.smtp.site import Incoming, Site
from sievepy.sources.smtp.tls import start_tls

_TOO_MANY = Refusal(421, "4.7.0", "Too many connections")
_EARLY = Refusal(554, "5.5.0", "You spoke before I greeted you")
_EARLY_DATA = Refusal(554, "5.5.0", "You did not wait for 354")
_EARLY_TLS = Refusal(554, "5.5.0", "You did not wait for TLS")
_TOO_LONG = Refusal(500, "5.5.2", "Command line too long")
_SLOW = Refusal(421, "4.4.2", "Too slow")
_SESSION_OVER = Refusal(421, "4.4.2", "Session too long")
_SHUTTING_DOWN = Refusal(421, "4.3.2", "Shutting down, try again later")
_LINGER = 5.0  # seconds for a client to read its last reply
_LINGER_BYTES = 1024 * 1024


class Inbox(asyncio.StreamReader):
    """A stream reader that can say what lies in it unread, and take bytes back."""

    _buffer: bytearray

    @property
    def pending(self) -> bool:
        return bool(self._buffer)

    @property
    def has_line(self) -> bool:
        return b"\n" in self._buffer

    def unread(self, data: bytes) -> None:
        self._buffer[:0] = data

    def moved(self, transport: asyncio.BaseTransport) -> None:
        """The bytes come from another transport now (TLS)."""
        self._transport = transport


class Connection(SMTP):
    """Given to `loop.create_server` as a protocol; serves its client in a task of its own, `task`."""

    transport: asyncio.Transport | None
    _reader: Inbox
    _writer: asyncio.StreamWriter

    def __init__(self, site: Site, listener: Listener, loop: asyncio.AbstractEventLoop, connections: set[Connection]):
        # aiosmtpd's own __init__ looks itself up by reflection, 95 microseconds a connection; this is what we use.
        reader = Inbox(limit=PIECE, loop=loop)
        asyncio.StreamReaderProtocol.__init__(self, reader, self._cb_client_connected, loop)
        self.loop = loop
        self.transport = None
        self._original_transport = None
        self._site, self._listener, self._connections = site, listener, connections
        self._limits = site.settings.limits
        self._out = bytearray()
        self._patience = Patience(loop, self._time_is_up)
        self._expired = False
        self._entered: str | None = None
        self._idle = False  # waits for a command, and no letter is under way
        self._took = False  # a letter, and its 250 is not written yet
        self._dialog: Dialog | None = None

    @property
    def task(self) -> asyncio.Task[None]:
        assert self._handler_coroutine is not None  # made with the connection
        return self._handler_coroutine

    # ------------------------------------------------------------ what asyncio tells us

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # uvloop's is none by descent
        if self._listener.implicit:
            transport.pause_reading()  # the first byte is TLS's already
        super().connection_made(transport)
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The end of input; whatever we are doing is not cancelled, least of all a commit."""
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self.transport = None

    def eof_received(self) -> bool:
        self._reader.feed_eof()
        return self._dialog is None or self._dialog.session.tls is None  # TLS cannot be closed by halves

    def _reset_timeout(self, duration: float | None = None) -> None:
        """aiosmtpd's timer; ours is `_patience`."""

    # ------------------------------------------------------------ time

    def _time_is_up(self, session_over: bool) -> None:
        if self._expired:  # it has had its last reply
            self.abort()
            return
        self._site.watch.event(Event.TOO_LONG_SESSION if session_over else Event.TOO_SLOW, self._session)
        self._hang_up(_SESSION_OVER if session_over else _SLOW)

    def _hang_up(self, reply: Reply) -> None:
        """From outside the task: it sees the end of its input."""
        self._expired = True
        transport = self.transport
        if transport is None:
            return
        if transport.get_write_buffer_size():
            transport.abort()  # a client that reads no replies gets no farewell
        else:
            transport.write(bytes(self._out) + wire(reply))
            transport.close()

    def drain(self) -> None:
        """No more letters: a client that is sending one may finish it."""
        if self._idle:
            self._hang_up(_SHUTTING_DOWN)

    def abort(self) -> None:
        self._expired = True
        if self.transport is not None:
            self.transport.abort()

    # ------------------------------------------------------------ a connection's life

    async def _handle_client(self) -> None:
        try:
            await self._serve()
        except Closing as closing:
            await self._farewell(closing.reply)
        except (EOFError, ConnectionError, ssl.SSLError):
            if not self._expired:
                self._site.watch.event(Event.HUNG_UP, self._session)
        except Exception as error:
            await self._farewell(self._site.failed(error, self._session))
        finally:
            self._end()

    def _end(self) -> None:
        if self._dialog is not None:
            self._dialog.reset()
        self._patience.end()
        if self._entered is not None:
            self._site.gate.leave(self._entered)
        self._connections.discard(self)
        if self.transport is not None:
            self.transport.close()

    @property
    def _session(self) -> Session:
        return self._dialog.session if self._dialog else Session(self._peer())

    def _peer(self) -> str:
        name = self._writer.get_extra_info("peername")
        address = plain_address(name[0]) if name else None
        return str(address) if address else "unknown"

    async def _serve(self) -> None:
        self._patience.session(self._limits.session_time)
        self._patience.allow(self._limits.command_time)
        peer = self._peer()
        client = await self._proxied() if self._listener.proxied and peer in self._site.settings.proxies else peer
        if not self._site.gate.enter(client):
            self._site.watch.event(Event.TOO_MANY_CONNECTIONS, Session(client))
            raise Closing(_TOO_MANY)
        self._entered = client
        self._site.watch.event(Event.CONNECTED, Session(client))
        trusted = self._site.settings.newlines(client) == "normalize"
        self._dialog = Dialog(self._site, Session(client, trusted=trusted), peer, self._ask)
        if self._listener.implicit:
            await self._encrypt_at_once()
        await self._greet()
        while True:
            await self._turn(self._dialog)

    async def _proxied(self) -> str:
        """The client's address as the proxy before us names it; the proxy's own for its health checks (LOCAL)."""
        try:
            header = await get_proxy(self._reader)
        except asyncio.IncompleteReadError as error:
            raise EOFError from error
        if not header.valid:
            raise EOFError
        named = None if header.command == V2_CMD.LOCAL or header.src_addr is None else str(header.src_addr)
        address = plain_address(named) if named else None
        return str(address) if address else self._peer()

    async def _greet(self) -> None:
        """Clients that talk first are programs that do not listen, or somebody else's bytes."""
        assert self._dialog is not None
        if self._site.draining:
            raise Closing(_SHUTTING_DOWN)
        refusal = self._site.admission.client(self._dialog.session)
        if refusal is NOT_A_CLIENT and self._peer() not in self._site.settings.xclient:
            self._site.watch.event(Event.REFUSED_CLIENT, self._dialog.session)
            raise Closing(refusal)
        if self._site.settings.greet_pause:
            await asyncio.sleep(self._site.settings.greet_pause)
        else:
            for _ in range(2):  # of the loop: what has come already is read in the second
                await asyncio.sleep(0)
        if self._reader.pending:
            self._site.watch.event(Event.EARLY_TALK, self._dialog.session)
            raise Closing(_EARLY)
        self._say(self._dialog.banner)

    async def _turn(self, dialog: Dialog) -> None:
        """One command and its reply."""
        answer = await self._next(dialog)
        match answer.act:
            case Act.GO_ON:
                self._say(answer.reply)
            case Act.CLOSE:
                raise Closing(answer.reply)
            case Act.STARTTLS:
                await self._starttls(answer.reply)
            case Act.DATA:
                await self._letter(dialog, answer.reply)
        if self._site.draining and dialog.transaction is None:
            raise Closing(_SHUTTING_DOWN)

    async def _next(self, dialog: Dialog) -> Answer:
        self._idle = dialog.transaction is None
        try:
            line = await self._line(dialog.session)
        except Refused as refused:
            return dialog.refuse(refused.reply)
        finally:
            self._idle = False
        self._patience.wait()
        return await dialog.answer(line)

    # ------------------------------------------------------------ lines

    async def _line(self, session: Session) -> bytes:
        """The next line, without its end. Raises Refused for one that is too long, Closing for one that ends in a bare
        LF where these are refused: the framing of whatever follows is not to be trusted."""
        if not self._reader.has_line:
            await self._flush()
        self._patience.allow(self._limits.command_time)
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            raise EOFError from error
        except asyncio.LimitOverrunError:
            await self._skip_line()
            raise Refused(_TOO_LONG) from None
        if len(line) > self._limits.command:
            raise Refused(_TOO_LONG)
        if line.endswith(b"\r\n"):
            return line[:-2]
        if session.trusted:
            return line[:-1]
        refusal, event = PROBLEMS[Problem.BARE_NEWLINE]
        self._site.watch.event(event, session)
        raise Closing(refusal)

    async def _skip_line(self) -> None:
        while piece := await self._reader.read(PIECE):
            behind = piece.partition(b"\n")
            if behind[1]:
                self._reader.unread(behind[2])
                return
        raise EOFError

    def _say(self, reply: Reply) -> None:
        """Replies to commands that came together go out together."""
        self._out += wire(reply)

    async def _flush(self) -> None:
        if not self._out:
            return
        self._patience.allow(self._limits.command_time)
        self._writer.write(bytes(self._out))
        self._out.clear()
        await self._writer.drain()
        if self._took:
            self._took = False
            self._site.reach("after-250")

    async def _ask(self, challenge: str) -> bytes:
        self._say(Reply(334, "", challenge))
        line = await self._line(self._session)
        self._patience.wait()
        return line

    async def _farewell(self, reply: Reply) -> None:
        """The last reply; then wait a little for the client to take it, because bytes that we leave unread would make
        the system tear the connection down, and our reply with it."""
        if self.transport is None:
            return
        self._say(reply)
        with contextlib.suppress(OSError, EOFError, ssl.SSLError):
            await self._flush()
            if reply.code == 221:
                return
            if self._writer.can_write_eof():
                self._writer.write_eof()
            self._patience.session(inf)
            self._expired = True
            self._patience.allow(min(_LINGER, self._limits.command_time))
            left = _LINGER_BYTES
            while left > 0 and (piece := await self._reader.read(PIECE)):
                left -= len(piece)

    # ------------------------------------------------------------ TLS

    async def _starttls(self, reply: Reply) -> None:
        """Nothing that came in plain text may be read as if it had come encrypted (RFC 3207 6): neither what lies here
        unread, nor, since nothing waits between the look and the change, what is still to come."""
        await self._flush()
        if self._reader.pending:
            raise Closing(_EARLY_TLS)
        if self._dialog is not None:
            self._dialog.reset()
        self._writer.write(wire(reply))
        await self._encrypt()

    async def _encrypt_at_once(self) -> None:
        """What lies here unread is TLS already (RFC 8314 3.3)."""
        early = b""
        while self._reader.pending:
            early += await self._reader.read(PIECE)
        if self._reader.at_eof():
            raise EOFError
        await self._encrypt(early)

    async def _encrypt(self, early: bytes = b"") -> None:
        assert self._dialog is not None and self._site.tls is not None  # else there was no such listener or command
        self._patience.wait()  # the handshake has a timer of its own: no word of ours belongs into the middle of it
        try:
            await start_tls(self.loop, self._writer, self._site.tls, early, self._limits.command_time)
        except (OSError, EOFError, ssl.SSLError):
            self._site.watch.event(Event.TLS_FAILED, self._session)
            self.abort()
            raise ConnectionAbortedError from None
        transport = self._writer.transport
        transport = cast(asyncio.Transport, transport)  # uvloop's is none by descent
        self.transport = transport
        self._reader.moved(transport)
        version = self._writer.get_extra_info("ssl_object").version()
        self._dialog.secured(f"{version} {self._writer.get_extra_info('cipher')[0]}")

    # ------------------------------------------------------------ letters

    async def _letter(self, dialog: Dialog, go_ahead: Reply) -> None:
        if self._reader.pending:
            raise Closing(_EARLY_DATA)
        self._say(go_ahead)
        await self._flush()
        transaction = dialog.take()
        letter = Incoming(self._site.arriving(), transaction.reservation)
        receiver = Receiver(self._site, dialog.session, self._reader, self._patience)
        received = await receiver.receive(transaction, letter)
        reply = received if isinstance(received, Refusal) else await self._site.accept(received, letter)
        answer = dialog.received(reply)
        if answer.act is Act.CLOSE:
            raise Closing(answer.reply)
        self._say(answer.reply)
        self._took = answer.reply.code == 250


def factory(
    site: Site, listener: Listener, loop: asyncio.AbstractEventLoop, connections: set[Connection]
) -> Callable[[], Connection]:
    """What `loop.create_server` wants."""
    return lambda: Connection(site, listener, loop, connections)
