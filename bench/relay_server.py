"""A `sievepy relay` with the shipped rules, its queue in one folder, on loopback."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.debian import ROOT
from bench.processes import tree_cpu

RECIPIENT = "info@x-com.kz"
_CONFIG = """
rules = "rules/x-com.rules"
zone = "Asia/Almaty"
[intake]
addresses = ["{recipient}"]
[relay]
listen = ["127.0.0.1:{port}"]
hostname = "sievepy.bench.example"
domain = "x-com.kz"
metrics = "127.0.0.1:{http}"
[channels.email]
host = "127.0.0.1"
port = {sink}
tls = "none"
[places]
triage = "email dispatcher@x-com.kz"
file = "email filed@x-com.kz"
quarantine = "email quarantine@x-com.kz"
discard = "email discarded@x-com.kz"
"""
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class RelayServer:
    """A running one. `name` and `port` are what the load needs."""

    port: int
    process: int
    name: str = "sievepy"

    def cpu(self) -> float:
        """Seconds of processor time since it was started, of its process and its workers."""
        return tree_cpu(self.process)


@contextlib.contextmanager
def running(folder: Path, port: int, http_port: int, sink: int) -> Iterator[RelayServer]:
    """Sending all letters on to `sink`. Raises RuntimeError with the relay's own words if it does not start."""
    shutil.copytree(ROOT / "rules", folder / "rules")  # a project includes only what lies in it
    text = _CONFIG.format(recipient=RECIPIENT, port=port, http=http_port, sink=sink)
    (folder / "sievepy.toml").write_text(text, encoding="utf-8")
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "sievepy", "relay"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=stream,
            stderr=stream,
        )
    try:
        end = time.monotonic() + _PATIENCE
        while not _ready(http_port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the relay does not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.1)
        yield RelayServer(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
