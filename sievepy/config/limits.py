"""The table `[limits]` of `sievepy.toml`: what clients may take of the server. Every limit is on by default; how large
a letter may be says `[relay] message-size`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

_LEAST: Mapping[str, int] = {
    "recipients": 100,  # RFC 5321 4.5.3.1.8: who takes fewer refuses letters that every server must take
    "line-size": 998,  # RFC 5322 2.1.1
    "memory": 1024 * 1024,
}


class Limits(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="kebab"):
    """Counts, bytes, seconds. A test holds the defaults against those of `sources.smtp.limits`, which is not imported
    here: commands that read a configuration load no SMTP server."""

    connections: int = 1000
    connections_per_address: int = 20
    recipients: int = 100
    errors: int = 20
    junk: int = 100
    header_size: int = 1024 * 1024
    line_size: int = 64 * 1024
    memory: int = 256 * 1024 * 1024
    command_time: int = 60
    data_rate: int = 500
    data_grace: int = 60
    session_time: int = 15 * 60


def limit_problems(limits: Limits) -> Iterator[tuple[tuple[str], str, str | None]]:
    """The key, as a path; what is wrong; what to do."""
    for field in msgspec.structs.fields(limits):
        key, least = field.encode_name, _LEAST.get(field.encode_name, 1)
        if getattr(limits, field.name) < least:
            yield (key,), f"`{key}` is at least {least}", None
