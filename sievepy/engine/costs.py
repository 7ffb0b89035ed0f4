"""What a test costs, in ranks: from what is known without the letter's text to what makes the whole of it be read."""

from __future__ import annotations

from sievepy.ir.conditions import (
    AllOf,
    AnyOf,
    Assigned,
    Attachment,
    Authentication,
    ClientIp,
    DateIs,
    Fact,
    Not,
    ReceivedDay,
    ReceivedIn,
    ReceivedTime,
    Tagged,
    Test,
)

_KNOWN = 0  # the envelope, what rules have done
_HEADERS = 1
_STRUCTURE = 2  # the MIME tree
_BODY = 3
_WHOLE = 4  # every text of the letter

_FIELDS = {
    "envelope-from": _KNOWN, "envelope-to": _KNOWN, "client-ip": _KNOWN, "helo": _KNOWN, "source": _KNOWN,
    "folder": _KNOWN, "size": _KNOWN, "attachment": _STRUCTURE, "attachment-name": _STRUCTURE,
    "attachment-type": _STRUCTURE, "attachment-size": _STRUCTURE, "attachment-kind": _BODY, "attachment-text": _WHOLE,
    "body": _BODY, "text": _BODY, "language": _BODY, "content": _WHOLE, "full-text": _WHOLE,
}  # fmt: skip
_FACTS = {
    "reply-to-known": _KNOWN,
    "bounce": _STRUCTURE,
    "empty": _BODY,
    "mime-ambiguous": _STRUCTURE,
    "truncated": _WHOLE,
}


def cost(test: Test) -> int:
    """The rank of the dearest thing that answering the test may make us read."""
    match test:
        case Not(inner):
            return cost(inner)
        case Attachment(inner):
            return max(_STRUCTURE, cost(inner))
        case AllOf(tests) | AnyOf(tests):
            return max(map(cost, tests), default=_KNOWN)
        case Assigned() | Tagged() | ClientIp():
            return _KNOWN
        case Fact(name):
            return _FACTS.get(name, _HEADERS)
        case DateIs() | ReceivedIn() | ReceivedDay() | ReceivedTime() | Authentication():
            return _HEADERS
    return _FIELDS.get(test.field.kind, _HEADERS)
