"""A real `sievepy relay` on loopback, the letters sent to it, and what arrives."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.header import Header
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0  # seconds in which nothing at all happens: it hangs. No result depends on it
RULES = """
department buh "Бухгалтерия" { email buh@x-com.kz }
department activ "Активация" { email activ@x-com.kz; restricted }
department archive { maildir "Archive/2026" }

rule "Акты" { when subject mentions "акт сверки"; assign buh; tag money }
rule "Удостоверения" { when text mentions "паспорт"; assign activ; also assign buh }
rule "Архив" { when subject contains "archive"; assign archive }
rule "Реклама" { when subject mentions "реклама"; quarantine "реклама" }
rule "Автоответы" { when auto-reply; file "Автоответы" }
otherwise { triage; tag unsorted }

test "Акты" { subject "Просим акты сверки"; expect assign buh }
"""
CONFIG = """
rules = "main.rules"
[intake]
addresses = ["info@x-com.kz"]
[relay]
listen = ["127.0.0.1:{smtp}"]
hostname = "mx.x-com.kz"
metrics = "127.0.0.1:{http}"
[channels.email]
{email}
[channels.maildir]
root = "mail"
[places]
triage = "maildir Triage"
file = "maildir Filed"
quarantine = "maildir Quarantine"
"""


def free_port() -> int:
    """One that the system gives to no outgoing connection (those begin at 32,768): nobody else has it when a relay is
    started again."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def letter(subject: str, body: str, number: int, *headers: str) -> bytes:
    """A letter with CRLF and a Message-ID of its number."""
    lines = [
        "From: client@b.kz",
        f"Subject: {Header(subject, 'utf-8').encode()}",
        f"Message-ID: <{number}@b.kz>",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        *headers,
        "",
        body,
        ". a line with dots ..",
        "",
    ]
    return "\r\n".join(lines).encode()


@dataclass
class Site:
    """A configured folder, and the relay that runs in it, if it does. `program`: what Python is to run as `sievepy`."""

    home: Path
    email: str = 'maildir = "mail"'
    smtp: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
    program: Sequence[str] = ("-m", "sievepy")
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.write_rules(RULES)
        text = CONFIG.format(smtp=self.smtp, http=self.http, email=self.email)
        (self.home / "sievepy.toml").write_text(text, encoding="utf-8")

    def write_rules(self, text: str) -> None:
        (self.home / "main.rules").write_text(text, encoding="utf-8")

    # ------------------------------------------------------------ commands

    def command(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "sievepy", *arguments],
            cwd=self.home,
            env=environment(),
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def start(self) -> None:
        """Returns when it takes letters."""
        log = (self.home / "log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, "relay"], cwd=self.home, env=environment(), stderr=log, stdout=log
            )
        self.wait(lambda: self.page("/readyz")[0] == 200)

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> int:
        """By SIGTERM; the exit status."""
        self.signal(signal.SIGTERM)
        assert self.process is not None
        status = self.process.wait(PATIENCE)
        self.process = None
        return status

    def kill(self) -> None:
        """As a power cut for this process and, soon, for its workers."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def wait(self, until: Callable[[], object]) -> None:
        """For as long as the relay lives and something moves: its log or its queue."""
        wait(until, self._state)

    def _state(self) -> object:
        assert self.process is None or self.process.poll() is None, f"the relay has ended: {self.log()[-4000:]}"
        paths = (self.home / "log", *(self.home / "var/queue").glob("spool.db*"))
        return [(status.st_size, status.st_mtime_ns) for path in paths if (status := _status(path)) is not None]

    def log(self) -> str:
        return (self.home / "log").read_text(encoding="utf-8", errors="replace")

    def page(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=PATIENCE)
        with contextlib.closing(connection):
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            except OSError:
                return 0, ""

    # ------------------------------------------------------------ letters

    def send(self, data: bytes, sender: str = "client@b.kz", *recipients: str) -> str:
        """The queue id."""
        with smtplib.SMTP("127.0.0.1", self.smtp, local_hostname="client.b.kz", timeout=PATIENCE) as client:
            return post(client, data, sender, *recipients)

    def arrived(self, mailbox: str) -> list[bytes]:
        """The letters in a maildir, oldest first, with CRLF."""
        folder = self.home / "mail" / mailbox / "new"
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        return [path.read_bytes().replace(b"\n", b"\r\n") for path in paths]

    def wait_for(self, mailbox: str, count: int = 1) -> list[bytes]:
        self.wait(lambda: len(self.arrived(mailbox)) >= count)
        return self.arrived(mailbox)


def post(client: smtplib.SMTP, data: bytes, sender: str = "client@b.kz", *recipients: str) -> str:
    """One transaction by the client's own words: what smtplib would mend is not mended."""
    client.ehlo_or_helo_if_needed()
    assert client.mail(sender)[0] == 250
    for recipient in recipients or ("info@x-com.kz",):
        assert client.rcpt(recipient)[0] == 250
    code, text = client.data(data)
    assert code == 250, text
    return text.decode().rpartition(" ")[2]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def wait(until: Callable[[], object], state: Callable[[], object] = lambda: None) -> None:
    """Until the function says yes. `state` is of whatever is to bring that about: as long as it changes, so long is
    waited, and it raises when there is no more to wait for."""
    before, last = None, time.monotonic()
    while True:
        now = state()
        if until():
            return
        if now != before:
            before, last = now, time.monotonic()
        assert time.monotonic() < last + PATIENCE, "nothing happens any more"
        time.sleep(0.02)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def running(site: Site) -> Iterator[Site]:
    """Start it, and leave no process behind."""
    site.start()
    try:
        yield site
    finally:
        if site.process is not None:
            site.process.kill()
            site.process.wait()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter as a raw SMTP server got it: with dots stuffed, as it came over the wire."""

    sender: str
    recipient: str
    data: bytes


class RawSink(threading.Thread):
    """An SMTP server that understands no more than a sink must, and keeps what it is sent. `answers` are given to the
    ends of letters in order, then `otherwise` to all others; None: the connection is cut instead. No letter is answered
    while `gate` is closed. `extensions` are offered."""

    def __init__(self, answers: Sequence[str | None] = ()) -> None:
        super().__init__(daemon=True)
        self.gate = threading.Event()
        self.gate.set()
        self.answers = list(answers)
        self.otherwise = "250 2.0.0 taken"
        self.extensions = ["8BITMIME"]
        self.arrived: list[Arrived] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _converse(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as stream, contextlib.suppress(OSError):
            client.sendall(b"220 sink\r\n")
            sender = recipient = ""
            while line := stream.readline():
                word = line[:4].upper()
                if word == b"MAIL":
                    sender = _path(line)
                elif word == b"RCPT":
                    recipient = _path(line)
                elif word == b"DATA":
                    client.sendall(b"354 go on\r\n")
                    self.arrived.append(Arrived(sender, recipient, _letter(stream)))
                    self.gate.wait()
                    answer = self.answers.pop(0) if self.answers else self.otherwise
                    if answer is None:
                        return
                    client.sendall(f"{answer}\r\n".encode())
                    continue
                elif word == b"QUIT":
                    client.sendall(b"221 bye\r\n")
                    return
                lines = ["250-sink", *(f"250-{name}" for name in self.extensions)] if word == b"EHLO" else []
                client.sendall("\r\n".join([*lines, "250 ok\r\n"]).encode())


def _letter(stream: BinaryIO) -> bytes:
    """Up to the line with the dot; what is cut off before is no letter, and ends the conversation."""
    lines = []
    while (line := stream.readline()) != b".\r\n":
        if not line:
            raise ConnectionError
        lines.append(line)
    return b"".join(lines)


def _path(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]
