"""The bytes of a parcel in pieces: from memory or from a file, without holding up other tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sievepy.wire.smtp_codec import Survey, survey

PIECE = 256 << 10
"""Bytes that are looked at in one go: about a millisecond's work."""


@dataclass(frozen=True, slots=True)
class Content:
    data: bytes | Path

    async def survey(self) -> Survey:
        """Raises OSError for a file that cannot be read."""
        if isinstance(self.data, bytes) and len(self.data) <= PIECE:
            return survey((self.data,))
        return await asyncio.to_thread(lambda: survey(self._pieces()))

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises OSError for a file that cannot be read."""
        if isinstance(self.data, bytes):
            for piece in self._pieces():
                yield piece
            return
        file = await asyncio.to_thread(self.data.open, "rb")
        with file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece

    def _pieces(self) -> Iterator[bytes]:
        if isinstance(self.data, Path):
            with self.data.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        elif len(self.data) <= PIECE:
            yield self.data
        else:
            yield from (self.data[at : at + PIECE] for at in range(0, len(self.data), PIECE))
