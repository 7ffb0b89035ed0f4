"""Where a delivery goes, looked up when it is leased: who is away today, where a place lies now. Pure.

A delivery keeps the target it was planned for. A department that has moved since gets it at its new address, by the
channel of the same kind; one that is not there any more at the old one. What a person has redirected goes where the
person said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sievepy.ir.script import Person
from sievepy.mail.address import canonical
from sievepy.relay.deliveries import BY, EMAIL, FILE, MAILDIR, PLANNED, Directory
from sievepy.relay.settings import Place
from sievepy.sinks.places import components
from sievepy.spool.port import Delivery

_MOST_SUBSTITUTES = 20


@dataclass(frozen=True, slots=True)
class Route:
    """`channel`: which sink; `target`: a mail address, or a maildir's path below the root of maildirs."""

    channel: str
    target: str


@dataclass(frozen=True, slots=True)
class Routes:
    directory: Directory
    places: Mapping[str, Place]
    zone: dt.tzinfo

    def of(self, delivery: Delivery, now: dt.datetime) -> Route | str:
        """The route, or why there is none."""
        match delivery.channel:
            case "email" | "maildir" as channel:
                return Route(channel, self._target(delivery, channel, now))
            case "notify":
                by = delivery.options.get(BY, EMAIL)
                return Route(by, self._target(delivery, by, now))
            case place if place in self.places:
                return self._place(place, delivery.target)
        return f"nothing here delivers by {delivery.channel}"

    def _target(self, delivery: Delivery, channel: str, now: dt.datetime) -> str:
        name = delivery.department
        if name is None or delivery.options.get(PLANNED, delivery.target) != delivery.target:
            return delivery.target
        person = self.directory.persons.get(name)
        if person is not None and name not in self.directory.departments:
            return self._present(person, now.astimezone(self.zone).date())
        targets = [c.target for c in self.directory.channels(name) if c.kind == channel]
        return delivery.target if delivery.target in targets or not targets else targets[0]

    def _present(self, person: Person, day: dt.date) -> str:
        """The address of the person, or of whoever stands in on that day. A department can stand in, too."""
        for _ in range(_MOST_SUBSTITUTES):
            away = next((a for a in person.away if a.first <= day <= a.last), None)
            if away is None:
                break
            substitute = self.directory.persons.get(away.substitute)
            if substitute is None:
                mails = [c.target for c in self.directory.channels(away.substitute) if c.kind == EMAIL]
                return mails[0] if mails else canonical(person.email)
            person = substitute
        return canonical(person.email)

    def _place(self, name: str, target: str) -> Route:
        place = self.places[name]
        if name != FILE or place.channel != MAILDIR:
            return Route(place.channel, place.target)
        return Route(MAILDIR, "/".join((place.target, *components(target))))
