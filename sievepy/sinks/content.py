"""The bytes of a parcel in pieces: from memory or from a file, without holding up other tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from sievepy.sinks.letter_file import LetterFile
from sievepy.wire.smtp_codec import Survey, survey

_AT_ONCE = 256 << 10
"""Bytes in memory that are looked at in one go: about a millisecond's work."""


@dataclass(frozen=True, slots=True)
class Content:
    data: bytes | LetterFile

    async def survey(self) -> Survey:
        """Raises OSError for a file that cannot be read."""
        if isinstance(self.data, bytes) and len(self.data) <= _AT_ONCE:
            return survey((self.data,))
        return await asyncio.to_thread(lambda: survey(self._pieces()))

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises OSError for a file that cannot be read."""
        pieces = self._pieces()
        if isinstance(self.data, bytes):
            for piece in pieces:
                yield piece
            return
        while (piece := await asyncio.to_thread(next, pieces, b"")) != b"":
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        if isinstance(self.data, LetterFile):
            return self.data.pieces()
        if len(self.data) <= _AT_ONCE:
            return iter((self.data,))
        return (self.data[at : at + _AT_ONCE] for at in range(0, len(self.data), _AT_ONCE))
