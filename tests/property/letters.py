"""Letters made to measure: every field's values are given, whole or cut, known or not, without bytes.

`StoredLetter` stands in for what a real `Letter` reads of a message; tests that count what is read, and those that
need views no byte could bring about at will, use it. Real bytes are in `strategies.byte_letters`.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

from sievepy.mail.attachments import Attached, Attachments
from sievepy.mail.letter import AddressValues, Letter
from sievepy.mail.view import NOTHING, Segment, View

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Values:
    """A field's clean values, and whether they are all."""

    texts: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True)
class StoredAttachment:
    number: str = "2"
    size: int = 0
    fields: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """What a letter holds; fields not named are empty and whole."""

    fields: Mapping[tuple[str, str | None], Values] = field(default_factory=dict)
    addresses: Mapping[str, Values] = field(default_factory=dict)
    headers_complete: bool = True
    size: int = 1000
    spam_score: float | None = None
    client_ip: IPAddress | None = None
    date: dt.date | None = None
    received_at: dt.datetime | None = None
    facts: Mapping[str, bool | None] = field(default_factory=dict)
    authentication: Mapping[tuple[str, str], bool | None] = field(default_factory=dict)
    attachments: tuple[StoredAttachment, ...] = ()
    attachments_complete: bool = True


class StoredAttached(Attached):
    """One attachment of a stored letter."""

    def __init__(self, stored: StoredAttachment, reads: Counter[str]) -> None:
        object.__setattr__(self, "part", SimpleNamespace(number=stored.number))
        object.__setattr__(self, "stored", stored)
        object.__setattr__(self, "reads", reads)
        object.__setattr__(self, "made", {})

    @property
    def size(self) -> int:
        return self.stored.size  # type: ignore[no-any-return, attr-defined]

    def view(self, field: str) -> View:
        made: dict[str, View] = self.made  # type: ignore[attr-defined]
        if field not in made:
            self.reads[f"{field} of {self.part.number}"] += 1  # type: ignore[attr-defined]
            made[field] = _view(self.part.number, self.stored.fields.get(field))  # type: ignore[attr-defined]
        return made[field]


class StoredLetter(Letter):
    """A letter whose values are given. `reads` counts how often each field was asked for."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.reads: Counter[str] = Counter()
        names = {name.lower() for kind, name in stored.fields if kind == "header" and name is not None}
        self.message = SimpleNamespace(header_fields=lambda: [SimpleNamespace(name=name) for name in sorted(names)])
        self.trace = SimpleNamespace(known=stored.spam_score is not None)
        items = tuple(StoredAttached(each, self.reads) for each in stored.attachments)
        self._attached = Attachments(items, stored.attachments_complete)

    def view(self, kind: str, name: str | None = None) -> View:
        self.reads[kind if name is None else f"{kind} {name.lower()}"] += 1
        if kind in self.stored.addresses:
            return self.addresses(kind).view
        values = self.stored.fields.get((kind, name.lower() if name else None))
        if values is None and kind == "header":
            values = Values((), self.stored.headers_complete)
        return _view(name or kind, values)

    def addresses(self, kind: str) -> AddressValues:
        self.reads[f"{kind} addresses"] += 1
        values = self.stored.addresses.get(kind, Values())
        return AddressValues(values.texts, _view(kind, values))

    def number(self, kind: str) -> float | None:
        return float(self.stored.size) if kind == "size" else self.stored.spam_score

    def client_ip(self) -> IPAddress | None:
        return self.stored.client_ip

    def received_at(self) -> dt.datetime | None:
        return self.stored.received_at

    def day(self, which: str) -> dt.date | None:
        if which == "date":
            return self.stored.date
        return self.stored.received_at.date() if self.stored.received_at else None

    def fact(self, name: str) -> bool | None:
        self.reads[f"fact {name}"] += 1
        return self.stored.facts.get(name, False)

    def authentication(self, method: str, result: str) -> bool | None:
        return self.stored.authentication.get((method, result))

    @property
    def attachments(self) -> Attachments:  # type: ignore[override]
        self.reads["attachments"] += 1
        return self._attached

    @property
    def flags(self) -> tuple[str, ...]:
        return ()


def _view(label: str, values: Values | None) -> View:
    if values is None:
        return NOTHING
    labels = (label if i == 1 else f"{label}#{i}" for i in range(1, len(values.texts) + 1))
    segments = (Segment(part, text) for part, text in zip(labels, values.texts, strict=True))
    return View(tuple(segments), values.complete)
