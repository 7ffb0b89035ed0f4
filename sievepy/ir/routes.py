"""Where letters can go by a script, and which rules lead there: its departments, and every other goal that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sievepy.ir.script import Channel, Rule, Script
from sievepy.plan import (
    Action,
    Assign,
    AssignSame,
    Defer,
    Discard,
    FileInto,
    Forward,
    Propose,
    Quarantine,
    Reject,
    Triage,
)

Kind = Literal["department", "person", "place", "folder", "address", "thread", "sender"]
"""`place`: triage, quarantine or discard. `folder`: below the filing root. `address`: what `forward` names. `thread`:
where the letter's thread lives. `sender`: the letter is refused, and stays with whom it came from."""


@dataclass(frozen=True, slots=True)
class Goal:
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Lead:
    """`rule`: None is `otherwise`, where no rule decides. `number`: its place in the order of judging, from 1, session
    rules counted by themselves; 0 for `otherwise`. `how`: the words of the action."""

    rule: Rule | None
    number: int
    how: str


@dataclass(frozen=True, slots=True)
class Route:
    """A goal, its title and channels where it has some, and what leads there, in the order of judging."""

    goal: Goal
    leads: tuple[Lead, ...]
    title: str | None = None
    channels: tuple[Channel, ...] = ()
    restricted: bool = False


def routes(script: Script) -> tuple[Route, ...]:
    """All departments, led to or not, in the order of their declaration; then the other goals in that of judging."""
    leads: dict[Goal, list[Lead]] = {Goal("department", each.name): [] for each in script.departments}
    for goal, lead in _leads(script):
        leads.setdefault(goal, []).append(lead)
    return tuple(_route(script, goal, tuple(found)) for goal, found in leads.items())


def _leads(script: Script) -> Iterator[tuple[Goal, Lead]]:
    persons = frozenset(person.name for person in script.persons)
    for rules in (script.session_rules, script.rules):
        for number, rule in enumerate(rules, 1):
            for action in rule.actions:
                found = _goal(action, persons)
                if found is not None:
                    yield found[0], Lead(rule, number, found[1])
    for action in script.otherwise:
        found = _goal(action, persons)
        if found is not None:
            yield found[0], Lead(None, 0, found[1])


def _goal(action: Action, persons: frozenset[str]) -> tuple[Goal, str] | None:
    """Where an action sends the letter itself, and its words; None where it only adds something."""
    match action:
        case Assign(name, also):
            kind: Kind = "person" if name in persons else "department"
            return Goal(kind, name), "also assign" if also else "assign"
        case AssignSame():
            return Goal("thread", "same"), "assign same"
        case FileInto(folder):
            return Goal("folder", folder), "file"
        case Forward(address):
            return Goal("address", address), "forward"
        case Propose(department):
            return Goal("place", "triage"), f"propose {department}"
        case Quarantine() | Discard() | Triage():
            name = type(action).__name__.lower()
            return Goal("place", name), name
        case Reject() | Defer():
            return Goal("sender", "sender"), type(action).__name__.lower()
    return None


def _route(script: Script, goal: Goal, leads: tuple[Lead, ...]) -> Route:
    if goal.kind == "department":
        (found,) = (each for each in script.departments if each.name == goal.name)
        return Route(goal, leads, found.title, found.channels, found.restricted)
    if goal.kind == "person":
        (person,) = (each for each in script.persons if each.name == goal.name)
        return Route(goal, leads, person.title, (Channel("email", person.email),))
    return Route(goal, leads)
