"""The process that the kill loop kills. With `early` before the folder it has a planted defect: it tells of a letter
before the commit."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sievepy.spool.writer import Answer, Kind, Request, Writer
from tests.faults.spool_kill import serve


def plant() -> None:
    """What a step answers is told as soon as it ran, and the commit comes later."""
    attempt = Writer._attempt

    def early(self: Writer, request: Request) -> Answer:
        answer = attempt(self, request)
        if request.kind is Kind.ADMIT:
            self._tell([answer])
        return answer

    Writer._attempt = early  # type: ignore[method-assign]


if __name__ == "__main__":
    if sys.argv[1] == "early":
        plant()
    asyncio.run(serve(Path(sys.argv[-1])))
