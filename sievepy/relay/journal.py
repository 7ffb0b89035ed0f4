"""The intent journal of the batch: what is about to be done, synced before it is done.

One JSON object a line. For each letter: `begin` with every step that is to come (so that an interrupted letter is
finished as it was begun, whatever the rules say by then), `step` before each of them, `done`. A step's record says that
the steps before it were finished. The journal holds file names, departments and rules; nothing of what a letter says.

The file is locked while it is open: one run at a time. A last line without its line end was torn by a crash; since its
step had not begun, it is cut off.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import msgspec

from sievepy.disk.durable import make_folder, sync_folder


class Busy(Exception):
    """Another run holds this journal."""


class Damaged(Exception):
    """A line of the journal cannot be read; the text says which."""


# ---------------------------------------------------------------- what will be done


class Deliver(msgspec.Struct, frozen=True, tag_field="kind", tag="deliver"):
    """Into the maildir at `place` (path components below the target folder), as `name`."""

    place: tuple[str, ...]
    name: str
    reference: bool = False


class Enter(msgspec.Struct, frozen=True, tag_field="kind", tag="pending", omit_defaults=True):
    """Lines for `pending.jsonl`."""

    lines: tuple[dict[str, object], ...]


class SetAside(msgspec.Struct, frozen=True, tag_field="kind", tag="set-aside"):
    """Move the original to `place`, relative to the source."""

    place: str


Step = Deliver | Enter | SetAside

# ---------------------------------------------------------------- records


class Run(msgspec.Struct, frozen=True, tag_field="do", tag="run", omit_defaults=True):
    """A run of `process --apply` begins; `to` is the absolute target folder."""

    number: int
    to: str
    at: str


class Begin(msgspec.Struct, frozen=True, tag_field="do", tag="begin", omit_defaults=True):
    """A letter: `key` is the source's, `sha256` of its canonical bytes; `headers` are those to prepend."""

    id: str
    run: int
    name: str
    key: str
    sha256: str
    at: str
    departments: tuple[str, ...]
    rules: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]


class Intent(msgspec.Struct, frozen=True, tag_field="do", tag="step", omit_defaults=True):
    """The step with this index is about to be done. `inode`, `changed`: what was staged; `since`: where lines begin."""

    id: str
    index: int
    kind: str
    inode: int = 0
    changed: int = 0
    since: int = 0


class Done(msgspec.Struct, frozen=True, tag_field="do", tag="done", omit_defaults=True):
    id: str


class Abandon(msgspec.Struct, frozen=True, tag_field="do", tag="abandon", omit_defaults=True):
    """An interrupted letter that cannot be finished, since its original is gone or is another one now."""

    id: str
    why: str


class Undo(msgspec.Struct, frozen=True, tag_field="do", tag="undo", omit_defaults=True):
    id: str


class Undone(msgspec.Struct, frozen=True, tag_field="do", tag="undone", omit_defaults=True):
    """`left`: what was delivered and could not be taken back."""

    id: str
    left: tuple[str, ...] = ()


class End(msgspec.Struct, frozen=True, tag_field="do", tag="end", omit_defaults=True):
    run: int


Record = Run | Begin | Intent | Done | Abandon | Undo | Undone | End


def encode(record: Record) -> bytes:
    """One line. File names that are no UTF-8 stand in it as the bytes they are."""
    text = json.dumps(msgspec.to_builtins(record), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogateescape") + b"\n"


def decode(line: bytes) -> Record:
    """Raises ValueError."""
    try:
        record: Record = msgspec.convert(json.loads(line.decode("utf-8", "surrogateescape")), Record)
    except msgspec.ValidationError as problem:
        raise ValueError(str(problem)) from None
    return record


# ---------------------------------------------------------------- what the records add up to


@dataclass(slots=True)
class Work:
    """One letter's state: `last` is the step that was begun last; `closed`: nothing is left to do with it."""

    begin: Begin
    last: Intent | None = None
    closed: bool = False
    abandoned: bool = False
    undoing: bool = False
    undone: bool = False


@dataclass(slots=True)
class History:
    """All that a journal tells. `works` by id, in the order begun."""

    runs: dict[int, Run] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    works: dict[str, Work] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        match record:
            case Run():
                self.runs[record.number] = record
            case End():
                self.ended.add(record.run)
            case Begin():
                self.works[record.id] = Work(record)
            case Intent():
                self.works[record.id].last = record
            case Done():
                self.works[record.id].closed = True
            case Abandon():
                work = self.works[record.id]
                work.closed = work.abandoned = True
            case Undo():
                self.works[record.id].undoing = True
            case Undone():
                work = self.works[record.id]
                work.undoing, work.undone, work.closed = False, True, True

    def of_run(self, number: int) -> list[Work]:
        return [work for work in self.works.values() if work.begin.run == number]

    def unfinished(self) -> list[Work]:
        """Letters that an interruption left between two steps."""
        return [work for work in self.works.values() if not work.closed and not work.undoing]

    def dealt_with(self) -> set[str]:
        """The keys of letters that were delivered and not taken back."""
        works = self.works.values()
        return {w.begin.key for w in works if w.closed and not (w.abandoned or w.undoing or w.undone)}


class Journal:
    """An open, locked journal file; a context manager. `history` grows with every record written."""

    def __init__(self, path: Path, wait: bool = False) -> None:
        """Opens and reads it. Where another run holds it, raises Busy, or waits. Raises Damaged, OSError."""
        make_folder(path.parent)
        fresh = not path.exists()
        self.path = path
        self.history = History()
        self._descriptor = _locked(path, wait)
        try:
            self._end = self._read()
            os.ftruncate(self._descriptor, self._end)
            if fresh:
                sync_folder(path.parent)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def write(self, record: Record) -> None:
        """Append one record; it is durable when this returns. Raises OSError, and then nobody may go on."""
        line = memoryview(encode(record))
        offset = self._end
        while offset < self._end + len(line):
            offset += os.pwrite(self._descriptor, line[offset - self._end :], offset)
        os.fsync(self._descriptor)
        self._end = offset
        self.history.add(record)

    def _read(self) -> int:
        """Takes in the whole lines; answers where they end."""
        end = 0
        for number, line in enumerate(self.path.read_bytes().splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                break
            try:
                self.history.add(decode(line))
            except (ValueError, KeyError):
                raise Damaged(f"line {number} of {self.path} cannot be read") from None
            end += len(line)
        return end


def _locked(path: Path, wait: bool) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as problem:
        os.close(descriptor)
        if problem.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise Busy(f"another run is at work: it holds {path}") from None
        raise
    return descriptor
