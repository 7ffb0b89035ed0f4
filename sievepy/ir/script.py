"""A compiled rules file: a flat, ordered list of rules and the things they name. The one meaning every
language shares; front ends lower into it, the engine runs it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from sievepy.ir.conditions import Test
from sievepy.plan import (
    Action,
    Assign,
    AssignSame,
    Discard,
    FileInto,
    Forward,
    Propose,
    Quarantine,
    Sla,
    Triage,
)
from sievepy.text import Span


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `test` holds and `unless` does not -> `actions`. `carry_on` is the word `continue`.

    `off_until`: not judged before that day (in the configured zone). `observe`: judged, never acts.
    """

    title: str
    test: Test
    actions: tuple[Action, ...]
    unless: Test | None = None
    carry_on: bool = False
    observe: bool = False
    off_until: dt.date | None = None
    priority: int = 100
    origin: Span | None = field(default=None, compare=False, repr=False)

    @property
    def deciding(self) -> bool:
        """Whether the rule holds a destination other than `also assign`."""
        return any(is_deciding(action) for action in self.actions)


def is_deciding(action: Action) -> bool:
    if isinstance(action, Assign):
        return not action.also
    return isinstance(action, AssignSame | FileInto | Forward | Quarantine | Discard | Triage | Propose)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a department's letters go: `kind` is email, maildir, imap or bitrix; `target` its canonical address."""

    kind: str
    target: str
    role: Literal["primary", "also", "fallback"] = "primary"
    with_content: bool = False
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Much as the rules language writes it, without options."""
        role = "" if self.role == "primary" else f"{self.role} "
        return f"{role}{self.kind} {self.target}" + (" with content" if self.with_content else "")


@dataclass(frozen=True, slots=True)
class Department:
    name: str
    title: str | None
    channels: tuple[Channel, ...]
    restricted: bool = False
    sla: Sla | None = None
    notify: tuple[str, ...] = ()
    origin: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Away:
    """Both days included."""

    first: dt.date
    last: dt.date
    substitute: str


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    title: str | None
    email: str
    away: tuple[Away, ...] = ()
    origin: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Script:
    """`rules` stand in the order they are judged (priority, then position). `dictionary` names the version of the
    word-form dictionary the phrases were expanded with, a part of the program's hash."""

    rules: tuple[Rule, ...]
    otherwise: tuple[Action, ...]
    session_rules: tuple[Rule, ...] = ()
    departments: tuple[Department, ...] = ()
    persons: tuple[Person, ...] = ()
    dictionary: str = ""

    @property
    def restricted(self) -> frozenset[str]:
        return frozenset(d.name for d in self.departments if d.restricted)
