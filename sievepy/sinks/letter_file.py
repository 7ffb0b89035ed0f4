"""A letter too large to lie in memory: a file's bytes, piece by piece, between a few of our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sievepy.mail.edit import BASE64_INSIDE, base64_lines, base64_size

PIECE = 64 << 10
"""Bytes that are in memory at a time."""
_WHOLE_LINES = PIECE // 2 // BASE64_INSIDE * BASE64_INSIDE  # a piece in base64 is as many lines, and below PIECE


@dataclass(frozen=True, slots=True)
class LetterFile:
    """`head`, then the bytes of the file from `start` on (`encoded`: as lines of base64), then `tail`."""

    path: Path
    head: bytes = b""
    start: int = 0
    tail: bytes = b""
    encoded: bool = False

    def size(self) -> int:
        """Bytes of the whole. Raises OSError for a file that is not there."""
        inside = self.path.stat().st_size - self.start
        return len(self.head) + (base64_size(inside) if self.encoded else inside) + len(self.tail)

    def pieces(self) -> Iterator[bytes]:
        """Raises OSError for a file that cannot be read."""
        yield from cut(self.head)
        with self.path.open("rb") as file:
            file.seek(self.start)
            while piece := file.read(_WHOLE_LINES if self.encoded else PIECE):
                yield base64_lines(piece) if self.encoded else piece
        yield from cut(self.tail)


def cut(data: bytes) -> Iterator[bytes]:
    """Bytes in pieces."""
    return (data[at : at + PIECE] for at in range(0, len(data), PIECE))
