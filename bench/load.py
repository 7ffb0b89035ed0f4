"""Letters for an SMTP server, and where it sends them: Postfix's `smtp-source` and `smtp-sink`."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator

from bench.debian import program

SESSIONS = 20
LETTER = 4096  # bytes of text; `smtp-source` adds its headers
SENDER = "client@client.example"
_COUNT = re.compile(rb"mesg=(\d+)")
_PATIENCE = 120.0
_PAUSE = 0.002  # seconds between looks at the sink's counter: the error of a moment of arrival


class Failed(Exception):
    """The load was not taken; the text is what `smtp-source` says."""


def send(port: int, recipient: str, letters: int, *, persistent: bool) -> float:
    """Send letters in parallel sessions, a connection each or one connection a session. Seconds it took until the last
    was acknowledged. Raises Failed."""
    command = [program("smtp-source", "postfix"), "-s", str(SESSIONS), "-l", str(LETTER), "-m", str(letters)]
    command += ["-d"] if persistent else []
    command += ["-f", SENDER, "-t", recipient, f"127.0.0.1:{port}"]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = time.perf_counter() - started
    if done.returncode:
        raise Failed(done.stderr.strip()[-400:])
    return took


class Sink:
    """A running `smtp-sink`, which counts."""

    def __init__(self, port: int) -> None:
        self.port = port
        user = ("-u", "root") if os.geteuid() == 0 else ()  # it asks for a name where it could do anything
        command = (program("smtp-sink", "postfix"), *user, "-c", "-m", "1024", f"127.0.0.1:{port}", "1024")
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._changed = threading.Condition()
        self._arrived, self._at = 0, 0.0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def arrived(self) -> int:
        """Letters since it was started."""
        with self._changed:
            return self._arrived

    def wait_for(self, count: int) -> float:
        """The moment (time.perf_counter) at which letter number `count` was there. Raises TimeoutError when nothing
        has come for two minutes."""
        with self._changed:
            while self._arrived < count:
                if not self._changed.wait(_PATIENCE):  # only an arrival wakes it
                    raise TimeoutError(f"{count - self._arrived} letters have not arrived")
            return self._at

    def quiet(self, seconds: float) -> int:
        """How many arrive unexpectedly within this time."""
        with self._changed:
            before = self._arrived
        time.sleep(seconds)
        return self.arrived - before

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        descriptor, rest = self._process.stdout.fileno(), b""
        while text := os.read(descriptor, 65536):
            now = time.perf_counter()
            lines = (rest + text).split(b"\r")
            rest = lines.pop()
            counts = [int(match[1]) for line in lines if (match := _COUNT.search(line))]
            if counts:
                with self._changed:
                    self._arrived, self._at = counts[-1], now
                    self._changed.notify_all()
            time.sleep(_PAUSE)


@contextlib.contextmanager
def sink(port: int) -> Iterator[Sink]:
    one = Sink(port)
    try:
        yield one
    finally:
        one.close()
