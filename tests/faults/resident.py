"""Resident memory of processes, as Linux counts it (proc(5)). Bytes."""

from __future__ import annotations

import re
from pathlib import Path


def resident(process: int) -> int:
    return _field(process, "VmRSS")


def peak(process: int) -> int:
    """The most since the last `forget_peak`."""
    return _field(process, "VmHWM")


def forget_peak(process: int) -> None:
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")


def children(process: int) -> list[int]:
    """Of all its threads."""
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text(encoding="ascii").split()]


def _field(process: int, name: str) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    match = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(match[1]) * 1024 if match is not None else 0  # a process that has ended has none
