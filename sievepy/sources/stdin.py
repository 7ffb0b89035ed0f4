"""One letter from a pipe, as a delivery agent hands it over.

There is no original to keep or move: the agent keeps the letter until we answer 0, and gives it again after anything
else. So the same bytes are the same letter, and the journal lies where the letters go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.sources.envelope import envelope_of
from sievepy.sources.maildir import JOURNAL
from sievepy.sources.port import Elsewhere, Letter

NAME = "-"


class StdinSource:
    """`data` was read to its end. `beside` is the folder the journal lies in; None where nothing is delivered."""

    keeps = True

    def __init__(self, data: bytes, beside: Path | None = None) -> None:
        self._data = data
        self._key = hashlib.sha256(data).hexdigest()
        self._beside = beside

    @property
    def journal(self) -> Path | None:
        return None if self._beside is None else self._beside / JOURNAL

    def letters(self) -> Sequence[Letter]:
        return [Letter(NAME, self._key)]

    def read(self, letter: Letter) -> bytes:
        """The letter of this call; one that an earlier call was interrupted with comes again by itself."""
        if letter.key != self._key:
            raise Elsewhere(letter.name)
        return self._data

    def envelope(self, message: Message) -> Envelope:
        return envelope_of(message)

    def aside(self, letter: Letter) -> str:
        return ""

    def set_aside(self, letter: Letter, place: str) -> None:
        """Nothing to do: the agent forgets the letter when we answer 0."""

    def read_aside(self, key: str, place: str) -> bytes:
        raise FileNotFoundError(2, "a letter from a pipe has no original", NAME)

    def bring_back(self, key: str, place: str) -> None:
        raise FileNotFoundError(2, "a letter from a pipe has no original", NAME)
