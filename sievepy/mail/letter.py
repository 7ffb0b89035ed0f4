"""One letter as tests see it: every field of the rules language, its values, and whether they are all of it.

A `Letter` joins the bytes (`Message`), the envelope and what is trusted. It decides nothing about matching; the engine
and whoever wants to check the engine both stand on it. Values are made on demand and kept, so that a field is decoded
once a letter. Answers follow the three-valued rule: what is not known is None, or a view that is not complete.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

from sievepy.mail import facts
from sievepy.mail.address import Mailbox, canonical
from sievepy.mail.attachments import Attachments
from sievepy.mail.body import Texts
from sievepy.mail.envelope import Envelope, LateEnvelope
from sievepy.mail.flags import CUT, Flag
from sievepy.mail.language import language_of
from sievepy.mail.message import Message
from sievepy.mail.normal import clean
from sievepy.mail.trust import IPAddress, Trace, Trust
from sievepy.mail.view import NOTHING, UNKNOWN, Segment, View

_LONGEST_DATE = 120  # characters; the longest of RFC 5322 with a comment stays well below
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_USUAL_DATE = re.compile(
    r"\s*(?:[A-Z][a-z]{2}, )?([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ((?:19|20)[0-9]{2})"
    r" ([0-9]{2}):([0-9]{2})(?::([0-9]{2}))? ([+-])([0-9]{2})([0-9]{2})\s*(?:\([A-Za-z0-9 +-]*\)\s*)?"
)
"""As nearly all programs write it; the library's parser, which takes all forms, takes six times as long."""


class AddressValues(NamedTuple):
    """The addresses of a field in canonical form; `view` holds them as written, one segment an address, in the same
    order."""

    values: tuple[str, ...]
    view: View

    @property
    def complete(self) -> bool:
        return self.view.complete


_NO_ADDRESSES = AddressValues((), UNKNOWN)


class Letter:
    """`known`: departments where the letter's thread lives; None or `()`: nobody knows of one. `verified` overrides
    what Authentication-Results say."""

    def __init__(
        self,
        message: Message,
        *,
        envelope: LateEnvelope,
        trust: Trust,
        zone: dt.tzinfo,
        known: tuple[str, ...] | None = None,
        verified: bool | None = None,
    ) -> None:
        self.message = message
        self._envelope = envelope
        self.known = known
        self._trust = trust
        self._zone = zone
        self._verified = verified
        self._views: dict[tuple[str, str | None], View] = {}
        self._addresses: dict[str, AddressValues] = {}

    @property
    def envelope(self) -> Envelope:
        if not isinstance(self._envelope, Envelope):
            self._envelope = self._envelope()
        return self._envelope

    # ------------------------------------------------------------ text

    def view(self, kind: str, name: str | None = None) -> View:
        """The values of a field that operators on text apply to; `name` for `header` only."""
        found = self._views.get((kind, name))
        if found is None:
            found = self._views[kind, name] = self._make_view(kind, name)
        return found

    def _make_view(self, kind: str, name: str | None) -> View:
        if kind in _TEXTS:
            return _TEXTS[kind](self.texts)
        if kind == "header" and name is not None:
            return self._header(name)
        if kind in _ADDRESS_HEADERS or kind in ("envelope-from", "envelope-to"):
            return self.addresses(kind).view
        if kind.endswith("-name"):
            return self._display_names(kind.removesuffix("-name"))
        if kind in ("helo", "source", "folder"):
            return _word(kind, getattr(self.envelope, kind))
        if kind == "language":
            return self._language()
        raise ValueError(f"no field of text: {kind}")

    @cached_property
    def texts(self) -> Texts:
        return Texts(self.message)

    def _header(self, name: str) -> View:
        headers = self.message.header(name)
        if not headers.values:
            return View((), headers.complete)
        labels = (name if i == 1 else f"{name}#{i}" for i in range(1, len(headers.values) + 1))
        segments = tuple(Segment(label, clean(v)) for label, v in zip(labels, headers.values, strict=True))
        return View(segments, headers.complete)

    def _language(self) -> View:
        """Of the sender's own words, or where these are too few to tell of the whole subject and body."""
        for view in (self.view("text"), View((*self.view("subject").segments, *self.view("body").segments))):
            language = language_of(" ".join(segment.folded for segment in view.segments))
            if language is not None:
                return View((Segment("language", language),))
        return UNKNOWN if not self.view("body").complete else NOTHING

    # ------------------------------------------------------------ addresses

    def addresses(self, kind: str) -> AddressValues:
        """The addresses of `from to cc sender reply-to envelope-from envelope-to`."""
        found = self._addresses.get(kind)
        if found is None:
            found = self._addresses[kind] = self._find_addresses(kind)
        return found

    def _find_addresses(self, kind: str) -> AddressValues:
        if kind == "envelope-from":
            sender = self.envelope.sender
            return _NO_ADDRESSES if sender is None else _addresses(kind, (sender,))
        if kind == "envelope-to":
            recipients = self.envelope.recipients
            return _NO_ADDRESSES if recipients is None else _addresses(kind, recipients)
        mailboxes, complete = self._mailboxes(kind)
        return _addresses(kind, (mailbox.address for mailbox in mailboxes if mailbox.address), complete)

    def _mailboxes(self, kind: str) -> tuple[tuple[Mailbox, ...], bool]:
        return self.message.mailboxes(_ADDRESS_HEADERS[kind])

    def _display_names(self, kind: str) -> View:
        mailboxes, complete = self._mailboxes(kind)
        names = [clean(mailbox.name) for mailbox in mailboxes]
        return View(tuple(Segment(_label(kind, i), n) for i, n in enumerate(names, 1) if n), complete)

    # ------------------------------------------------------------ other values

    def exists(self, kind: str, name: str | None = None) -> bool | None:
        """Whether the field holds anything."""
        match kind:
            case "attachment":
                return True if self.attachments.items else _absent(self.attachments.complete)
            case "size":
                return True
            case "client-ip":
                return self.client_ip() is not None or None
            case "spam-score":
                return self.number(kind) is not None or _absent(self.trace.known)
            case "date":
                return self.day(kind) is not None
            case "received":
                return self.received_at() is not None or None
        view = self.view(kind, name)
        there = any(segment.clean for segment in view.segments) or (kind == "header" and view.segments)
        return True if there else _absent(view.complete)

    def number(self, kind: str) -> float | None:
        """`size` in bytes, or the trusted `spam-score`; None: unknown."""
        if kind == "size":
            return float(self.message.size)
        return self.trace.number(self._trust.spam_score)

    def client_ip(self) -> IPAddress | None:
        """Who handed the letter to our outermost server: of the session, else of the trusted Received header."""
        if self.envelope.client_ip is None:
            return self.trace.client_ip()
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.envelope.client_ip)
        return None

    def received_at(self) -> dt.datetime | None:
        """The moment of first arrival, in the zone."""
        moment = self.envelope.received_at
        if moment is None and self.trace.known and self.trace.boundary is not None:
            moment = parse_date(self.trace.boundary.rpartition(";")[2])
        return None if moment is None else moment.astimezone(self._zone)

    def day(self, which: str) -> dt.date | None:
        """The day of the Date header (as its author counts) or of arrival (in the zone); None if there is none."""
        if which == "received":
            moment = self.received_at()
            return None if moment is None else moment.date()
        for value in self.message.header("Date").values:
            sent = parse_date(value)
            return None if sent is None else sent.date()
        return None

    @cached_property
    def trace(self) -> Trace:
        return Trace(self.message, self._trust)

    @cached_property
    def attachments(self) -> Attachments:
        return Attachments.of(self.message)

    # ------------------------------------------------------------ facts

    def fact(self, name: str) -> bool | None:
        """A fact of `ir.conditions.Fact`; None: unknown."""
        return _FACTS[name](self)

    def bounce(self) -> bool | None:
        if self.envelope.sender:
            return False
        return facts.is_status_report(self.message)

    def verified(self) -> bool | None:
        """DMARC passed (RFC 7489: that is SPF or DKIM aligned with From), and From is the domain it passed for."""
        if self._verified is not None:
            return self._verified
        verdicts = self.trace.verdicts()
        if verdicts is None:
            return None
        domains = {address.rpartition("@")[2] for address in self.addresses("from").values}
        passed = [v for v in verdicts if v.method == "dmarc" and v.result == "pass"]
        return len(domains) == 1 and any(v.header_from is None or canonical(v.header_from) in domains for v in passed)

    def authentication(self, method: str, result: str) -> bool | None:
        """Whether the trusted service found `method` to `pass` or `fail`; None where it said nothing about it."""
        verdicts = self.trace.verdicts()
        results = {v.result for v in verdicts or () if v.method == method}
        if not results:
            return None
        if method == "dkim" and "pass" in results:  # one good signature is enough (RFC 6376 6.1)
            return result == "pass"
        return result in results

    def truncated(self) -> bool:
        """Whether any of it was cut. Reads the whole letter, so that the answer does not depend on who asked before."""
        for kind in (*_TEXTS, *_ADDRESS_HEADERS):
            self.view(kind)
        self.message.parts()
        return any(flag in CUT for flag in self.message.flags)

    def mime_ambiguous(self) -> bool:
        self.message.parts()
        return Flag.MIME_AMBIGUOUS in self.message.flags

    @property
    def flags(self) -> tuple[str, ...]:
        return self.message.flags


_ADDRESS_HEADERS = {"from": "From", "to": "To", "cc": "Cc", "sender": "Sender", "reply-to": "Reply-To"}
_TEXTS: dict[str, Callable[[Texts], View]] = {
    "subject": lambda texts: texts.subject,
    "body": lambda texts: texts.body,
    "text": lambda texts: texts.text,
    "content": lambda texts: texts.content,
    "full-text": lambda texts: texts.full_text,
}
_FACTS: dict[str, Callable[[Letter], bool | None]] = {
    "mailing-list": lambda letter: facts.is_mailing_list(letter.message),
    "auto-reply": lambda letter: facts.is_auto_reply(letter.message),
    "auto-generated": lambda letter: facts.is_auto_generated(letter.message),
    "bounce": Letter.bounce,
    "empty": lambda letter: letter.texts.empty,
    "reply-to-known": lambda letter: bool(letter.known),
    "verified": Letter.verified,
    "mime-ambiguous": Letter.mime_ambiguous,
    "truncated": Letter.truncated,
}


def parse_date(value: str) -> dt.datetime | None:
    """The aware moment of an RFC 5322 3.3 date; a missing or unknown zone is read as UTC. None if it is none."""
    usual = _USUAL_DATE.fullmatch(value[:_LONGEST_DATE])
    try:
        if usual is not None:
            return _usual_date(*usual.groups(default="0"))
        parsed = email.utils.parsedate_tz(value[:_LONGEST_DATE].strip())
        if parsed is None:
            return None
        zone = dt.timezone(dt.timedelta(seconds=parsed[9] or 0))
        return dt.datetime(*parsed[:6], tzinfo=zone)
    except (ValueError, OverflowError, IndexError, TypeError):  # a date no calendar has
        return None


def _usual_date(
    day: str, month: str, year: str, hour: str, minute: str, second: str, sign: str, hours: str, minutes: str
) -> dt.datetime:
    east = dt.timedelta(hours=int(hours), minutes=int(minutes))
    zone = dt.timezone(-east if sign == "-" else east)
    return dt.datetime(
        int(year), _MONTHS.index(month) // 3 + 1, int(day), int(hour), int(minute), int(second), tzinfo=zone
    )


def _absent(complete: bool) -> bool | None:
    return False if complete else None


def _label(kind: str, number: int) -> str:
    return kind if number == 1 else f"{kind}#{number}"


def _word(kind: str, value: str | None) -> View:
    return UNKNOWN if value is None else View((Segment(kind, clean(value)),))


def _addresses(kind: str, written: Iterable[str], complete: bool = True) -> AddressValues:
    texts = tuple(written)
    segments = tuple(Segment(_label(kind, i), clean(text)) for i, text in enumerate(texts, 1))
    return AddressValues(tuple(canonical(text) for text in texts), View(segments, complete))
