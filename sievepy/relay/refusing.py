"""What session rules say to a sender who waits: at RCPT by the envelope alone, after the final dot by headers and size.

A rule that asks for more than the envelope is silent at RCPT, where a missing header would be no answer but a mistake.
After the dot there is one reply for all recipients, so a letter is refused only if each recipient's would be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sievepy.engine.atoms import leaves
from sievepy.engine.context import EvalContext
from sievepy.engine.program import Program, build
from sievepy.ir.conditions import Atom, ClientIp, DateIs, ReceivedDay, ReceivedIn, ReceivedTime, Test
from sievepy.ir.script import Rule, Script
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.mail.trust import Trust
from sievepy.plan import Defer, Reject
from sievepy.relay.passing import client_envelope

_BEFORE_DATA = frozenset({"envelope-from", "envelope-to", "helo", "client-ip", "source"})
_NOTHING = Message(b"")


@dataclass(frozen=True, slots=True)
class Refusing:
    """The session rules of one program. `early` are those that the envelope decides."""

    early: Program | None
    whole: Program | None
    zone: dt.tzinfo
    trust: Trust

    @classmethod
    def of(cls, script: Script, zone: dt.tzinfo, trust: Trust) -> Refusing:
        rules = script.session_rules
        early = tuple(rule for rule in rules if _by_envelope(rule))
        return cls(_program(script, early), _program(script, rules) if len(early) < len(rules) else None, zone, trust)

    def at_recipient(self, envelope: Envelope, now: dt.datetime) -> Reject | Defer | None:
        """`envelope` has the one recipient that is asked for."""
        return self._say(self.early, _NOTHING, envelope, now)

    def at_end(self, message: Callable[[], Message], envelope: Envelope, now: dt.datetime) -> Reject | Defer | None:
        """`message` is made only if a rule looks at it."""
        if self.whole is None or not envelope.recipients:
            return None
        letter = message()
        said = None
        for recipient in envelope.recipients:
            said = self._say(self.whole, letter, replace(envelope, recipients=(recipient,)), now)
            if said is None:
                return None
        return said

    def _say(
        self, program: Program | None, message: Message, envelope: Envelope, now: dt.datetime
    ) -> Reject | Defer | None:
        if program is None:
            return None
        seen = client_envelope(envelope, self.trust.trusted_hops)
        return program.session(message, EvalContext(now, self.zone, seen, self.trust))


def _program(script: Script, rules: tuple[Rule, ...]) -> Program | None:
    return build(replace(script, rules=(), session_rules=rules)) if rules else None


def _by_envelope(rule: Rule) -> bool:
    tests: Iterable[Test] = (rule.test,) if rule.unless is None else (rule.test, rule.unless)
    return all(_is_early(atom) for test in tests for atom in leaves(test))


def _is_early(atom: Atom) -> bool:
    match atom:
        case ClientIp() | ReceivedIn() | ReceivedDay() | ReceivedTime():
            return True
        case DateIs(field=field):
            return field == "received"
    return getattr(getattr(atom, "field", None), "kind", None) in _BEFORE_DATA
