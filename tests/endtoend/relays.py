"""A real `sievepy relay` on loopback, the letters sent to it, and what arrives."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.header import Header
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds for what happens at once unless the machine is busy
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
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
    """A configured folder, and the relay that runs in it, if it does."""

    home: Path
    email: str = 'maildir = "mail"'
    smtp: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
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
                [sys.executable, "-m", "sievepy", "relay"], cwd=self.home, env=environment(), stderr=log, stdout=log
            )
        wait(lambda: self.page("/readyz")[0] == 200 or self.process is None or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()

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
        wait(lambda: len(self.arrived(mailbox)) >= count)
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


def wait(until: object) -> None:
    """Until the function says yes. Gives up loudly when a minute has passed."""
    assert callable(until)
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


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
    ends of letters in order, then 250 to all others; None: the connection is cut instead."""

    def __init__(self, answers: Sequence[str | None] = ()) -> None:
        super().__init__(daemon=True)
        self._answers = list(answers)
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
        with client, client.makefile("rwb", buffering=0) as stream, contextlib.suppress(OSError):
            stream.write(b"220 sink\r\n")
            sender = recipient = ""
            while line := stream.readline():
                word = line[:4].upper()
                if word == b"MAIL":
                    sender = _path(line)
                elif word == b"RCPT":
                    recipient = _path(line)
                elif word == b"DATA":
                    stream.write(b"354 go on\r\n")
                    data = b""
                    while not (data == b".\r\n" or data.endswith(b"\r\n.\r\n")):
                        data += stream.readline()
                    self.arrived.append(Arrived(sender, recipient, data[:-3]))
                    answer = self._answers.pop(0) if self._answers else "250 2.0.0 taken"
                    if answer is None:
                        return
                    stream.write(f"{answer}\r\n".encode())
                    continue
                elif word == b"QUIT":
                    stream.write(b"221 bye\r\n")
                    return
                stream.write(b"250-sink\r\n250 8BITMIME\r\n" if word == b"EHLO" else b"250 ok\r\n")


def _path(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]
