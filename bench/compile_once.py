"""Compile one rules file and say what that took: `python -m bench.compile_once FILE`, processor seconds and bytes.

A process of its own, since the most memory that a process ever had is known for its whole life only.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sievepy.compiler import build_program, compile_file


def main() -> None:
    started = time.process_time()
    compilation = compile_file(sys.argv[1], lambda path: Path(path).read_bytes())
    program = build_program(compilation)
    used = time.process_time() - started
    assert len(program.ready) > 0 and program.hash
    print(used, _most_memory())


def _most_memory() -> int:
    """VmHWM of proc(5). getrusage(2) would say what the parent had before exec(3), where that was more."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
