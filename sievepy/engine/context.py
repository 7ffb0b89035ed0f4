"""What a decision depends on besides the letter's bytes and the rules. `evaluate` is a pure function of the three."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sievepy.engine.atoms import leaves
from sievepy.ir.conditions import Fact
from sievepy.ir.script import Script
from sievepy.mail.envelope import Envelope, LateEnvelope
from sievepy.mail.trust import NO_TRUST, Trust
from sievepy.plan import AssignSame

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
    envelope: LateEnvelope = _NO_ENVELOPE
    trust: Trust = NO_TRUST
    known: tuple[str, ...] | None = None
    verified: bool | None = None


def asks_for_known(script: Script) -> bool:
    """Whether `known` can make a difference to a plan. Session rules are asked before there is one."""
    tests = [test for rule in script.rules for test in (rule.test, rule.unless) if test is not None]
    if any(isinstance(leaf, Fact) and leaf.name == "reply-to-known" for test in tests for leaf in leaves(test)):
        return True
    actions = (*script.otherwise, *(action for rule in script.rules for action in rule.actions))
    return any(isinstance(action, AssignSame) for action in actions)
