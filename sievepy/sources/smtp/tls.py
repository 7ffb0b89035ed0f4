"""Begin TLS on a connection whose first bytes may have been read already.

A listener with TLS from the first byte pauses reading until TLS can begin, but uvloop starts to read when it has told
of a connection, whatever it was told. So what has come by then is handed on: it is TLS of the client's like the rest.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast


async def start_tls(
    loop: asyncio.AbstractEventLoop, writer: asyncio.StreamWriter, context: ssl.SSLContext, early: bytes, seconds: float
) -> None:
    """Shake hands, in so many seconds; then the writer's transport is the encrypted one. `early`: bytes of TLS that
    were read before. Raises OSError, EOFError, ssl.SSLError."""
    upgrade = writer.start_tls(context, ssl_handshake_timeout=seconds)
    if not early:
        await upgrade  # pauses reading before anything else can happen
        return
    plain = cast(asyncio.Transport, writer.transport)
    plain.pause_reading()
    begun = loop.create_task(upgrade)
    # Its first step sets the TLS protocol, and has it connected and reading resumed in the loop's next turn: this comes
    # behind both, and before anything more is read.
    loop.call_soon(loop.call_soon, _feed, plain, early)
    await begun


def _feed(transport: asyncio.Transport, data: bytes) -> None:
    protocol = cast(asyncio.BufferedProtocol, transport.get_protocol())  # uvloop's is none by descent
    while data and not transport.is_closing():
        buffer = memoryview(protocol.get_buffer(len(data)))
        count = min(len(buffer), len(data))
        buffer[:count] = data[:count]
        protocol.buffer_updated(count)
        data = data[count:]
