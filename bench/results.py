"""bench/RESULTS.md: the measured parts stand between markers, what people write around them stays."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from bench.debian import ROOT, version

RESULTS = ROOT / "bench/RESULTS.md"
_LIBRARIES = ("ahocorasick_rs", "google-re2", "pybase64", "aiosmtpd", "uvloop", "apsw")


def spread(values: Sequence[float]) -> str:
    """Median, and between which values the rounds lie."""
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"


def verdict(met: bool) -> str:
    return "(met)" if met else "(**not met**)"


def machine(*packages: str) -> str:
    """One line: processor, Python, the libraries that do the work, and Debian packages."""
    cores = Path("/proc/cpuinfo").read_text(encoding="utf-8").count("\nprocessor") + 1
    names = [line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "model name" in line]
    model = names[0].partition(":")[2].strip() if names else platform.machine()
    parts = [f"{cores} x {model}", f"Linux {platform.release()}", f"Python {platform.python_version()}"]
    parts += [f"{name} {metadata.version(name)}" for name in _LIBRARIES]
    parts += [f"{name} {version(name)}" for name in packages]
    return ", ".join(parts) + "."


def filesystem(folder: Path) -> str:
    """The kind of file system that a folder is on."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, point, name, *_ = line.split()
        if folder.resolve().is_relative_to(point) and len(point) >= len(best):
            best, kind = point, name
    return kind


def write(name: str, text: str, path: Path = RESULTS) -> None:
    """Replace the part between the markers of `name`. Raises ValueError if the file has no such markers."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    old = path.read_text(encoding="utf-8")
    head, found, rest = old.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path} has no {begin} … {end}")
    path.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")
