"""`/healthz`, `/readyz` and `/metrics` on loopback: HTTP/1.0 as far as probes and Prometheus speak it (RFC 1945).

A request is one line and headers that are not looked at; the answer closes the connection. It has no authentication and
no business on any other interface.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

_TIME = 10.0  # seconds for one request
_LONGEST = 8 * 1024  # bytes of a request
_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class Answer:
    """What a page says: status, text and its type."""

    __slots__ = ("content_type", "data", "status")

    def __init__(self, status: int, data: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.status, self.data, self.content_type = status, data, content_type


Page = Callable[[], Awaitable[Answer]]


class HealthServer:
    """`pages` by path. `start` before, `close` after."""

    def __init__(self, host: str, port: int, pages: Mapping[str, Page]) -> None:
        self._host, self._port, self._pages = host, port, pages
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=_LONGEST)

    @property
    def port(self) -> int:
        assert self._server is not None
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_TIME):
                request = await reader.readuntil(b"\r\n\r\n")
                answer = await self._answer(request)
                head = f"HTTP/1.0 {answer.status} {_REASONS[answer.status]}\r\nContent-Type: {answer.content_type}\r\n"
                writer.write(f"{head}Content-Length: {len(answer.data)}\r\n\r\n".encode() + answer.data)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a client that says nothing sensible is answered nothing
        finally:
            writer.close()

    async def _answer(self, request: bytes) -> Answer:
        method, _, rest = request.partition(b" ")
        if method != b"GET":
            return Answer(405, b"only GET\n")
        path = rest.split(maxsplit=1)[0].partition(b"?")[0] if rest.strip() else b""
        page = self._pages.get(path.decode("ascii", "replace"))
        return await page() if page is not None else Answer(404, b"no such page\n")
