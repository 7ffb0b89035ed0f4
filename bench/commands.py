"""Run a command and measure what it took."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """A command ended with an error; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu`, `wall`: seconds; children that it waited for are in `cpu`."""

    cpu: float
    wall: float
    output: str


@dataclass(frozen=True, slots=True)
class Command:
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    user: str | None = None
    """Who runs it, where that is not us; needs root."""

    def run(self) -> Measured:
        """Raises Failed if it does not end with 0."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            started = time.perf_counter()
            process = subprocess.Popen(
                self.arguments,
                env=self.environment,
                cwd=self.folder,
                stdout=out,
                stderr=err,
                user=self.user,
                group=None if self.user is None else "nogroup",
                extra_groups=None if self.user is None else (),
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            if process.returncode:
                words = err.read().decode("utf-8", "replace")[-1000:]
                raise Failed(f"{self.arguments[0]} ended with {process.returncode}: {words}")
            text = out.read().decode("utf-8", "replace")
        return Measured(usage.ru_utime + usage.ru_stime, wall, text)
