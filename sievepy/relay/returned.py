"""What comes back to the envelope sender of a delivery (`mail.edit.verp`): did the delivery fail after all?

Everything that is sent to such an address was made by a mail system, and none of it concerns the author: it is never
judged by rules and never passed on. A delivery-status report of a failure (RFC 3464) makes the delivery a dead letter;
a report of a delay, and an automatic answer, change nothing; what is none of these is taken for a failure.
"""

from __future__ import annotations

import datetime as dt
import enum
import re

from sievepy.mail.envelope import Envelope
from sievepy.mail.letter import Letter
from sievepy.mail.message import Message
from sievepy.mail.trust import NO_TRUST

_ACTION = re.compile(r"^action[ \t]*:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"^status[ \t]*:[ \t]*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_REPORT = "message/delivery-status"


class Came(enum.StrEnum):
    FAILURE = "failure"
    DELAY = "delay"  # or another report that is no failure
    ANSWER = "automatic answer"


def what_came(message: Message, envelope: Envelope) -> tuple[Came, str]:
    """What it is, and the report's status codes, or nothing, as text."""
    reports = [part.text().text for part in message.parts() if part.type == _REPORT]
    if reports:
        actions = {action.lower() for report in reports for action in _ACTION.findall(report)}
        codes = ", ".join(dict.fromkeys(code for report in reports for code in _STATUS.findall(report)))
        return (Came.FAILURE if not actions or "failed" in actions else Came.DELAY), codes
    letter = Letter(message, envelope=envelope, trust=NO_TRUST, zone=dt.UTC)
    answer = letter.fact("auto-reply") is True and envelope.sender != ""
    return (Came.ANSWER if answer else Came.FAILURE), ""
