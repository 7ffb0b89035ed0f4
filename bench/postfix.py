"""A Postfix of our own: its configuration, queue and data in one folder, on loopback, beside any that the machine runs.

Everything is as Postfix ships it, but for where things are, that it relays all letters to one server, and that its
daemons are not jailed (as in Postfix's own defaults; Debian jails them, which needs files copied into the queue).
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.debian import program
from bench.ports import is_listening
from bench.processes import tree_cpu

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.bench.example
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
alias_maps =
alias_database =
"""
_LOG = """
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
"""
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running one. `name` and `port` are what the load needs."""

    port: int
    master: int
    name: str = "Postfix"

    def cpu(self) -> float:
        """Seconds of processor time since it was started, of all its processes."""
        return tree_cpu(self.master)


@contextlib.contextmanager
def running(folder: Path, port: int, sink: int, *, log: bool) -> Iterator[Postfix]:
    """Relaying to `sink`; with a log file, or logging to syslog, which costs it nothing where no daemon listens. Needs
    root, as Postfix does. Raises Missing, or CalledProcessError with Postfix's words."""
    postfix = program("postfix", "postfix")
    configuration = folder / "etc"
    for path in (configuration, folder / "queue", folder / "data"):
        path.mkdir()
    shutil.chown(folder / "data", "postfix")
    settings = (_MAIN + _LOG if log else _MAIN).format(folder=folder, sink=sink)
    (configuration / "main.cf").write_text(settings, encoding="utf-8")
    (configuration / "master.cf").write_text(_master(port), encoding="utf-8")
    command = (postfix, "-c", str(configuration))
    subprocess.run((*command, "start"), check=True, capture_output=True)
    try:
        _wait_for(port)
        yield Postfix(port, int((folder / "queue/pid/master.pid").read_text(encoding="ascii")))
    finally:
        subprocess.run((*command, "stop"), check=False, capture_output=True)


def _master(port: int) -> str:
    """The shipped services, the SMTP server on `port`, none in a jail. master(5): the fifth column is `chroot`."""
    lines = []
    for line in Path("/usr/share/postfix/master.cf.dist").read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if line[:1] in ("", "#") or line[0].isspace() or len(fields) < 8:
            lines.append(line)
            continue
        if fields[:2] == ["smtp", "inet"]:
            fields[0] = f"127.0.0.1:{port}"
        fields[4] = "n"
        lines.append(" ".join(fields))
    return "\n".join(lines) + "\n"


def _wait_for(port: int) -> None:
    """Raises TimeoutError."""
    end = time.monotonic() + _PATIENCE
    while not is_listening(port):
        if time.monotonic() > end:
            raise TimeoutError("Postfix does not listen")
        time.sleep(0.05)
