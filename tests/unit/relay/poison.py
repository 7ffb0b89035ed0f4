"""A judge for worker processes that does to its worker what the letter says."""

from __future__ import annotations

import os
import time

from sievepy.mail.envelope import Envelope
from sievepy.plan import Plan, Planned, Tag
from sievepy.relay.judging import Verdict
from sievepy.relay.seeing import Bytes, Known, See, Seen


def make_poisonable() -> See:
    return _see


def make_nothing() -> See:
    raise RuntimeError("no program can be built")


def _see(data: Bytes, envelope: Envelope, timestamp: float, known: Known) -> Seen:
    match bytes(data):
        case b"die":
            os._exit(3)
        case b"spin":
            while True:
                pass
        case b"sleep":
            time.sleep(60)
        case b"eat":
            data = b"x" * (1 << 40)
        case b"raise":
            raise RuntimeError
    tags = (Planned(Tag(f"{len(data)} {envelope.sender} {timestamp:.0f}"), ()), Planned(Tag(str(os.getpid())), ()))
    return Seen(Verdict(Plan(tags)), "digest")
