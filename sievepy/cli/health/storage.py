"""Folders, the queue, the room on its disk, files with secrets, certificates."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sievepy.cli.health import Line, fail, ok, warn
from sievepy.disk.soundness import PASSING, REMOTE, existing, is_folder, is_there, kind_of, write_through
from sievepy.spool.settings import Settings
from sievepy.wire.certificates import validity

GIBIBYTE = 1024**3
_AMPLE = 10  # times what the queue cannot do without
_SOON = dt.timedelta(days=21)  # before its end a certificate is renewed by any automaton
_PROBE = ".sievepy-doctor"


# ---------------------------------------------------------------- folders


def folder(name: str, path: Path, mounts: str) -> Line:
    """That letters can be written there, durably. What is missing is not made. `mounts`: see `kind_of`."""
    what, base = f"{name} in {path}", existing(path)
    if base != path and is_there(path):
        return fail(what, "it is no folder", "name another path, or move the file away")
    try:
        write_through(base, f"{_PROBE}-{os.getpid()}")
    except OSError as problem:
        where = "it" if base == path else str(base)
        fix = f"let the relay's user write there: chown, or ReadWritePaths= of its unit; `ls -ld {base}` shows it"
        return fail(what, f"{where} cannot be written to durably: {problem.strerror}", fix)
    kind = kind_of(base.resolve(), mounts)
    if kind in REMOTE:
        return fail(what, f"on {kind}, which keeps no local disk's promises", "move it to a local disk")
    if kind in PASSING:
        return warn(what, f"on {kind}: gone with the machine or the container", "move it to a disk or a volume")
    return ok(what, ("can be written" if base == path else "will be made") + (f", on {kind}" if kind else ""))


def same_file_system(name: str, path: Path, below: Iterable[str]) -> Iterator[Line]:
    """That a letter can be renamed, which is all or nothing, between the folders of one store."""
    for each in below:
        if is_folder(path / each) and (path / each).stat().st_dev != path.stat().st_dev:
            fix = f"unmount {path / each}, and mount what was there at {path} as a whole"
            yield fail(f"{name} in {path / each}", f"on another file system than {path}", fix)


# ---------------------------------------------------------------- the queue's room


def room(settings: Settings) -> Line:
    status = os.statvfs(existing(settings.folder))
    return judged_room(status.f_bavail * status.f_frsize, status.f_favail, status.f_files, settings)


def judged_room(free: int, names: int, all_names: int, settings: Settings) -> Line:
    """Of bytes, and of names of files (inodes), both as an ordinary user may still take them. `all_names`: 0 where the
    file system has no such limit."""
    what, need = "room for the queue", settings.ballast + settings.slack
    text = f"{free / GIBIBYTE:.1f} GiB free"
    if free < need:
        return fail(what, f"{text}; nothing is accepted below {need / GIBIBYTE:.2f} GiB", "make room on its disk")
    if all_names and names < _AMPLE:
        return fail(what, f"{names} more files can be made", "remove files from its disk")
    if free < _AMPLE * need:
        return warn(what, text, f"make room: nothing is accepted below {need / GIBIBYTE:.2f} GiB")
    return ok(what, text)


# ---------------------------------------------------------------- files with secrets


def secret_file(name: str, path: Path, *, made: bool = False) -> Line:
    """`made`: the relay makes it at its first start. Nothing of it is read but its first byte."""
    what = f"{name} in {path}"
    try:
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        if made:
            return ok(what, "will be made")
        return fail(what, "there is no such file", "write it, or correct the setting")
    except OSError as problem:
        return fail(what, f"it cannot be read: {problem.strerror}", f"let the relay's user read it: chown {path}")
    if path.stat().st_mode & 0o007:
        return warn(what, "everybody on this machine can read it", f"chmod o= {path}")
    return ok(what, "readable")


# ---------------------------------------------------------------- certificates


def certificate(name: str, path: Path, now: dt.datetime) -> Line:
    what = f"{name} in {path}"
    try:
        first, last = validity(path.read_text(encoding="ascii", errors="replace"))
    except OSError as problem:
        return fail(what, f"it cannot be read: {problem.strerror}", "let the relay's user read it")
    except ValueError as problem:
        return fail(what, str(problem), "it is to be PEM, the server's own certificate first")
    if now < first:
        return fail(what, f"valid from {first:%Y-%m-%d} on", "set the clock, or wait")
    if last < now:
        return fail(what, f"expired on {last:%Y-%m-%d}", "renew it, and restart the relay")
    if last - now < _SOON:
        return warn(what, f"expires on {last:%Y-%m-%d}", "renew it: what renews it by itself has not done so")
    return ok(what, f"valid until {last:%Y-%m-%d}")
