"""The pages on loopback: what a probe asks and what anything else gets."""

from __future__ import annotations

import asyncio

import pytest

from sievepy.relay.health import Answer, HealthServer


async def alive() -> Answer:
    return Answer(200, b"alive\n")


def asked(request: bytes) -> bytes:
    async def work() -> bytes:
        server = HealthServer("127.0.0.1", 0, {"/healthz": alive})
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await server.close()
        return answer

    return asyncio.run(work())


@pytest.mark.parametrize("request_line", [b"GET /healthz HTTP/1.1", b"GET /healthz?x=1 HTTP/1.0", b"GET /healthz"])
def test_a_page_is_answered_and_the_connection_closed(request_line: bytes) -> None:
    answer = asked(request_line + b"\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert answer.endswith(b"Content-Length: 6\r\n\r\nalive\n")


@pytest.mark.parametrize(
    ("request_line", "status"), [(b"GET /else HTTP/1.1", b"404"), (b"POST /healthz HTTP/1.1", b"405")]
)
def test_other_pages_and_methods_are_refused(request_line: bytes, status: bytes) -> None:
    assert asked(request_line + b"\r\n\r\n").split(b" ")[1] == status


@pytest.mark.parametrize("request_bytes", [b"", b"GET /healthz HTTP/1.1\r\n", b"x" * 100_000])
def test_what_is_no_request_is_answered_nothing(request_bytes: bytes) -> None:
    assert asked(request_bytes) == b""
