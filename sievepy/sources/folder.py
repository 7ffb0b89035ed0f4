"""A folder of `.eml` files, or one file, as a source. Letters that were dealt with go to `Processed` beside them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sievepy.disk.durable import make_folder, move
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.sources.envelope import envelope_of
from sievepy.sources.maildir import JOURNAL, PROCESSED
from sievepy.sources.port import Letter, listing


@dataclass(frozen=True, slots=True)
class FolderSource:
    """`only` is the one file to take, whatever it is called; else every `.eml` directly in the folder."""

    path: Path
    only: str | None = None
    keeps: bool = False

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL if self.only is None else self.path / f"{self.only}.sievepy-journal"

    def letters(self) -> Sequence[Letter]:
        if self.only is not None:
            return [Letter(self.only, self.only)] if (self.path / self.only).is_file() else []
        with listing(self.path):
            found = [path for path in self.path.iterdir() if path.suffix.lower() == ".eml" and path.is_file()]
        names = sorted(path.name for path in found)
        return [Letter(name, name) for name in names if not name.startswith(".")]

    def read(self, letter: Letter) -> bytes:
        return (self.path / letter.key).read_bytes()

    def envelope(self, message: Message) -> Envelope:
        return envelope_of(message)

    def aside(self, letter: Letter) -> str:
        """Its own name, or a numbered one where an earlier file of this name was set aside."""
        path = Path(letter.key)
        numbered = (f"{path.stem}~{number}{path.suffix}" for number in itertools.count(2))
        names = itertools.chain([path.name], numbered)
        return next(f"{PROCESSED}/{name}" for name in names if not (self.path / PROCESSED / name).exists())

    def set_aside(self, letter: Letter, place: str) -> None:
        path = self.path / letter.key
        if path.exists() and not (self.path / place).exists():
            make_folder(self.path / PROCESSED)
            move(path, self.path / place)

    def read_aside(self, key: str, place: str) -> bytes:
        return (self.path / place).read_bytes()

    def bring_back(self, key: str, place: str) -> None:
        if (self.path / place).exists():
            move(self.path / place, self.path / key)
