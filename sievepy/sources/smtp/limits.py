"""How much a client may take of us. Every limit is on by default; none is a guess about content.

`Gate` counts connections and memory for the whole server, `Allowance` what one session has used up. Nothing here
knows a socket or a clock: moments are numbers of seconds that the caller reads off its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

KIBIBYTE, MEBIBYTE = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, seconds and counts. RFC 5321 4.5.3.1 names the least a server must take; these are all above it."""

    message: int = 35 * MEBIBYTE  # what a 25 MB attachment becomes in base64, and its text
    header: int = 1 * MEBIBYTE
    line: int = 64 * KIBIBYTE  # without CRLF; RFC 5322 2.1.1 says 998, and real letters do not keep to it
    command: int = 2 * KIBIBYTE  # with CRLF; RFC 5321 4.5.3.1.4 says 512, and extensions add to it
    recipients: int = 100  # RFC 5321 4.5.3.1.8
    errors: int = 20  # refused commands in a session
    junk: int = 100  # commands that bring no letter nearer, since the last letter
    connections: int = 1_000
    connections_each: int = 20  # from one address
    command_time: float = 60.0  # for one whole command line, and for one reply to be taken
    data_rate: float = 500.0  # bytes a second
    data_grace: float = 60.0  # before the rate counts: a relay may be waiting for its own disk
    session_time: float = 15 * 60.0
    memory: int = 256 * MEBIBYTE  # of all letters in flight
    in_file: int = 256 * KIBIBYTE  # a larger letter is written to a file as it arrives


class Gate:
    """Who may come in, and how much memory the letters in flight hold together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._inside: Counter[str] = Counter()
        self.connections = 0
        self.memory = 0

    def enter(self, client: str) -> bool:
        """Count a connection in, unless there are too many; one that was counted must `leave`."""
        if self.connections >= self._limits.connections or self._inside[client] >= self._limits.connections_each:
            return False
        self.connections += 1
        self._inside[client] += 1
        return True

    def leave(self, client: str) -> None:
        self.connections -= 1
        self._inside[client] -= 1
        if not self._inside[client]:
            del self._inside[client]

    def take(self, size: int) -> bool:
        """Count memory for a letter's bytes, unless that is more than all letters together may hold."""
        if self.memory + size > self._limits.memory:
            return False
        self.memory += size
        return True

    def give(self, size: int) -> None:
        self.memory -= size


@dataclass(slots=True)
class Allowance:
    """What one session may still do. Errors count for the whole session, junk since its last letter."""

    limits: Limits
    errors: int = 0
    junk: int = 0

    def error(self) -> bool:
        """Count a refused command; False when there were too many."""
        self.errors += 1
        return self.errors < self.limits.errors

    def idle(self) -> bool:
        """Count a command that brought no letter nearer; False when there were too many."""
        self.junk += 1
        return self.junk <= self.limits.junk

    def letter(self) -> None:
        self.junk = 0


def data_deadline(limits: Limits, begun: float, received: int) -> float:
    """The moment until which more bytes must have come, or the letter is slower than `data_rate`."""
    return begun + limits.data_grace + received / limits.data_rate
