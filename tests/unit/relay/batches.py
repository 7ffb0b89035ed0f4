"""Real folders, letters and plans for the tests of the batch; the judge reads the plan off the letter's Subject."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sievepy.disk.maildir import letters
from sievepy.mail.edit import digest
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.plan import (
    Assign,
    Copy,
    Discard,
    FileInto,
    Fired,
    Forward,
    Notify,
    Plan,
    Planned,
    Print,
    Propose,
    Quarantine,
    SubjectPrefix,
    Tag,
    Triage,
)
from sievepy.relay.apply import Issued
from sievepy.relay.batch import Batch
from sievepy.relay.journal import Journal
from sievepy.relay.judging import Here, Judge, Judged, Verdict
from sievepy.sinks.maildir import UniqueNames
from sievepy.sources.maildir import MaildirSource
from sievepy.sources.port import Source

NOW = dt.datetime(2026, 1, 15, 7, 0, 0, tzinfo=dt.UTC)


def plan(*actions: Planned, kept: tuple[Planned, ...] = (), rules: tuple[str, ...] = ("Правило",)) -> Plan:
    return Plan(actions, kept, tuple(Fired(title) for title in rules), program="0123abcd")


def planned(*actions: object, reference: bool = False) -> list[Planned]:
    return [Planned(action, ("Правило",), reference) for action in actions]  # type: ignore[arg-type]


PLANS: dict[str, Plan] = {
    "one": plan(*planned(Assign("buh"), Tag("money"))),
    "two": plan(*planned(Assign("buh"), Assign("ip", also=True), Notify("buh"), Print("front"))),
    "restricted": plan(*planned(Assign("activ")), *planned(Assign("buh"), Copy("a@x.kz"), reference=True)),
    "triage": plan(*planned(Triage("why"), SubjectPrefix("[!]"))),
    "propose": plan(*planned(Propose("abon"))),
    "file": plan(*planned(FileInto("Автоответы/2026"))),
    "forward": plan(*planned(Forward("boss@x-com.kz"))),
    "held": plan(*planned(Quarantine("реклама")), kept=tuple(planned(Notify("buh")))),
    "discard": plan(*planned(Discard())),
    "nothing": plan(*planned(Tag("lost"))),
}
PLACES: dict[str, tuple[str, ...]] = {
    "one": ("buh",),
    "two": ("buh", "ip"),
    "restricted": ("activ", "buh"),
    "triage": ("Triage",),
    "propose": ("Triage",),
    "file": ("Filed/Автоответы/2026",),
    "forward": ("Forward/boss@x-com.kz",),
    "held": ("Quarantine",),
    "discard": ("Quarantine",),
    "nothing": ("Triage",),
}
LINES = {"two": 2, "restricted": 1, "held": 1}


def letter(subject: str, number: int = 0) -> bytes:
    return f"From: a@b.kz\nSubject: {subject}\nMessage-ID: <{number}@b.kz>\n\nПисьмо {number}\n".encode()


def subject_of(data: bytes) -> str:
    return data.partition(b"Subject: ")[2].partition(b"\n")[0].decode().strip()


def judge(message: Message, envelope: Envelope) -> Verdict:
    return Verdict(PLANS[subject_of(bytes(message.data))])


def make_maildir(path: Path, subjects: Iterable[str]) -> dict[str, str]:
    """A maildir of letters, odd ones in `cur` and seen; answers what each one's digest asks for."""
    for folder in ("tmp", "new", "cur"):
        (path / folder).mkdir(parents=True)
    wanted = {}
    for number, subject in enumerate(subjects):
        data = letter(subject, number)
        place = f"cur/{number}.M1P1.host:2,S" if number % 2 else f"new/{number}.M1P1.host"
        (path / place).write_bytes(data)
        wanted[digest(data)] = subject
    return wanted


_count = itertools.count(1)


def issued() -> Issued:
    """Ids and names that differ in all of a test run, as random ones do."""
    names = UniqueNames(lambda: NOW, lambda: f"{next(_count):04x}", "host", 1)
    return Issued(lambda: NOW, lambda: f"id{next(_count):04}", names)


def run(source: Source, to: Path, judge: Judge = judge) -> list[Judged]:
    """One whole run, as the command makes it."""
    assert source.journal is not None
    with Journal(source.journal) as journal:
        batch = Batch(source, to, journal, issued())
        batch.resume()
        return list(batch.run(batch.letters(), Here(source, judge)))


def maildirs(folder: Path) -> Iterator[Path]:
    return (path.parent for path in sorted(folder.rglob("new")) if path.is_dir())


def without_ours(data: bytes) -> bytes:
    """The letter without the headers that were prepended to it."""
    lines = data.split(b"\n")
    at = next(i for i, line in enumerate(lines) if not line.startswith((b"X-Sievepy-", b" ")))
    return b"\n".join(lines[at:])


def delivered(to: Path) -> Counter[tuple[str, str]]:
    """(place, digest of the letter) and how often; references under the id of the letter they tell of."""
    found: Counter[tuple[str, str]] = Counter()
    for maildir in maildirs(to):
        for path in letters(maildir):
            data = without_ours(path.read_bytes())
            what = "reference" if data.startswith(b"From: sievepy ") else digest(data)
            found[str(maildir.relative_to(to)), what] += 1
    return found


def expected(wanted: dict[str, str]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for key, subject in wanted.items():
        for place in PLACES[subject]:
            found[place, "reference" if (subject, place) == ("restricted", "buh") else key] += 1
    return found


def pending(to: Path) -> list[dict[str, object]]:
    path = to / "pending.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def check_all_done(source: MaildirSource, to: Path, wanted: dict[str, str]) -> None:
    """Each letter at each of its places once, each line once, each original in Processed, nothing left over."""
    assert delivered(to) == expected(wanted)
    ids = [line["id"] for line in pending(to)]
    assert len(ids) == len(set(ids)) == sum(LINES.get(subject, 0) for subject in wanted.values())
    assert not list(letters(source.path))
    kept = [digest(path.read_bytes()) for path in letters(source.path / "Processed")]
    assert sorted(kept) == sorted(wanted)
    assert not [path for maildir in maildirs(to) for path in (maildir / "tmp").iterdir()]


class Crash(BaseException):
    """The process is gone."""


@contextmanager
def crash_at(moment: int, patch: object) -> Iterator[list[int]]:
    """Die at the `moment`-th call that changes the file system: before it (even) or behind it (odd). Syncs are counted
    and not made, since nothing here outlives the machine."""
    import os

    calls = [0]

    def wrap(real: object) -> object:
        def wrapped(*args: object, **kwargs: object) -> object:
            calls[0] += 2
            if calls[0] - 2 == moment:
                raise Crash
            result = real(*args, **kwargs) if real is not None else None  # type: ignore[operator]
            if calls[0] - 1 == moment:
                raise Crash
            return result

        return wrapped

    with patch.context() as inner:  # type: ignore[attr-defined]
        inner.setattr(os, "fsync", wrap(None))
        inner.setattr(os, "link", wrap(os.link))
        inner.setattr(os, "pwrite", wrap(os.pwrite))
        inner.setattr(Path, "rename", wrap(Path.rename))
        inner.setattr(Path, "unlink", wrap(Path.unlink))
        inner.setattr(Path, "mkdir", wrap(Path.mkdir))
        yield calls
