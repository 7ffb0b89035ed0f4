"""What a worker does with a poison letter: it waits until it is let go, and dies then as the letter says.

`GATE` names, by the environment, a file: while it is missing the letter stands in its worker's way. Each time a worker
has come so far it adds a line to the file `seen` beside it. All other letters are judged as ever.
"""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from sievepy.mail.envelope import Envelope
from sievepy.relay.seeing import Bytes, Known, MakeSee, See, Seen

GATE = "SIEVEPY_TEST_GATE"
_POISON = re.compile(rb"^X-Poison: (\w+)\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MakePoisoned(MakeSee):
    """As the real one, made of the same values; picklable."""

    def __call__(self) -> See:
        judge = MakeSee.__call__(self)

        def see(data: Bytes, envelope: Envelope, timestamp: float, known: Known) -> Seen:
            if (found := _POISON.search(data)) is not None:
                _hurt(found[1])
            return judge(data, envelope, timestamp, known)

        return see


def _hurt(how: bytes) -> None:
    gate = Path(os.environ[GATE])
    with gate.with_name("seen").open("ab") as seen:
        seen.write(how + b"\n")
    while not gate.exists():
        time.sleep(0.02)
    match how:
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"exit":
            os._exit(3)
        case b"loop":
            while True:
                pass
        case b"memory":
            bytes(3 << 30)  # more than it may have
