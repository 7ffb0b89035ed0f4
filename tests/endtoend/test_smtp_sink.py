"""Letters to a server that somebody else wrote: Postfix's `smtp-sink`, which writes down what it took."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sievepy.mail import edit
from sievepy.sinks.connections import Reuse
from sievepy.sinks.port import Parcel, Result
from sievepy.sinks.smtp import Settings, SmtpSink
from sievepy.wire.smtp_client import Peer
from sievepy.wire.tls import Security

ROOT = Path(__file__).parents[2]
LETTER = b"From: a@b.kz\r\nSubject: x\r\n\r\n.dot\r\n..\r\n" + "текст\r\n".encode() + b"From here\r\nend\r\n"


@pytest.fixture(scope="module")
def smtp_sink() -> str:
    """The program; Debian has it in the package `postfix`, which is installed where it is missing."""
    found = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/sbin")
    if found is None:
        subprocess.run(
            ["bash", "-c", ". tools/apt.sh && apt_install postfix"], check=True, cwd=ROOT, capture_output=True
        )
        found = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/sbin")
    assert found is not None
    return found


@contextlib.asynccontextmanager
async def running(program: str, folder: Path, *options: str) -> AsyncIterator[int]:
    """The port of a server that writes each letter into a file of its own in `folder`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user = ("-u", "root") if os.geteuid() == 0 else ()  # it asks for a name where it could do anything
    arguments = (*user, "-d", f"{folder}/%M.", *options, f"127.0.0.1:{port}", "100")
    process = await asyncio.create_subprocess_exec(program, *arguments)
    try:
        while process.returncode is None:
            with contextlib.suppress(ConnectionError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                break
            await asyncio.sleep(0.02)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def deliver(port: int, count: int, reuse: Reuse) -> list[Result]:
    sink = SmtpSink(Settings(Peer("127.0.0.1", port, Security.NONE, "us.kz"), reuse=reuse))
    letters = [edit.prepend(LETTER, [("X-Sievepy-Delivery-ID", f"d{number}")]) for number in range(count)]
    parcels = [Parcel(f"d{n}", "l", "bounce@us.kz", "c@d.kz", data, len(data)) for n, data in enumerate(letters)]
    results = await asyncio.gather(*map(sink.deliver, parcels))
    await sink.close()
    return results


@pytest.mark.parametrize("options", [(), ("-p",)], ids=["pipelining", "one by one"])
def test_every_letter_arrives_once_and_byte_for_byte(smtp_sink: str, tmp_path: Path, options: tuple[str, ...]) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()

    async def main() -> list[Result]:
        async with running(smtp_sink, folder, *options) as port:
            return await deliver(port, 40, Reuse(together=4, letters=7))

    results = asyncio.run(main())
    assert [result.outcome for result in results] == ["delivered"] * 40
    taken = sorted(path.read_bytes() for path in folder.iterdir())
    assert len(taken) == 40
    letter = LETTER.replace(b"\r\n", b"\n")
    heads = {data.removesuffix(b"\n").removesuffix(letter).splitlines()[-1] for data in taken}
    assert heads == {b"X-Sievepy-Delivery-ID: d%d" % number for number in range(40)}


@pytest.mark.parametrize(
    ("options", "outcome", "lost"),
    [
        (("-r", "mail"), "deferred", False),
        (("-r", "rcpt"), "deferred", False),
        (("-r", "data"), "deferred", False),
        (("-r", "."), "deferred", False),
        (("-f", "mail"), "failed", False),
        (("-f", "rcpt"), "failed", False),
        (("-f", "data"), "failed", False),
        (("-f", "."), "failed", False),
        (("-q", "rcpt"), "deferred", False),
        (("-q", "."), "deferred", True),
        (("-f", "connect"), "deferred", False),
        (("-r", "ehlo"), "deferred", False),
    ],
)
def test_what_it_refuses_is_what_we_say(
    smtp_sink: str, tmp_path: Path, options: tuple[str, ...], outcome: str, lost: bool
) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()

    async def main() -> list[Result]:
        async with running(smtp_sink, folder, *options) as port:
            return await deliver(port, 1, Reuse())

    (result,) = asyncio.run(main())
    assert (result.outcome, result.may_have_arrived) == (outcome, lost)
