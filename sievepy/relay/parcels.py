"""What a sink is given for one delivery: the letter with our fields above it, or a letter of our own in its place.

The bytes below our fields are those received, without foreign `X-Sievepy-*` fields. The envelope sender is an address
of ours that names the delivery (`mail.edit.verp`), so that nothing another system answers reaches the author; what came
from the null sender goes on from it. A reference and a notice hold no byte of the letter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sievepy.mail.edit import (
    Author,
    Headers,
    is_our_trace,
    notice_letter,
    prepend,
    reference_letter,
    strip_foreign,
    verp,
    wrapped_letter,
)
from sievepy.relay.deliveries import NOTIFY
from sievepy.relay.passing import unpack
from sievepy.sinks.port import ATTEMPT, RETURN_PATH, Parcel
from sievepy.spool.port import Delivery

_LINES = str.maketrans("\r\n\0", "   ")


@dataclass(frozen=True, slots=True)
class Parcels:
    """`author`: who our own letters are from."""

    domain: str
    secret: bytes
    author: Author

    def of(self, delivery: Delivery, target: str, content: bytes) -> Parcel:
        if is_notice(delivery):
            return self._parcel(delivery, target, self._own(delivery))
        return self._parcel(delivery, target, prepend(self._bytes(content), self._fields(delivery)))

    def wrapped(self, delivery: Delivery, target: str, content: bytes, reason: str, at: dt.datetime) -> Parcel:
        """The letter whole, attached to one of our own, for a sink that cannot take it as it is."""
        data = wrapped_letter(
            content,
            letter=delivery.letter,
            reason=reason,
            at=at,
            author=self.author,
            headers=self._fields(delivery),
        )
        return self._parcel(delivery, target, data)

    def _own(self, delivery: Delivery) -> bytes:
        """The same bytes at every attempt: its date is that of the delivery."""
        departments = tuple(d for d in delivery.options.get("departments", "").split("\n") if d)
        rules = tuple(rule.translate(_LINES) for rule in delivery.rules)
        at, fields = delivery.created_at, self._about(delivery)
        if delivery.reference or delivery.channel != NOTIFY:
            return reference_letter(
                letter=delivery.letter, departments=departments, rules=rules, at=at, author=self.author, headers=fields
            )
        facts = [
            ("Queue id", delivery.letter),
            *(("Department", d) for d in departments),
            *(("Rule", r) for r in rules),
        ]
        text = "A letter came.\n\n" + "".join(f"{name}: {value}\n" for name, value in facts)
        return notice_letter(
            id=delivery.id,
            subject=f"Letter {delivery.letter}",
            text=text,
            at=at,
            author=self.author,
            headers=fields,
        )

    def _parcel(self, delivery: Delivery, target: str, data: bytes) -> Parcel:
        null = not delivery.options.get("sender") and not is_notice(delivery)
        sender = "" if null else verp(delivery.id, self.secret, self.domain)
        return Parcel(
            delivery=delivery.id,
            letter=delivery.letter,
            sender=sender,
            target=target,
            data=data,
            size=len(data),
            options=_options(delivery),
        )

    def _fields(self, delivery: Delivery) -> Headers:
        return [*unpack(delivery.options.get("headers", "")), *self._about(delivery)]

    def _about(self, delivery: Delivery) -> Headers:
        found = [("X-Sievepy-Delivery-ID", delivery.id)]
        if delivery.department is not None:
            found.append(("X-Sievepy-Department", delivery.department.translate(_LINES)))
        return found

    def _bytes(self, content: bytes) -> bytes:
        return strip_foreign(content, is_our_trace(self.secret))


def is_notice(delivery: Delivery) -> bool:
    """Whether the delivery carries a letter of our own."""
    return delivery.reference or delivery.channel == NOTIFY


def _options(delivery: Delivery) -> Mapping[str, str]:
    """What a sink may need beside the bytes: the author, for a Return-Path, and which attempt this is. A letter
    of our own has no author, and tells nobody who the letter's was."""
    sender = "" if is_notice(delivery) else delivery.options.get("sender", "")
    return {RETURN_PATH: sender, ATTEMPT: str(delivery.attempts)}
