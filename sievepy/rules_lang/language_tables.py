"""Which operator fits which field, and which action stands where: the language's tables as literal data.

The checker refuses what is not in them, the lowering dispatches on them, and the language's reference is printed from
them. To add an operator or an action, begin here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OperandKind = Literal[
    "phrases", "near", "exact", "literals", "strings", "words", "regexes", "addresses", "networks", "hours", "days",
    "window", "dates", "size", "number", "kind", "language", "source", "nothing",
]  # fmt: skip
"""What stands behind an operator. Strings and `@phrases`: `phrases` and `near` are inflected, `exact` and `literals`
taken as written. `strings` are strings only, `words` bare values too."""

# ---------------------------------------------------------------- operators

_WORDS: Mapping[str, OperandKind] = {
    "mentions": "phrases",
    "mentions exact": "exact",
    "mentions all of": "near",
}
_PARTS: Mapping[str, OperandKind] = {
    "contains": "literals",
    "starts": "literals",
    "ends": "literals",
    "like": "literals",
    "matches": "regexes",
}
_PRESENCE: Mapping[str, OperandKind] = {"exists": "nothing", "absent": "nothing"}
_IS_TEXT: Mapping[str, OperandKind] = {"is": "strings"}
_IS_WORD: Mapping[str, OperandKind] = {"is": "words"}
_HAS_IP: Mapping[str, OperandKind] = {"has ip in": "networks"}
_SIZES: Mapping[str, OperandKind] = {"<": "size", "<=": "size", "is": "size", ">=": "size", ">": "size"}
_NUMBERS: Mapping[str, OperandKind] = {"<": "number", "<=": "number", "is": "number", ">=": "number", ">": "number"}
_VERDICT: Mapping[str, OperandKind] = {"pass": "nothing", "fail": "nothing"}

_TEXT = {**_WORDS, **_PARTS, **_IS_TEXT, **_HAS_IP, **_PRESENCE}
_NAME = {**_WORDS, **_PARTS, **_IS_TEXT, **_PRESENCE}
_ADDRESS: Mapping[str, OperandKind] = {**_WORDS, **_PARTS, "is": "addresses", **_PRESENCE}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field as rules write it. `operators`: what may stand behind it, and which operands behind that. `several`: it
    can have several values, so that `every` says something. `session`: it is known while the sender still waits
    (connection, HELO, envelope, headers, size)."""

    kind: str
    operators: Mapping[str, OperandKind]
    several: bool = False
    session: bool = False


FIELDS: Mapping[str, FieldSpec] = {
    "from": FieldSpec("from", _ADDRESS, several=True, session=True),
    "to": FieldSpec("to", _ADDRESS, several=True, session=True),
    "cc": FieldSpec("cc", _ADDRESS, several=True, session=True),
    "sender": FieldSpec("sender", _ADDRESS, several=True, session=True),
    "reply-to": FieldSpec("reply-to", _ADDRESS, several=True, session=True),
    "from name": FieldSpec("from-name", _NAME, several=True, session=True),
    "to name": FieldSpec("to-name", _NAME, several=True, session=True),
    "cc name": FieldSpec("cc-name", _NAME, several=True, session=True),
    "sender name": FieldSpec("sender-name", _NAME, several=True, session=True),
    "reply-to name": FieldSpec("reply-to-name", _NAME, several=True, session=True),
    "envelope-from": FieldSpec("envelope-from", _ADDRESS, several=True, session=True),
    "envelope-to": FieldSpec("envelope-to", _ADDRESS, several=True, session=True),
    "client ip": FieldSpec("client-ip", {"in": "networks", **_PRESENCE}, session=True),
    "helo": FieldSpec("helo", {**_TEXT, **_IS_WORD}, session=True),
    "subject": FieldSpec("subject", _TEXT, several=True, session=True),
    "body": FieldSpec("body", _TEXT, several=True),
    "text": FieldSpec("text", _TEXT, several=True),
    "content": FieldSpec("content", _TEXT, several=True),
    "full-text": FieldSpec("full-text", _TEXT, several=True),
    "header": FieldSpec("header", _TEXT, several=True, session=True),
    "size": FieldSpec("size", _SIZES, session=True),
    "date": FieldSpec("date", {"is": "dates", **_PRESENCE}, session=True),
    "received": FieldSpec("received", {"in": "hours", "is": "dates"}, session=True),
    "received day": FieldSpec("received", {"is": "days"}, session=True),
    "received time": FieldSpec("received", {"is": "window"}, session=True),
    "language": FieldSpec("language", {"is": "language", **_PRESENCE}),
    "source": FieldSpec("source", {"is": "source"}),
    "folder": FieldSpec("folder", {**_PARTS, **_IS_WORD, **_PRESENCE}),
    "spf": FieldSpec("spf", _VERDICT, session=True),
    "dkim": FieldSpec("dkim", _VERDICT, session=True),
    "dmarc": FieldSpec("dmarc", _VERDICT, session=True),
    "spam score": FieldSpec("spam-score", {**_NUMBERS, **_PRESENCE}, session=True),
    "attachment": FieldSpec("attachment", _PRESENCE),
    "attachment name": FieldSpec("attachment-name", _NAME, several=True),
    "attachment type": FieldSpec("attachment-type", {**_PARTS, **_IS_WORD}, several=True),
    "attachment kind": FieldSpec("attachment-kind", {"is": "kind"}, several=True),
    "attachment size": FieldSpec("attachment-size", _SIZES, several=True),
    "attachment text": FieldSpec("attachment-text", _TEXT, several=True),
}
ATTACHMENT_PARTS = ("name", "type", "kind", "size", "text")
"""The fields inside `attachment { … }`; outside, `attachment name` and so on."""

KINDS = ("pdf", "image", "audio", "video", "archive", "office", "executable", "letter", "text", "empty", "other")
"""What `kind is` knows: the answers of `mail.kinds.kind_of`."""
LANGUAGES = ("ru", "kk", "en")
SOURCES = ("relay", "maildir", "imap", "mbox")

SESSION_FACTS = frozenset({"mailing-list", "auto-reply", "auto-generated", "verified"})
"""Facts that connection, envelope and headers tell; the others need the letter's body or other rules."""
FACTS = (
    "mailing-list", "auto-reply", "auto-generated", "bounce", "empty", "reply to known", "verified", "assigned",
    "tagged", "mime ambiguous", "truncated",
)  # fmt: skip

# ---------------------------------------------------------------- actions

ActionOperand = Literal[
    "recipients", "recipient", "tags", "addresses", "folder", "line", "optional line", "name", "file", "duration",
    "bitrix", "nothing",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An action as rules write it. `once`: a second one in the same rule would contradict or repeat the first.
    `place`: what the configuration must have for it (see `settings.Settings`)."""

    operand: ActionOperand
    destination: bool = False
    session: bool = False
    once: bool = False
    place: str | None = None


ACTIONS: Mapping[str, ActionSpec] = {
    "assign": ActionSpec("recipients", destination=True),
    "assign same": ActionSpec("nothing", destination=True, once=True),
    "also assign": ActionSpec("recipients", destination=True),
    "file": ActionSpec("folder", destination=True, place="file"),
    "forward": ActionSpec("addresses", destination=True, place="email"),
    "quarantine": ActionSpec("optional line", destination=True, once=True, place="quarantine"),
    "discard": ActionSpec("nothing", destination=True, once=True, place="discard"),
    "triage": ActionSpec("nothing", destination=True, once=True, place="triage"),
    "propose": ActionSpec("recipient", destination=True, once=True, place="triage"),
    "tag": ActionSpec("tags"),
    "copy": ActionSpec("addresses", place="email"),
    "notify": ActionSpec("recipients", place="notify"),
    "bitrix": ActionSpec("bitrix", place="portal"),
    "print": ActionSpec("name", place="printer"),
    "pipe": ActionSpec("name", place="program"),
    "sla": ActionSpec("duration", once=True),
    "reply": ActionSpec("file", once=True, place="reply"),
    "subject prefix": ActionSpec("line", once=True),
    "reject": ActionSpec("line", session=True, once=True, place="edge"),
    "defer": ActionSpec("line", session=True, once=True, place="edge"),
    "continue": ActionSpec("nothing", once=True),
}
