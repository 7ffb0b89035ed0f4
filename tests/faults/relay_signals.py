"""Reload the real relay, and stop it, again and again while clients send; look for letters lost, cut off, or judged by
rules that were never in force.

Each variant of the rules marks its letters with a tag of its own, so that what a letter's plan says of its program can
be held against what was done with the letter. Now and then a variant fails its own test: it must not judge anything.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import signal
import smtplib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sievepy.spool.port import What
from tests.endtoend.relays import PATIENCE, Arrived, RawSink, Site, letter
from tests.faults.ledger import Counts, Stored, count, field_of, stored
from tests.faults.relay_kill import CLIENT, in_maildirs
from tests.faults.relay_slow import limits

PROGRAM = ("-m", "tests.faults.relay_load_child")
SESSIONS = 4
PAUSE = 0.1  # seconds at most between two letters of a client
DRAIN = 1.0  # seconds until a delivery that a sink does not answer is given up at the end
REFUSED = 7  # one of so many variants, the second first, fails its own test
PER_LIFE = 12  # letters that are acknowledged before a life ends
RULES = """
department buh {{ email buh@x-com.kz }}
rule "Акты" {{ when subject contains "act"; assign buh; tag v{number} }}
otherwise {{ triage; tag v{number} }}
test "Акты" {{ subject "act"; expect {expected} }}
"""


@dataclass
class Result:
    """`signals`: reloads by how they ended, or stops by their exit status. `wrong`: whatever should not have been."""

    signals: Counter[str] = field(default_factory=Counter)
    counts: Counts = field(default_factory=Counts)
    programs: int = 0
    unanswered: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    cut: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [*self.counts.lost, *self.counts.unmarked, *self.wrong]

    def __str__(self) -> str:
        return (
            f"signals {dict(self.signals)}; {self.counts}\n"
            f"programs that judged {self.programs}, ends of letters without a reply {self.unanswered}, "
            f"connections cut {self.cut}, refusals {dict(self.refused)}, wrong {len(self.wrong)}"
        )


# ---------------------------------------------------------------- clients


class Senders:
    """Several clients that send letter after letter, each over and over until it is acknowledged."""

    def __init__(self, port: int, seed: int) -> None:
        self._port, self._numbers, self._lock = port, itertools.count(1), threading.Lock()
        self._chance = random.Random(seed)
        self._enough = threading.Event()
        self.acked: dict[str, bytes] = {}
        self.sent, self.unanswered, self.cut = 0, 0, 0
        self.refused: Counter[int] = Counter()
        self._threads = [threading.Thread(target=self._run, args=(n % 2 == 0,), daemon=True) for n in range(SESSIONS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Returns when every letter that was begun is acknowledged."""
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def new(self) -> bytes:
        with self._lock:
            self.sent += 1
            return letter(self._chance.choice(("act", "other")), "x" * 200, next(self._numbers))

    def acknowledged(self, text: bytes, data: bytes) -> None:
        with self._lock:
            self.acked[text.decode().rpartition(" ")[2]] = data

    def _run(self, persistent: bool) -> None:
        pending: bytes | None = None
        while pending is not None or not self._enough.is_set():
            pending = self._converse(pending or self.new(), persistent)

    def _converse(self, data: bytes, persistent: bool) -> bytes | None:
        """One connection. The letter that must be given again."""
        pending: bytes | None = data
        try:
            with smtplib.SMTP(source_address=(CLIENT, 0), local_hostname="client.b.kz") as client:
                client.connect("127.0.0.1", self._port)
                client.ehlo()
                while pending is not None and self._give(client, pending):
                    time.sleep(self._chance.random() * PAUSE)
                    pending = self.new() if persistent and not self._enough.is_set() else None
        except ConnectionRefusedError:  # nobody listens between two lives
            time.sleep(0.02)
        except (OSError, smtplib.SMTPException):
            with self._lock:
                self.cut += 1
            time.sleep(0.02)
        return pending

    def _give(self, client: smtplib.SMTP, data: bytes) -> bool:
        for code, text in (client.mail("client@b.kz"), client.rcpt("info@x-com.kz")):
            if code != 250:
                return self._told(code, text, data)
        try:
            code, text = client.data(data)
        except OSError:  # an SMTPException is one
            with self._lock:
                self.unanswered += 1
            raise
        return self._told(code, text, data)

    def _told(self, code: int, text: bytes, data: bytes) -> bool:
        if code == 250:
            self.acknowledged(text, data)
            return True
        with self._lock:
            self.refused[code] += 1
        return False


# ---------------------------------------------------------------- the relay under load


class Load:
    """A relay with a mail server behind it, and clients in front of it."""

    def __init__(self, home: Path, seed: int, defect: str | None, *options: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.sink, self.chance = RawSink(), random.Random(seed)
        self.sink.start()
        planted = () if defect is None else ("--defect", defect)
        email = f'host = "127.0.0.1"\nport = {self.sink.port}\ntls = "none"'
        self.site = Site(home, email, program=(*PROGRAM, *options, *planted))
        limits(self.site, session_time=7 * 86_400)  # else it would end persistent clients, as it should
        self.versions: dict[str, int] = {}
        self._read = 0
        self.write_rules(0)
        self.senders = Senders(self.site.smtp, seed)

    def write_rules(self, number: int) -> bool:
        """Whether the variant is a good one."""
        good = number % REFUSED != 2
        self.site.write_rules(RULES.format(number=number, expected="assign buh" if good else "triage"))
        return good

    def logged(self, event: str) -> Iterator[dict[str, object]]:
        """What was logged of this kind since the last look."""
        with (self.site.home / "log").open("rb") as log:
            log.seek(self._read)
            lines = log.readlines()
        for line in lines:
            if not line.endswith(b"\n"):
                return
            self._read += len(line)
            if line.startswith(b"{") and (entry := json.loads(line))["event"] == event:
                yield entry

    def take_rules(self, number: int) -> str:
        """Wait for the outcome of loading this variant."""
        found: list[dict[str, object]] = []
        self.site.wait(lambda: found.extend(self.logged("rules")) or found)
        (entry,) = found
        if entry["result"] != "refused":
            self.versions[str(entry["program"])] = number
        return str(entry["result"])

    def come_to_rest(self) -> None:
        """In peace: clients get rid of what they have, and all of it is delivered."""
        self.senders.finish()
        self.site.command("queue", "flush")
        self.site.wait(self._settled)

    def _settled(self) -> bool:
        states = re.findall(r'sievepy_queue\{kind="\w+",state="(\w+)"\} [1-9]', self.site.page("/metrics")[1])
        return bool(states) and set(states) <= {"done", "delivered"}

    def close(self) -> None:
        self.sink.gate.set()
        self.sink.close()
        if self.site.process is not None:
            self.site.kill()


def judged(load: Load, queue: Stored, arrived: Sequence[Arrived]) -> Iterator[str]:
    """What is wrong with the plans: each letter has one, of one program that was loaded, and was treated by it."""
    plans: dict[str, list[str]] = defaultdict(list)
    for entry in queue.journal:
        if entry.what == What.PLANNED and entry.letter is not None:
            plans[entry.letter].append(entry.program or "no program")
    for one in load.senders.acked:
        if len(plans[one]) != 1 or plans[one][0] not in load.versions:
            yield f"letter {one} was judged by {plans[one] or 'nobody'}"
    for one in arrived:
        id, tag = field_of(one, "X-Sievepy-ID"), field_of(one, "X-Sievepy-Tag")
        if tag not in {f"v{load.versions.get(program)}" for program in plans[id]}:
            yield f"letter {id} has the tag {tag}, and was judged by {plans[id]}"


def finish(load: Load, result: Result) -> None:
    """Stop it in peace, and count."""
    load.come_to_rest()
    if load.site.stop() != 0:
        result.wrong.append("it did not end well")
    senders, queue = load.senders, stored(load.site.home / "var/queue")
    arrived = [*load.sink.arrived, *in_maildirs(load.site.home / "mail")]
    result.counts = count(senders.sent, senders.acked, arrived, queue)
    result.unanswered, result.refused, result.cut = senders.unanswered, senders.refused, senders.cut
    result.programs = len({entry.program for entry in queue.journal if entry.what == What.PLANNED})
    result.wrong += judged(load, queue, arrived)
    if senders.sent != len(senders.acked):
        result.wrong.append(f"{senders.sent} letters were sent, and {len(senders.acked)} ids given")
    result.wrong += [f"{event['where']}: {event['error']}" for event in _all_logged(load, "internal")]


def _all_logged(load: Load, event: str) -> Iterator[dict[str, object]]:
    load._read = 0
    return load.logged(event)


def reload_many(reloads: int, home: Path, seed: int, *, defect: str | None = None, tell: bool = False) -> Result:
    result = Result()
    load = Load(home, seed, defect)
    try:
        load.site.start()
        load.take_rules(0)
        load.senders.start()
        for number in range(1, reloads + 1):
            good = load.write_rules(number)
            load.site.signal(signal.SIGHUP)
            outcome = load.take_rules(number)
            result.signals[outcome] += 1
            if outcome != ("changed" if good else "refused"):
                result.wrong.append(f"variant {number} was {outcome}")
            if tell and number % 50 == 0:
                print(f"{number} reloads, {len(load.senders.acked)} letters acknowledged", flush=True)
        finish(load, result)
    finally:
        load.close()
    if result.unanswered or result.cut or result.refused:
        result.wrong.append("clients noticed")
    return result


def stop_many(stops: int, home: Path, seed: int, *, defect: str | None = None, tell: bool = False) -> Result:
    """Every other life ends while the mail server behind the relay does not answer."""
    result = Result()
    load = Load(home, seed, defect, "--drain", str(DRAIN))
    try:
        load.senders.start()
        for number in range(1, stops + 1):
            _live(load, result, stalled=number % 2 == 0)
            if tell and number % 50 == 0:
                print(f"{number} stops, {len(load.senders.acked)} letters acknowledged", flush=True)
        load.site.start()
        load.take_rules(0)
        finish(load, result)
    finally:
        load.close()
    if result.unanswered:
        result.wrong.append(f"{result.unanswered} ends of letters were never answered")
    if set(result.refused) - {421, 451}:
        result.wrong.append("clients were refused for good")
    return result


def _live(load: Load, result: Result, stalled: bool) -> None:
    load.site.start()
    load.take_rules(0)
    if stalled:
        load.sink.gate.clear()
        before = len(load.sink.arrived)
        load.site.wait(lambda: len(load.sink.arrived) > before)
    acked = len(load.senders.acked)
    load.site.wait(lambda: len(load.senders.acked) >= acked + PER_LIFE)
    with HalfLetter(load) as half:
        load.site.signal(signal.SIGTERM)
        load.site.wait(lambda: any(load.logged("draining")))
        if not half.finish():
            result.wrong.append("a letter in progress was not finished")
    assert load.site.process is not None
    result.signals[f"exit {load.site.process.wait(PATIENCE)}"] += 1
    load.site.process = None
    load.sink.gate.set()
    if not any(load.logged("stopped")):
        result.wrong.append("it did not say that it stopped")
    if leased := stored(load.site.home / "var/queue").states()["leased"]:
        result.wrong.append(f"{leased} leases were not given back")


class HalfLetter:
    """A letter that the relay has half of, and a client that sends the rest when it is told to."""

    def __init__(self, load: Load) -> None:
        self._senders, self._data = load.senders, load.senders.new()
        self._client = smtplib.SMTP(source_address=(CLIENT, 0), local_hostname="client.b.kz")
        self._client.connect("127.0.0.1", load.site.smtp)
        self._client.ehlo()
        for command in ("MAIL FROM:<client@b.kz>", "RCPT TO:<info@x-com.kz>", "DATA"):
            assert self._client.docmd(command)[0] in (250, 354)
        self._wire = re.sub(rb"(?m)^\.", b"..", self._data) + b".\r\n"
        self._client.send(self._wire[:200])

    def __enter__(self) -> HalfLetter:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def finish(self) -> bool:
        try:
            self._client.send(self._wire[200:])
            code, text = self._client.getreply()
        except OSError:  # an SMTPException is one
            return False
        if code == 250:
            self._senders.acknowledged(text, self._data)
        return code == 250


FORMS: dict[str, Callable[..., Result]] = {"reloads": reload_many, "stops": stop_many}
