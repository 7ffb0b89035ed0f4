"""Kill `sievepy process --apply` from outside, again and again, and look for letters lost or doubled.

    python -m tests.endtoend.kill --kills 200

The real command runs in a process of its own on a fresh maildir. It is killed with SIGKILL at random moments, and as
soon as its journal shows a record of the kind that was killed least so far; then the same command is started again,
until it comes to its end. Between two starts a mail reader opens letters, moves them away, or fetches and deletes them.
At the end of each round every letter must have arrived at each of its places once, by the hash of its content, whatever
the reader did.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sievepy.disk.maildir import letters
from sievepy.mail.edit import digest

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "sievepy")
STEPS = ("start", "begin", "deliver", "pending", "set-aside", "done")
RULES = """
department buh { email buh@x-com.kz }
department ip { email ip@x-com.kz }
department activ { email activ@x-com.kz; restricted }

rule "two" { when subject contains "two"; assign buh, ip; notify ip; print "front"; tag money }
rule "restricted" { when subject contains "restricted"; assign activ, buh; copy boss@x-com.kz }
rule "held" { when subject contains "held"; quarantine "why"; notify buh }
rule "filed" { when subject contains "filed"; file "Автоответы/2026" }
rule "forward" { when subject contains "forward"; forward boss@x-com.kz }
otherwise { triage }
"""
PLACES = {
    "two": ("buh", "ip"),
    "restricted": ("activ", "buh"),
    "held": ("Quarantine",),
    "filed": ("Filed/Автоответы/2026",),
    "forward": ("Forward/boss@x-com.kz",),
    "unsorted": ("Triage",),
}
LINES = {"two": ("notify", "print"), "restricted": ("copy",), "held": ("notify",)}
LETTERS = 12  # in a round
LONGEST_DELAY = 0.03  # seconds between the record aimed at and the kill

Place = tuple[str, str]  # a maildir below the target, and the digest of a letter


@dataclass
class Result:
    """`kills` by the last record in the journal when the process died; `lost` and `doubled` name what went wrong;
    `stuck` are the errors of commands that could not go on."""

    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    letters: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.stuck)


class Stuck(Exception):
    """The command did not come to its end."""


class Round:
    """One maildir on its way through kills to the end."""

    def __init__(self, folder: Path, command: Sequence[str], chance: random.Random) -> None:
        self.source, self.to, self._rules = folder / "Maildir", folder / "sorted", folder / "kill.rules"
        self._command, self._chance = command, chance
        self._fetched: Counter[Place] = Counter()
        self._moved = folder / "moved"
        self.wanted: dict[str, str] = {}
        folder.mkdir(parents=True)
        self._rules.write_text(RULES, encoding="utf-8")
        for name in ("tmp", "new", "cur"):
            (self.source / name).mkdir(parents=True)
        for number in range(LETTERS):
            self._add(number, list(PLACES)[number % len(PLACES)])

    def _add(self, number: int, subject: str) -> None:
        text = f"From: a@b.kz\nSubject: {subject}\nMessage-ID: <{number}@b.kz>\n\nПисьмо {number} {'x' * number}\n"
        name = f"{number:03}.M1P1.host"
        path = self.source / (f"cur/{name}:2,S" if number % 3 == 0 else f"new/{name}")
        path.write_bytes(text.encode())
        self.wanted[digest(text.encode())] = subject

    # ------------------------------------------------------------ the command

    @property
    def journal(self) -> Path:
        return self.source / ".sievepy-journal"

    def records(self) -> list[dict[str, object]]:
        """The whole lines of the journal."""
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_bytes().split(b"\n")[:-1]]

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self._command, "process", self.source, "--rules", self._rules, "--apply", "--to", self.to, "--quiet"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def killed_at(self, aim: str) -> str | None:
        """Start, and kill at a record of the kind `aim` (`start`: at a random moment). The kind of the last record the
        process had written, or None where it came to its end first."""
        before = len(self.records())
        process = self.start()
        self._wait(process, aim, before)
        process.kill()
        _, errors = process.communicate()
        if process.returncode != -signal.SIGKILL:
            if process.returncode != 0:
                raise Stuck(errors.decode())
            return None
        new = self.records()[before:]
        return kind_of(new[-1]) if new else "start"

    def _wait(self, process: subprocess.Popen[bytes], aim: str, before: int) -> None:
        if aim == "start":
            time.sleep(self._chance.uniform(0, 0.8))
            return
        number = self._chance.randint(1, 3)
        size = -1
        while process.poll() is None:
            now = self.journal.stat().st_size if self.journal.exists() else 0
            if now != size:
                size = now
                if sum(kind_of(record) == aim for record in self.records()[before:]) >= number:
                    break
            time.sleep(0.0002)
        time.sleep(self._chance.uniform(0, LONGEST_DELAY) if self._chance.random() < 0.7 else 0)

    # ------------------------------------------------------------ the reader

    def read(self) -> None:
        """A reader has been at the mailboxes: nobody may rely on what lies in `new`."""
        for maildir in maildirs(self.to):
            place = str(maildir.relative_to(self.to))
            for path in list((maildir / "new").iterdir()):
                match self._chance.randrange(4):
                    case 0:
                        path.rename(maildir / "cur" / f"{path.name}:2,S")
                    case 1:
                        self._fetched[place, self.identity(path.read_bytes())] += 1
                        path.unlink()
                    case 2:
                        self._fetched[place, self.identity(path.read_bytes())] += 1
                        self._moved.mkdir(exist_ok=True)
                        path.rename(self._moved / path.name)

    # ------------------------------------------------------------ the end

    def identity(self, data: bytes) -> str:
        """The digest of the letter that was delivered; of a reference, that of the letter it tells of."""
        lines = data.split(b"\n")
        own = next(i for i, line in enumerate(lines) if not line.startswith((b"X-Sievepy-", b" ")))
        if not lines[own].startswith(b"From: sievepy "):
            return digest(b"\n".join(lines[own:]))
        id = lines[0].removeprefix(b"X-Sievepy-ID: ").decode()
        return next(str(r["sha256"]) for r in self.records() if r["do"] == "begin" and r["id"] == id)

    def check(self, result: Result) -> None:
        """Compare what arrived with what should have."""
        found = self._fetched.copy()
        for maildir in maildirs(self.to):
            place = str(maildir.relative_to(self.to))
            found.update((place, self.identity(path.read_bytes())) for path in letters(maildir))
        found.update(("Processed", digest(path.read_bytes())) for path in letters(self.source / "Processed"))
        found.update(("source", digest(path.read_bytes())) for path in letters(self.source))
        wanted = Counter((place, key) for key, word in self.wanted.items() for place in (*PLACES[word], "Processed"))
        found.update(self._lines())
        wanted.update((f"line {a}", key) for key, word in self.wanted.items() for a in LINES.get(word, ()))
        result.lost += [f"{place}: {key}" for place, key in (wanted - found).elements()]
        result.doubled += [f"{place}: {key}" for place, key in (found - wanted).elements()]
        result.rounds += 1
        result.letters += len(self.wanted)

    def _lines(self) -> Counter[Place]:
        keys = {r["id"]: str(r["sha256"]) for r in self.records() if r["do"] == "begin"}
        lines = [json.loads(line) for line in (self.to / "pending.jsonl").read_text(encoding="utf-8").splitlines()]
        return Counter((f"line {line['action']}", keys[line["letter"]]) for line in lines)


def kind_of(record: dict[str, object]) -> str:
    return str(record["kind"] if record["do"] == "step" else record["do"])


def maildirs(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.rglob("new") if path.is_dir())


def kill_many(kills: int, folder: Path, seed: int, command: Sequence[str] = COMMAND) -> Result:
    """Rounds of kills, at least `kills` in all; each round comes to its end and is checked."""
    chance = random.Random(seed)
    result = Result()
    while result.kills.total() < kills:
        current = Round(folder / str(result.rounds), command, chance)
        try:
            while (step := current.killed_at(least(result.kills, chance))) is not None:
                result.kills[step] += 1
                current.read()
        except Stuck as problem:
            result.stuck.append(str(problem))
        current.check(result)
    return result


def least(kills: Counter[str], chance: random.Random) -> str:
    """The step that was killed least, so that all have their share; one time in four any."""
    if chance.random() < 0.25:
        return chance.choice(STEPS)
    return min(STEPS, key=lambda step: kills[step])


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill `sievepy process --apply` and look for letters lost or doubled.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        result = kill_many(options.kills, Path(folder), seed)
    for step, count in sorted(result.kills.items(), key=lambda item: STEPS.index(item[0]) if item[0] in STEPS else 99):
        print(f"{step:10} {count:4}")
    print(f"{result.kills.total()} kills, {result.rounds} rounds, {result.letters} letters")
    print(f"lost {len(result.lost)}, doubled {len(result.doubled)}, stuck {len(result.stuck)}")
    for line in [*result.lost, *result.doubled, *result.stuck]:
        print(f"  {line}")
    return 0 if result.clean else 1


if __name__ == "__main__":
    sys.exit(main())
