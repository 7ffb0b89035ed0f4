"""`sievepy relay` as a process in a folder of its own, and what it says of itself while it runs."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

CONFIG = """# Written by `make run`, which begins anew each time: what is changed here does not stay.
zone = "Asia/Almaty"

[intake]
addresses = ["info@x-com.kz"]

[relay]
listen = ["127.0.0.1:{smtp}"]
metrics = "127.0.0.1:{http}"

[places]
triage = "maildir Triage"
file = "maildir Filed"
quarantine = "maildir Quarantine"
discard = "maildir Discarded"
"""
PATIENCE = 60.0  # seconds for what takes one or two: who waits that long is told what hangs
PAUSE = 0.05
_ON_ITS_WAY = re.compile(r'^sievepy_queue\{kind="\w+",state="(?:accepted|queued|leased)"\} ([\d.]+)', re.MULTILINE)


class Failed(Exception):
    """The demonstration cannot go on; the text says why."""


class Relay:
    """One relay, on ports that are free just now. Writes its configuration into `home`."""

    def __init__(self, home: Path) -> None:
        self.smtp, self.http = _free_ports(2)
        self.config, self.log, self.mail = home / "sievepy.toml", home / "relay.log", home / "var" / "mail"
        self.config.write_text(CONFIG.format(smtp=self.smtp, http=self.http), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "sievepy", name, "--config", str(self.config), *arguments]

    # ------------------------------------------------------------ its life

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Started and ready. Whatever happens, it does not outlive the context. Ctrl-C at the terminal is not for it:
        it is told by us."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(self.command("relay"), stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait_until_ready(self._process)
            yield
        finally:
            self.end()

    def end(self) -> int:
        """Its exit status, after SIGTERM; after SIGKILL if that does not end it, or somebody is in a hurry."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(PATIENCE)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self._process.kill()
            return self._process.wait()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._page("/readyz")[0] != 200:
            if process.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_text(encoding="utf-8", errors="replace").strip()
                raise Failed(f"the relay does not start; it says:\n{said}")
            time.sleep(PAUSE)

    # ------------------------------------------------------------ what it says

    def wait_until_settled(self) -> None:
        """Until every letter has its plan and every delivery has come to an end, or patience has."""
        assert self._process is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise Failed(f"the relay has ended by itself, with status {self._process.returncode}: see {self.log}")
            status, text = self._page("/metrics")
            if status == 200 and not any(float(amount) for amount in _ON_ITS_WAY.findall(text)):
                return
            time.sleep(PAUSE)

    def stories(self, letters: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What `sievepy queue show` says of these letters, by id; of one that it does not know, nothing."""
        if not letters:
            return {}
        command = self.command("queue", "show", "--json", "--words", *letters)
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        return {story["letter"]: story for story in map(json.loads, done.stdout.decode("utf-8").splitlines())}

    def arrived(self) -> Counter[str]:
        """The letters in the maildirs, by the delivery's id, with which the name of their file begins."""
        return Counter(path.name.partition(".")[0] for path in self.mail.glob("**/new/*"))

    def _page(self, path: str) -> tuple[int, str]:
        """Status 0: nobody answers."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.http, timeout=PATIENCE)) as connection:
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode("utf-8")
            except OSError:
                return 0, ""


def _free_ports(count: int) -> list[int]:
    """Bound all at once, so that they differ, and let go."""
    with contextlib.ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def emptied(home: Path) -> Iterator[None]:
    """The folder, ours alone and without what an earlier run left in it. Somebody else's folder is not touched."""
    lock_file = home / "lock"
    if home.exists() and any(home.iterdir()) and not lock_file.exists():
        raise Failed(f"{home} is not empty, and no earlier run has made it: name another --folder")
    home.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another run is at work in {home}") from None
        if (home / "var").exists():
            shutil.rmtree(home / "var")
        yield
