"""An mbox file as a source (RFC 4155, in the `mboxrd` reading: one `>` is taken off lines like `>From `).

The file is only read: letters that were dealt with stay in it, and the journal beside it remembers them. Since mail
programs renumber letters and rewrite their Status headers, a letter is known by what it says, not by where it stands.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.sources.envelope import envelope_of
from sievepy.sources.port import Letter, SourceError, listing

# A postmark ends with a moment; a sentence that begins with "From ", in a file whose writer quoted nothing, does not.
_POSTMARK = re.compile(rb"From [^\n]*\d:\d\d[^\n]*\d{4}[^\n]*\r?\n")
_QUOTED = re.compile(rb"^>(>*From )", re.M)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_SAME = frozenset({"message-id", "from", "date", "subject"})


def is_mbox(path: Path) -> bool:
    """Whether the file begins with a postmark; an empty file is one without letters."""
    with path.open("rb") as file:
        start = file.read(1000)
    return not start or _POSTMARK.match(start) is not None


class MboxSource:
    """The letters of one mbox file as it is when `letters` is called."""

    keeps = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ranges: dict[str, tuple[int, int]] = {}

    @property
    def journal(self) -> Path:
        return self.path.with_name(f"{self.path.name}.sievepy-journal")

    def letters(self) -> Sequence[Letter]:
        """Equal letters are numbered, so each of them is a letter of its own."""
        found, seen = [], Counter[str]()
        with listing(self.path):
            for number, (start, end) in enumerate(self._cut(), 1):
                identity = identify(self._slice(start, end))
                seen[identity] += 1
                key = f"{identity}.{seen[identity]}"
                self._ranges[key] = start, end
                found.append(Letter(f"{self.path.name}#{number}", key, (start, end)))
        return found

    def read(self, letter: Letter) -> bytes:
        return self.read_aside(letter.key, "") if letter.span is None else self._slice(*letter.span)

    def envelope(self, message: Message) -> Envelope:
        return envelope_of(message, "mbox")

    def aside(self, letter: Letter) -> str:
        return ""

    def set_aside(self, letter: Letter, place: str) -> None:
        """Nothing to do: the letter stays."""

    def read_aside(self, key: str, place: str) -> bytes:
        if not self._ranges:
            self.letters()
        if key not in self._ranges:
            raise FileNotFoundError(2, "the letter is no longer there", str(self.path))
        return self._slice(*self._ranges[key])

    def bring_back(self, key: str, place: str) -> None:
        """Nothing to do: the letter never left."""

    def _cut(self) -> Iterator[tuple[int, int]]:
        """Where each letter stands, behind its postmark and before the empty line that ends it."""
        start, end = None, 0
        with self.path.open("rb") as file:
            blank, offset = True, 0
            for line in file:
                if blank and line.startswith(b"From ") and _POSTMARK.fullmatch(line):
                    if start is not None:
                        yield start, end
                    start = offset + len(line)
                    end = start
                    blank = False
                else:
                    blank = line in (b"\n", b"\r\n")
                    if start is None and not blank:
                        raise SourceError(f"{self.path} is no mbox: it does not begin with a `From ` line")
                    end = offset if blank else offset + len(line)
                offset += len(line)
        if start is not None:
            yield start, end

    def _slice(self, start: int, end: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(start)
            return _QUOTED.sub(rb"\1", file.read(end - start))


def identify(data: bytes) -> str:
    """What makes a letter this letter: its Message-ID and a hash of From, Date, Subject and body; without a Message-ID,
    a hash of all of it. Equal Message-IDs with other content are two letters."""
    fields = [field for field in Message(data).header_fields() if field.name in _SAME]
    if not any(field.name == "message-id" for field in fields):
        return hashlib.sha256(data).hexdigest()
    said = hashlib.sha256()
    for field in fields:
        said.update(field.name.encode() + b":" + b" ".join(field.raw.split()) + b"\n")
    end = _HEADER_END.search(data)
    said.update(data[end.end() :] if end else b"")
    return said.hexdigest()
