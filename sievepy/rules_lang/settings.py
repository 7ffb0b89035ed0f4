"""What rules are checked against: the site's zone, its addresses, its sinks. `config` fills it from `sievepy.toml`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """`configured` is False where there is no `sievepy.toml`: then sinks are not checked, and that is noted once.

    `intake`: canonical addresses at which letters come in (a forward there is a loop). `channels`: which of email,
    maildir, imap, bitrix letters can be delivered by. `printers programs portals` are the names that `print`, `pipe`
    and `bitrix "portal"` may use. `places`: which of triage, file, quarantine, discard are configured. `reply`: whether
    anything can answer an author. `edge`: we are the MX or a before-queue filter. `trusted_hops` and `authserv_id`: see
    `mail.trust.Trust`. `sla_clock`: something can stop the clock of `sla`. `root`: the project's folder, as paths given
    to the compiler are written; what rules include lies below it, or below the entry file's own folder where
    that is elsewhere or this is None.
    """

    configured: bool = False
    zone: dt.tzinfo = dt.UTC
    intake: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    printers: frozenset[str] = frozenset()
    programs: frozenset[str] = frozenset()
    portals: frozenset[str] = frozenset()
    notify: bool = False
    reply: bool = False
    edge: bool = False
    trusted_hops: int | None = None
    authserv_id: str | None = None
    sla_clock: bool = False
    root: str | None = None
