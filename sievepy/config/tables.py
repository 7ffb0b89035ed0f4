"""The whole of `sievepy.toml` as a type: the tables that rules and letters are judged by, and, in `service.py` and
`limits.py`, those of the relay. Types, names and defaults stand here and nowhere else.
"""

from __future__ import annotations

import msgspec

from sievepy.config import service
from sievepy.config.limits import Limits
from sievepy.mail.trust import NO_TRUST


class Intake(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    addresses: list[str] = msgspec.field(default_factory=list)
    edge: bool = False


class Trust(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="kebab"):
    hops: int | None = None
    authserv_id: str | None = None
    spam_score: str = NO_TRUST.spam_score


class Sinks(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    channels: list[str] = msgspec.field(default_factory=list)
    places: list[str] = msgspec.field(default_factory=list)
    printers: list[str] = msgspec.field(default_factory=list)
    programs: list[str] = msgspec.field(default_factory=list)
    portals: list[str] = msgspec.field(default_factory=list)
    notify: bool = False
    reply: bool = False


class Editor(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    archive: str | None = None


class File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    rules: str | None = None
    zone: str = "UTC"
    intake: Intake = Intake()
    trust: Trust = Trust()
    sinks: Sinks = Sinks()
    editor: Editor = Editor()
    relay: service.Relay = service.Relay()
    limits: Limits = Limits()
    spool: service.Spool = service.Spool()
    channels: service.Channels = service.Channels()
    places: service.Places = service.Places()
