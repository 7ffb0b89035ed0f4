"""What a sink is given for one delivery: the letter with our fields above it, or a letter of our own in its place.

The bytes below our fields are those received, without foreign `X-Sievepy-*` fields. The envelope sender is an address
of ours that names the delivery (`mail.edit.verp`), so that nothing another system answers reaches the author; what came
from the null sender goes on from it. A reference and a notice hold no byte of the letter; they carry our signed trace
all the same, so that one which comes back to us ends here.

A letter that lies in a file stays there: only its header block is looked at.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sievepy.mail.edit import (
    OWN_PREFIX,
    Author,
    Headers,
    Trace,
    digest,
    head,
    holds_headers,
    is_our_trace,
    notice_letter,
    prepend,
    reference_letter,
    strip_foreign,
    trace_field,
    verp,
    wrapped_letter,
    wrapping,
)
from sievepy.relay import notices
from sievepy.relay.deliveries import NOTIFY
from sievepy.relay.passing import unpack
from sievepy.sinks.letter_file import PIECE, LetterFile
from sievepy.sinks.port import ATTEMPT, RETURN_PATH, Parcel
from sievepy.spool.port import Delivery

_LINES = str.maketrans("\r\n\0", "   ")


@dataclass(frozen=True, slots=True)
class Parcels:
    """`author`: who our own letters are from."""

    domain: str
    secret: bytes
    author: Author

    def of(self, delivery: Delivery, target: str, content: bytes | Path) -> Parcel:
        """The letter, or in its place a reference, for a delivery that wants one. Raises OSError for a file that cannot
        be read."""
        if delivery.reference:
            return self._parcel(delivery, target, self._reference(delivery))
        if isinstance(content, Path):
            return self._parcel(delivery, target, self._file(content, self._fields(delivery)))
        return self._parcel(delivery, target, prepend(self._bytes(content), self._fields(delivery)))

    def wrapped(self, delivery: Delivery, target: str, content: bytes | Path, reason: str, at: dt.datetime) -> Parcel:
        """The letter whole, attached to one of our own, for a sink that cannot take it as it is."""
        letter, fields = delivery.letter, self._fields(delivery)
        if isinstance(content, Path):
            before, after = wrapping(letter=letter, reason=reason, at=at, author=self.author, headers=fields)
            return self._parcel(delivery, target, LetterFile(content, before, 0, after, encoded=True))
        data = wrapped_letter(content, letter=letter, reason=reason, at=at, author=self.author, headers=fields)
        return self._parcel(delivery, target, data)

    def notice(self, deliveries: Sequence[Delivery], target: str) -> Parcel:
        """One letter that tells of the letters of these deliveries; of the same ones it is always the same."""
        first, text = deliveries[0], notices.text(deliveries)
        data = notice_letter(
            id=_notice_id(deliveries),
            subject=notices.title(deliveries),
            text=text,
            at=deliveries[-1].created_at,
            author=self.author,
            headers=[self._trace(first, text), *self._about(first)],
        )
        return self._parcel(first, target, data)

    def _reference(self, delivery: Delivery) -> bytes:
        """The same bytes at every attempt: its date is that of the delivery."""
        return reference_letter(
            letter=delivery.letter,
            departments=notices.departments(delivery),
            rules=notices.rules(delivery),
            at=delivery.created_at,
            author=self.author,
            headers=[self._trace(delivery, delivery.id), *self._about(delivery)],
        )

    def _file(self, path: Path, fields: Headers) -> LetterFile:
        """As `prepend` and `strip_foreign`; where there is nothing foreign the file is taken from its beginning."""
        block = b""
        with path.open("rb") as file:
            while (piece := file.read(PIECE)) and not holds_headers(block):
                block += piece
        if OWN_PREFIX.encode() not in block.lower():
            return LetterFile(path, head(fields, block))
        return LetterFile(path, prepend(self._bytes(block), fields), len(block))

    def _parcel(self, delivery: Delivery, target: str, data: bytes | LetterFile) -> Parcel:
        null = not delivery.options.get("sender") and not is_notice(delivery)
        sender = "" if null else verp(delivery.id, self.secret, self.domain)
        return Parcel(
            delivery=delivery.id,
            letter=delivery.letter,
            sender=sender,
            target=target,
            data=data,
            size=len(data) if isinstance(data, bytes) else data.size(),
            options=_options(delivery),
        )

    def _fields(self, delivery: Delivery) -> Headers:
        return [*unpack(delivery.options.get("headers", "")), *self._about(delivery)]

    def _about(self, delivery: Delivery) -> Headers:
        found = [("X-Sievepy-Delivery-ID", delivery.id)]
        if delivery.department is not None:
            found.append(("X-Sievepy-Department", delivery.department.translate(_LINES)))
        return found

    def _trace(self, delivery: Delivery, text: str) -> tuple[str, str]:
        """Of a letter of our own, whose content is `text`."""
        return trace_field(Trace(delivery.letter, digest(text.encode("utf-8", "replace"))), self.secret)

    def _bytes(self, content: bytes) -> bytes:
        return strip_foreign(content, is_our_trace(self.secret))


def is_notice(delivery: Delivery) -> bool:
    """Whether the delivery carries a letter of our own."""
    return delivery.reference or delivery.channel == NOTIFY


def _options(delivery: Delivery) -> Mapping[str, str]:
    """What a sink may need beside the bytes: the author, for a Return-Path, and which attempt this is. A letter
    of our own has no author, and tells nobody who the letter's was. The count begins anew when a person has it tried
    again, but what may have arrived before is no first attempt."""
    sender = "" if is_notice(delivery) else delivery.options.get("sender", "")
    attempt = max(delivery.attempts, 2 if delivery.may_have_arrived else 1)
    return {RETURN_PATH: sender, ATTEMPT: str(attempt)}


def _notice_id(deliveries: Sequence[Delivery]) -> str:
    """For the Message-ID: another set of letters is another notice."""
    first = deliveries[0].id
    if len(deliveries) == 1:
        return first
    return f"{first}.{hashlib.sha256(' '.join(one.id for one in deliveries).encode()).hexdigest()[:16]}"
