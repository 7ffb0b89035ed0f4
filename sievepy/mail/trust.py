"""Whose word we take: which trace headers of a letter were written by our own servers.

Only what stands above the configured `trusted_hops`-th Received header, counted from the top, was written by servers we
know; the rest any sender can forge (RFC 5321 7.2, RFC 8601 5). That Received header itself is ours too: it names the
client that spoke to our outermost server.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sievepy.mail.message import Message

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Trust:
    """`trusted_hops`: how many Received headers, from the top, our own servers wrote; None where nobody said.
    `authserv_id`: the id in Authentication-Results that is believed (RFC 8601 2.5). `spam_score`: the header that holds
    the number `spam score` compares."""

    trusted_hops: int | None = None
    authserv_id: str | None = None
    spam_score: str = "X-Spam-Score"


NO_TRUST = Trust()

_COMMENT = re.compile(r"\([^()]*\)")
_NUMBER = re.compile(r"\s*(-?\d{1,9}(?:\.\d{1,9})?)")
_CLIENT = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]")
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*=\s*([A-Za-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"\bheader\.from\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_DEEPEST_COMMENT = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """One method's result: `pass`, `fail`, `none` …, and the domain of `header.from` if it is named."""

    method: str
    result: str
    header_from: str | None


class Trace:
    """The trusted headers of one letter. `known` is False where nobody configured what to trust, or where the letter
    has passed fewer servers than it must have: then every question about it is unanswered."""

    def __init__(self, message: Message, trust: Trust) -> None:
        self._trust = trust
        self._fields: list[tuple[str, str]] = []
        self.boundary: str | None = None
        """The value of the last trusted Received header."""
        self.known = self._read(message, trust.trusted_hops)

    def _read(self, message: Message, hops: int | None) -> bool:
        if hops is None:
            return False
        for field in message.header_fields():
            value = field.raw.decode("utf-8", "replace")
            if field.name == "received":
                hops -= 1
                if hops <= 0:
                    self.boundary = value if hops == 0 else None
                    return hops == 0
            self._fields.append((field.name, value))
        return False

    def values(self, name: str) -> list[str]:
        return [value for field, value in self._fields if field == name.lower()]

    def number(self, name: str) -> float | None:
        """The number the first trusted header of that name begins with; None if there is none."""
        for value in self.values(name) if self.known else ():
            match = _NUMBER.match(value)
            return float(match[1]) if match else None
        return None

    def client_ip(self) -> IPAddress | None:
        """Who spoke to our outermost server (RFC 5321 4.4: the address literal in brackets)."""
        if not self.known or self.boundary is None:
            return None
        before_by = re.split(r"\sby\s", self.boundary, maxsplit=1)[0]
        for literal in _CLIENT.findall(before_by):
            try:
                return ipaddress.ip_address(literal)
            except ValueError:
                continue
        return None

    def verdicts(self) -> tuple[Verdict, ...] | None:
        """The results of the configured authentication service; None where none is to be believed or none is there."""
        if not self.known or self._trust.authserv_id is None:
            return None
        ours = [_uncommented(v) for v in self.values("authentication-results")]
        mine = [v for v in ours if _authserv_id(v) == self._trust.authserv_id.lower()]
        if not mine:
            return None
        return tuple(verdict for value in mine for verdict in _verdicts(value))


def _uncommented(value: str) -> str:
    for _ in range(_DEEPEST_COMMENT):
        shorter = _COMMENT.sub(" ", value)
        if shorter == value:
            break
        value = shorter
    return value


def _authserv_id(value: str) -> str:
    return value.split(";", 1)[0].split()[0].lower() if value.split(";", 1)[0].split() else ""


def _verdicts(value: str) -> list[Verdict]:
    found = []
    for clause in value.split(";")[1:]:
        match = _RESULT.match(clause)
        if match is not None:
            domain = _PROPERTY.search(clause)
            found.append(Verdict(match[1].lower(), match[2].lower(), domain[1].lower() if domain else None))
    return found
