"""Letters in files go out piece by piece, byte for byte, and never lie in memory whole."""

from __future__ import annotations

import asyncio
import base64
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from sievepy.disk.maildir import letters
from sievepy.mail.edit import canonical, with_lf
from sievepy.sinks.letter_file import PIECE, LetterFile
from sievepy.sinks.maildirs import MaildirSink
from sievepy.sinks.port import RETURN_PATH, Parcel, Result
from sievepy.sinks.smtp import Settings, SmtpSink
from sievepy.wire.smtp_client import Peer
from sievepy.wire.tls import Security

T = TypeVar("T")
LARGE = 30 << 20
FEW = 2 << 20
"""Bytes: buffers of sockets and of the interpreter are among them, a letter of 30 MB is not."""
SIZES = [0, 1, 56, 57, 58, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 100]


def stored(folder: Path, data: bytes) -> Path:
    path = folder / "letter"
    path.write_bytes(data)
    return path


def large(folder: Path, size: int = LARGE) -> Path:
    """Lines that begin with dots, in all sorts of places of a piece."""
    path, line = folder / "letter", b"." * 71 + b"\r\n"
    with path.open("wb") as file:
        file.write(b"Subject: x\r\n\r\n")
        for _ in range(size // len(line) // 1024 + 1):
            file.write(line * 1024)
    return path


def peak(work: Callable[[], T]) -> tuple[T, int]:
    """The result, and the most bytes that Python's objects took meanwhile."""
    tracemalloc.start()
    try:
        found = work()
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def parcel(file: LetterFile, target: str = "c@d.kz") -> Parcel:
    return Parcel("d1", "l1", "bounce@us.kz", target, file, file.size(), {RETURN_PATH: "a@b.kz"})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("start", [0, 1])
def test_pieces_are_the_whole_and_none_is_large(tmp_path: Path, size: int, start: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[: size + start]
    file = LetterFile(stored(tmp_path, data), b"head\r\n" * 20_000, start, b"tail")
    pieces = list(file.pieces())
    assert b"".join(pieces) == file.head + data[start:] + b"tail"
    assert file.size() == sum(map(len, pieces))
    assert max(map(len, pieces)) <= PIECE


@pytest.mark.parametrize("size", SIZES)
def test_encoded_pieces_are_one_base64(tmp_path: Path, size: int) -> None:
    data = (b"abc\r\n" * (size // 5 + 1))[:size]
    file = LetterFile(stored(tmp_path, data), encoded=True)
    pieces = list(file.pieces())
    assert b"".join(pieces) == canonical(base64.encodebytes(data))
    assert file.size() == sum(map(len, pieces))
    assert max(map(len, pieces), default=0) <= PIECE


@pytest.mark.parametrize("tail", [b"", b"\r", b"\r\n", b"\n", b"\r\r\n", b"x\r\r\ny\r\n"])
@pytest.mark.parametrize("size", [0, PIECE - 3, PIECE - 2, PIECE - 1, PIECE])
def test_a_maildir_gets_from_a_file_what_it_gets_from_memory(tmp_path: Path, size: int, tail: bytes) -> None:
    """Line ends on the edges of pieces among them, and those that must stay CRLF."""
    data = (b"ab\r\n" * (size // 4 + 1))[:size] + tail
    file = LetterFile(stored(tmp_path, data), b"Subject: x\r\n")
    result = asyncio.run(MaildirSink(tmp_path, "mx").deliver(parcel(file, "inbox")))
    assert result.outcome == "delivered"
    (path,) = letters(tmp_path / "inbox")
    assert path.read_bytes() == with_lf(b"Return-Path: <a@b.kz>\r\nSubject: x\r\n" + data)


def test_a_maildir_takes_a_large_letter_in_little_memory(tmp_path: Path) -> None:
    file = LetterFile(large(tmp_path), b"X-Sievepy-ID: l1\r\n")
    result, most = peak(lambda: asyncio.run(MaildirSink(tmp_path, "mx").deliver(parcel(file, "inbox"))))
    assert result.outcome == "delivered"
    assert most < FEW
    (path,) = letters(tmp_path / "inbox")
    head, whole = b"Return-Path: <a@b.kz>\nX-Sievepy-ID: l1\n", path.read_bytes()
    assert whole.startswith(head)
    assert whole[len(head) :].replace(b"\n", b"\r\n") == file.path.read_bytes()


class Counting:
    """An SMTP server that keeps of a letter how long it was, and the largest piece that came at once."""

    def __init__(self, extensions: bytes = b"") -> None:
        self.bytes, self.extensions = 0, extensions
        self.first = self.last = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            if line.startswith(b"EHLO"):
                writer.write(b"250-sink\r\n" + self.extensions + b"250 8BITMIME\r\n")
            elif line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                while not self.last.endswith(b"\r\n.\r\n"):
                    piece = await reader.read(PIECE)
                    self.first = (self.first + piece)[:50]
                    self.last = (self.last + piece)[-5:]
                    self.bytes += len(piece)
                writer.write(b"250 2.0.0 taken\r\n")
            else:
                writer.write(b"250 ok\r\n")
        writer.close()


def sent(file: LetterFile) -> tuple[Result, Counting]:
    async def work() -> tuple[Result, Counting]:
        server = Counting()
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            sink = SmtpSink(Settings(Peer("127.0.0.1", port, Security.NONE)))
            result = await sink.deliver(parcel(file))
            await sink.close()
        return result, server

    return asyncio.run(work())


def test_a_mail_server_is_sent_a_large_letter_in_little_memory(tmp_path: Path) -> None:
    file = LetterFile(large(tmp_path), b"X-Sievepy-ID: l1\r\n")
    (result, server), most = peak(lambda: sent(file))
    assert result.outcome == "delivered"
    assert most < FEW
    dots = (file.size() - len(file.head) - len(b"Subject: x\r\n\r\n")) // 73  # one more in each line
    assert server.bytes == file.size() + dots + len(b".\r\n")
    assert server.first.startswith(b"X-Sievepy-ID: l1\r\nSubject: x\r\n\r\n...")


def test_a_large_letter_is_wrapped_in_little_memory(tmp_path: Path) -> None:
    file = LetterFile(large(tmp_path, 8 << 20), b"Subject: wrapped\r\n\r\n", 0, b"--end--\r\n", encoded=True)
    (result, server), most = peak(lambda: sent(file))
    assert result.outcome == "delivered"
    assert most < FEW
    assert server.bytes == file.size() + len(b".\r\n")
