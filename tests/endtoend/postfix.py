"""A Postfix of our own on loopback, in one folder: as shipped, but for where things are and what a test adds."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.endtoend.relays import ROOT, wait

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
"""


def program() -> str:
    """Installed where it is missing."""
    found = shutil.which("postfix", path="/usr/sbin:/usr/bin:/sbin")
    if found is None:
        command = ["bash", "-c", ". tools/apt.sh && apt_install postfix"]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        found = shutil.which("postfix", path="/usr/sbin:/usr/bin:/sbin")
    assert found is not None
    return found


@contextlib.contextmanager
def running(folder: Path, port: int, settings: str) -> Iterator[None]:
    """`folder` is one that Postfix's own user can reach. Needs root, as Postfix does."""
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "etc" / "main.cf").write_text(_MAIN.format(folder=folder) + settings, encoding="utf-8")
    (folder / "etc" / "master.cf").write_text(_master(port), encoding="utf-8")
    command = (program(), "-c", str(folder / "etc"))
    done = subprocess.run((*command, "start"), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    try:
        wait(lambda: (folder / "queue/pid/master.pid").exists() and "daemon started" in log(folder))
        yield
    finally:
        subprocess.run((*command, "stop"), check=False, capture_output=True)


def log(folder: Path) -> str:
    path = folder / "log"
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _master(port: int) -> str:
    """The shipped services, none in a jail (the fifth column of master(5)), SMTP at `port`."""
    text = Path("/usr/share/postfix/master.cf.dist").read_text(encoding="utf-8")
    return "\n".join(_service(line, port) for line in text.splitlines()) + "\n"


def _service(line: str, port: int) -> str:
    fields = line.split()
    if line[:1] in ("", "#") or line[0].isspace() or len(fields) < 8:
        return line
    if fields[:2] == ["smtp", "inet"]:
        fields[0] = f"127.0.0.1:{port}"
    fields[4] = "n"
    return " ".join(fields)
