"""What a decision depends on besides the letter's bytes and the rules. `evaluate` is a pure function of the three."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sievepy.mail.envelope import Envelope
from sievepy.mail.trust import NO_TRUST, Trust

_NO_ENVELOPE = Envelope()


@dataclass(frozen=True, slots=True)
class EvalContext:
    """`now` is aware: the moment of judging, by which `off until` is read in `zone`.

    `known`: the departments where the letter's thread lives, `()` if a ledger looked and found none, None where there
    is no ledger (then `reply to known` is *no*). `verified`: what is known of the sender from elsewhere than the
    letter's own Authentication-Results; None: read these.
    """

    now: dt.datetime
    zone: dt.tzinfo
    envelope: Envelope = _NO_ENVELOPE
    trust: Trust = NO_TRUST
    known: tuple[str, ...] | None = None
    verified: bool | None = None
