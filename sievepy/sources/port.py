"""What every source of letters can do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message


class SourceError(Exception):
    """The source cannot be used; the text is for the person who named it."""


class Elsewhere(Exception):
    """The letter is not at hand now and may come again: another one came through the pipe."""


@contextlib.contextmanager
def listing(path: Path) -> Iterator[None]:
    """What the file system says against listing letters, in words for the person who named the source."""
    try:
        yield
    except OSError as problem:
        raise SourceError(f"cannot read {problem.filename or path}: {problem.strerror}") from None


@dataclass(frozen=True, slots=True)
class Letter:
    """`name` is what people see: a file's name, `FILE#N` in an mbox. `key` is what a journal knows the letter by: it
    stays the same when a reader opens, flags or renumbers letters. `span`: its bytes in the file, where one file holds
    all letters and was just read."""

    name: str
    key: str
    span: tuple[int, int] | None = field(default=None, compare=False, repr=False)


class Source(Protocol):
    """Letters at rest. `journal` is the file beside them for whoever moves them.

    A source of its own in another process, made before `letters` was called here, reads the letters that this one
    found: whoever judges in several processes hands over the letters, not their bytes.

    `keeps`: a letter that was dealt with stays where it is (an mbox, a pipe), so only a journal tells which these are;
    else `set_aside` moves it to `Processed`.
    """

    @property
    def journal(self) -> Path | None: ...
    @property
    def keeps(self) -> bool: ...

    def letters(self) -> Sequence[Letter]:
        """The letters that are there now, in a fixed order. Raises SourceError."""

    def read(self, letter: Letter) -> bytes:
        """The letter's bytes as they are stored. Raises OSError; FileNotFoundError where it is no longer there;
        Elsewhere."""

    def envelope(self, message: Message) -> Envelope:
        """What is known of the envelope of one of this source's letters."""

    def aside(self, letter: Letter) -> str:
        """A free place for the letter in `Processed`, relative to the source."""

    def set_aside(self, letter: Letter, place: str) -> None:
        """Move the letter there, durably. Done twice it is done once; nothing to do if it no longer lies in the source.
        Raises OSError."""

    def read_aside(self, key: str, place: str) -> bytes:
        """The bytes of a letter that was set aside there. Raises OSError."""

    def bring_back(self, key: str, place: str) -> None:
        """Move a letter that was set aside back to where it was, durably; done twice it is done once. Raises
        OSError."""
