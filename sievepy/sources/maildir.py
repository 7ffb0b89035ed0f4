"""A maildir as a source. Letters that were dealt with go to `Processed`, a maildir inside it that anybody can see.

Mail programs may work in it meanwhile: a letter is known by its unique name, and looked for again where a reader has
renamed it. Sub-folders (Maildir++) are sources of their own.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sievepy.disk.durable import make_folder, move
from sievepy.disk.maildir import FOLDERS, find, is_maildir, letters, unique_name
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.sources.envelope import envelope_of
from sievepy.sources.port import Letter, listing

PROCESSED = "Processed"
JOURNAL = ".sievepy-journal"


@dataclass(frozen=True)
class MaildirSource:
    path: Path
    keeps: bool = False

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL

    def letters(self) -> Sequence[Letter]:
        with listing(self.path):
            found = sorted(letters(self.path), key=lambda path: path.name)
        return [Letter(path.name, unique_name(path)) for path in found]

    def read(self, letter: Letter) -> bytes:
        try:
            with io.FileIO(f"{self._cur}/{letter.name}") as file:  # where most lie; half the time of `read_bytes`
                return file.readall()
        except FileNotFoundError:
            return self._find(letter).read_bytes()

    def envelope(self, message: Message) -> Envelope:
        return envelope_of(message, "maildir", self.folder)

    @cached_property
    def _cur(self) -> str:
        return str(self.path / "cur")

    @cached_property
    def folder(self) -> str:
        """The folder's name as IMAP shows it: `.SPAM` beside `new` and `cur` is SPAM (Maildir++)."""
        path = self.path.absolute()
        if path.name.startswith(".") and is_maildir(path.parent):
            return decode_modified_utf7(path.name[1:]).replace(".", "/")
        return "INBOX"

    def aside(self, letter: Letter) -> str:
        path = self._find(letter)
        place = f"{PROCESSED}/{path.parent.name}/{path.name}"
        taken = find(self.path / PROCESSED, unique_name(path)) is not None
        if not taken:
            return place
        return next(place for place in _numbered(path) if not (self.path / place).exists())

    def set_aside(self, letter: Letter, place: str) -> None:
        if find(self.path / PROCESSED, unique_name(self.path / place)) is not None:
            return
        path = self._look(letter)
        if path is None:
            return
        for name in FOLDERS:
            make_folder(self.path / PROCESSED / name)
        move(path, self.path / place)

    def read_aside(self, key: str, place: str) -> bytes:
        return self._aside(place).read_bytes()

    def bring_back(self, key: str, place: str) -> None:
        """Into `new` or `cur` as it came; flags that it was given in `Processed` stay."""
        if find(self.path, key) is None:
            path = self._aside(place)
            info = path.name[len(unique_name(path)) :]
            move(path, self.path / path.parent.name / (key + info))

    def _look(self, letter: Letter) -> Path | None:
        """By its whole name first: two letters may share a unique name, though they must not."""
        plain = self.path / "cur" / letter.name
        return plain if plain.exists() else find(self.path, letter.key)

    def _find(self, letter: Letter) -> Path:
        path = self._look(letter)
        if path is None:
            raise FileNotFoundError(2, "the letter is no longer there", str(self.path / letter.name))
        return path

    def _aside(self, place: str) -> Path:
        path = find(self.path / PROCESSED, unique_name(self.path / place))
        if path is None:
            raise FileNotFoundError(2, "the letter is no longer there", str(self.path / place))
        return path


def _numbered(path: Path) -> Iterator[str]:
    """Other names for a letter whose own is taken in `Processed`: somebody put an earlier letter back by hand."""
    unique = unique_name(path)
    info = path.name[len(unique) :]
    return (f"{PROCESSED}/{path.parent.name}/{unique},N{number}{info}" for number in itertools.count(2))


_SHIFTED = re.compile(r"&([^-]*)-")


def decode_modified_utf7(name: str) -> str:
    """A folder's name as IMAP stores it (RFC 3501 5.1.3); a name that is none stays as it is."""

    def decoded(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        return f"+{match[1].replace(',', '/')}-".encode("ascii").decode("utf-7")

    try:
        return _SHIFTED.sub(decoded, name)
    except UnicodeError:
        return name
