"""From a plan to the deliveries the queue is to make: one for each channel and target. Pure.

    assign         the department's channels: the primary one, `also` ones beside it, `fallback` ones held behind it
    file, triage, propose     their places
    quarantine, discard       their places, held until a person releases the letter
    forward, copy             e-mail to the literal address
    notify                    a notice, which holds nothing of the letter but perhaps its subject; `digest`: later

What quarantine keeps back (`Plan.kept`) is held with it, and released with it. Equal targets are merged by the queue,
which every adapter of it does alike. A letter always goes somewhere: a plan that comes to nothing is one for triage.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sievepy.ir.script import Channel, Department, Person
from sievepy.mail.address import canonical
from sievepy.plan import (
    Assign,
    Copy,
    Discard,
    FileInto,
    Forward,
    Notify,
    Plan,
    Planned,
    Propose,
    Quarantine,
    Triage,
)
from sievepy.spool.port import NewDelivery

EMAIL, MAILDIR, NOTIFY = "email", "maildir", "notify"
TRIAGE, FILE, QUARANTINE, DISCARD = "triage", "file", "quarantine", "discard"
PLANNED = "planned"
"""The option with a delivery's first target: one that has another now was redirected by a person."""
DIGEST = "digest"
"""The option of a notice that goes with others in one letter: how many seconds it waits for them."""
SUBJECT = "subject"
"""The option of a notice with the letter's subject."""
BY = "by"
"""The option of a notice that goes by another channel than e-mail."""
AN_ALARM = "alarm"
"""The option of a delivery of one of our own alarms."""
HERE = "here"
"""The target of a place that is one: where it lies is looked up when its delivery is leased."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Who can be delivered to, by name."""

    departments: Mapping[str, Department]
    persons: Mapping[str, Person]

    @classmethod
    def of(cls, departments: Iterable[Department], persons: Iterable[Person]) -> Directory:
        return cls({d.name: d for d in departments}, {p.name: p for p in persons})

    def channels(self, name: str) -> tuple[Channel, ...]:
        """A department's channels, the primary one first; a person's e-mail; none for a name nobody has."""
        if (department := self.departments.get(name)) is not None:
            return tuple(sorted(department.channels, key=lambda channel: channel.role != "primary"))
        person = self.persons.get(name)
        return () if person is None else (Channel(EMAIL, canonical(person.email)),)

    def restricted(self, name: str) -> bool:
        department = self.departments.get(name)
        return department is not None and department.restricted


def deliveries_of(
    plan: Plan, directory: Directory, options: Mapping[str, str], subject: str = ""
) -> tuple[NewDelivery, ...]:
    """The deliveries of a plan, in its order; `options` go with each, and the target it was planned for. `subject`: for
    notices that are to have it."""
    found: list[NewDelivery] = []
    for planned in plan.actions:
        _add(found, _made(planned, directory, subject))
    for planned in plan.kept:
        _add(found, [replace(one, held=True) for one in _made(planned, directory, subject)])
    if all(one.channel == NOTIFY or one.fallback_of is not None for one in found):
        found.append(NewDelivery(TRIAGE, HERE, rules=plan.rules))
    return tuple(replace(one, options={**options, **one.options, PLANNED: one.target}) for one in found)


def _add(found: list[NewDelivery], more: Iterable[NewDelivery]) -> None:
    """Fallbacks count from the first delivery of their own department. Whoever is notified twice is told once."""
    start = len(found)
    for one in more:
        place = next((at for at, other in enumerate(found) if one.channel == NOTIFY and _is_same(one, other)), None)
        if place is not None:
            found[place] = _joined(found[place], one)
        else:
            found.append(one if one.fallback_of is None else replace(one, fallback_of=start + one.fallback_of))


def _is_same(one: NewDelivery, other: NewDelivery) -> bool:
    return (one.channel, one.target, one.held) == (other.channel, other.target, other.held)


def _joined(one: NewDelivery, other: NewDelivery) -> NewDelivery:
    """As soon as either is to go, and with the subject if either is to have it."""
    sooner = min(one, other, key=lambda notice: notice.wait)
    options = {key: text for key, text in {**one.options, **other.options}.items() if key != DIGEST}
    if DIGEST in sooner.options:
        options[DIGEST] = sooner.options[DIGEST]
    rules = tuple(dict.fromkeys((*one.rules, *other.rules)))
    return replace(one, rules=rules, options=options, wait=sooner.wait)


def _made(planned: Planned, directory: Directory, subject: str) -> list[NewDelivery]:
    match planned.action:
        case Assign(department=name):
            return list(_assigned(name, planned, directory))
        case FileInto(folder=folder):
            return [_one(FILE, folder, planned)]
        case Triage() | Propose():
            return [_one(TRIAGE, HERE, planned)]
        case Quarantine():
            return [replace(_one(QUARANTINE, HERE, planned), held=True)]
        case Discard():
            return [replace(_one(DISCARD, HERE, planned), held=True)]
        case Forward(address=address) | Copy(address=address):
            return [_one(EMAIL, canonical(address), planned)]
        case Notify() as notify:
            return [
                _notice(notify, channel, planned, subject if notify.with_subject else "")
                for channel in directory.channels(notify.name)
                if channel.kind in (EMAIL, MAILDIR) and channel.role == "primary"
            ]
    return []


def _notice(notify: Notify, channel: Channel, planned: Planned, subject: str) -> NewDelivery:
    digest = str(notify.digest) if notify.digest else ""
    by = channel.kind if channel.kind != EMAIL else ""
    options = {key: text for key, text in ((DIGEST, digest), (SUBJECT, subject), (BY, by)) if text}
    wait = dt.timedelta(seconds=notify.digest or 0)
    return replace(_one(NOTIFY, channel.target, planned), department=notify.name, options=options, wait=wait)


def _one(channel: str, target: str, planned: Planned) -> NewDelivery:
    return NewDelivery(channel, target, reference=planned.reference, rules=planned.rules)


def _assigned(name: str, planned: Planned, directory: Directory) -> Iterator[NewDelivery]:
    """A restricted department's second channels are others, too: a reference, unless they say `with content`. What
    stands in for its first one gets the letter."""
    restricted = directory.restricted(name)
    for channel in directory.channels(name):
        aside = restricted and channel.role == "also" and not channel.with_content
        yield NewDelivery(
            channel.kind,
            channel.target,
            department=name,
            reference=planned.reference or aside,
            rules=planned.rules,
            fallback_of=0 if channel.role == "fallback" else None,
        )
