"""Processor time of a server that is many processes, from `/proc` (Linux)."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def tree_cpu(root: int) -> float:
    """Seconds of user and system time of `root` and everything below it, ended descendants included.

    A process that has ended counts in the parent that waited for it. One between those two states is a zombie, which
    `/proc` still shows. Raises ProcessLookupError if `root` is gone.
    """
    times: dict[int, int] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (found := _stat(int(folder.name))) is not None:
            parent, ticks = found
            times[int(folder.name)] = ticks
            children[parent].append(int(folder.name))
    if root not in times:
        raise ProcessLookupError(root)
    total, waiting = 0, [root]
    while waiting:
        one = waiting.pop()
        total += times[one]
        waiting += children[one]
    return total / _TICK


def _stat(process: int) -> tuple[int, int] | None:
    """Parent, and ticks of the process and of the children it has waited for; None if it has just ended. proc(5)."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return int(fields[1]), sum(map(int, fields[11:15]))
