"""Tests beside rules, lowered: a letter to make up, and what its plan must hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sievepy.plan import Action
from sievepy.text import Span


@dataclass(frozen=True, slots=True)
class CaseHeader:
    name: str
    value: str
    untrusted: bool = False


@dataclass(frozen=True, slots=True)
class CaseAttachment:
    name: str
    type: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class CaseLetter:
    """What a test says of its letter; what it does not say has the language's defaults."""

    sender: str = "user@test.example"
    to: str | None = None
    subject: str | None = None
    body: str | None = None
    headers: tuple[CaseHeader, ...] = ()
    attachments: tuple[CaseAttachment, ...] = ()
    message: str | None = None
    """A path of an `.eml` file, relative to the rules file."""
    at: dt.datetime | None = None
    """Naive, in the configured zone."""
    envelope_from: str | None = None
    envelope_to: tuple[str, ...] = ()
    client_ip: str | None = None
    helo: str | None = None
    source: str | None = None
    folder: str | None = None
    known: tuple[str, ...] = ()
    """Departments where the letter's thread lives."""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Expect:
    """One `expect` line. `outcome` is an action (compared by meaning; a `Quarantine()` or `Triage()` without a reason
    matches any reason), or the title of a rule that must (not) fire."""

    outcome: Action | str
    negated: bool = False
    origin: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    title: str
    letter: CaseLetter
    expects: tuple[Expect, ...]
    origin: Span | None = field(default=None, compare=False, repr=False)
