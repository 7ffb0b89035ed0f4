"""What is wrong with a configuration whose keys and types are right: values that name nothing, or contradict."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator

from sievepy.config import service
from sievepy.config.schema import did_you_mean
from sievepy.config.service import Problem
from sievepy.config.tables import File

CHANNELS = frozenset({"email", "maildir", "imap", "bitrix"})
PLACES = frozenset({"triage", "file", "quarantine", "discard"})


def value_problems(file: File) -> Iterator[Problem]:
    if not _is_zone(file.zone):
        yield ("zone",), f"`{file.zone}` is no time zone", "write a name such as `Asia/Almaty`"
    for key, values, known in (("channels", file.sinks.channels, CHANNELS), ("places", file.sinks.places, PLACES)):
        for number, value in enumerate(values):
            if value not in known:
                yield ("sinks", key, number), f"`{value}` is none of our {key}", did_you_mean(value, known)
    for number, address in enumerate(file.intake.addresses):
        if "@" not in address.strip("@"):
            yield ("intake", "addresses", number), f"`{address}` is no mail address", "write `name@domain`"
    yield from service.problems(service_of(file))
    if file.trust.hops is not None and file.trust.hops < 0:
        yield ("trust", "hops"), "`hops` counts Received headers, so it is 0 or more", None


def service_of(file: File) -> service.Service:
    return service.Service(file.relay, file.spool, file.channels, file.places, file.limits)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name).utcoffset(dt.datetime(2026, 1, 1))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
