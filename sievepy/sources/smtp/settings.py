"""What an operator may say about the SMTP server: where it listens, who may send, and to whom."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal

from sievepy.sources.smtp.limits import Limits

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
_MOST_KNOWN = 4096


class Extension(enum.StrEnum):
    """Of ESMTP, as EHLO names them. What is advertised is what the server and every sink behind it can do."""

    EIGHT_BIT = "8BITMIME"  # RFC 6152
    SIZE = "SIZE"  # RFC 1870
    PIPELINING = "PIPELINING"  # RFC 2920
    STATUS_CODES = "ENHANCEDSTATUSCODES"  # RFC 2034
    STARTTLS = "STARTTLS"  # RFC 3207; needs a certificate
    UTF8 = "SMTPUTF8"  # RFC 6531; only where every sink has it


USUAL = frozenset(Extension) - {Extension.UTF8}


@dataclass(frozen=True, slots=True)
class Offer:
    """What EHLO advertises at one moment. `size`: bytes of the largest letter that goes on as it is. A larger one is
    taken all the same, up to `limits.message`: who sends it has been told, and what can be kept is not refused."""

    extensions: frozenset[Extension]
    size: int


@dataclass(frozen=True, slots=True)
class Networks:
    """A set of client networks. An IPv4 address that came through an IPv6 socket counts as the IPv4 address."""

    networks: tuple[Network, ...] = ()
    _known: dict[str, bool] = field(default_factory=dict, init=False, compare=False, repr=False)
    """Answers given before: it is asked several times a letter, and of the same few clients."""

    @classmethod
    def of(cls, *written: str) -> Networks:
        """Networks and addresses as text. Raises ValueError."""
        return cls(tuple(ip_network(text) for text in written))

    def __contains__(self, client: str) -> bool:
        found = self._known.get(client)
        if found is None:
            address = plain_address(client)
            found = address is not None and any(address in network for network in self.networks)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[client] = found
        return found


ANYWHERE = Networks.of("0.0.0.0/0", "::/0")
LOOPBACK = Networks.of("127.0.0.0/8", "::1/128")
NOWHERE = Networks()


@dataclass(frozen=True, slots=True)
class Listener:
    """One address to listen at; port 0 lets the system choose. `implicit`: TLS from the first byte (RFC 8314 3.3).
    `proxied`: connections from a configured proxy begin with a PROXY header; those from anybody else are ordinary."""

    host: str = "127.0.0.1"
    port: int = 25
    implicit: bool = False
    proxied: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """`hostname`: how the server calls itself. `clients`: who may send without AUTH. `normalize`: whose bare newlines
    are repaired; everybody else's are refused. `proxies`, `xclient`: the only peers whose word about a client's address
    is taken. `domains`: whose recipients are asked of the intake; `recipients`: addresses that are taken at other
    domains. Both in canonical form (`mail.address.canonical`). `postmaster`: who gets what is sent to `<postmaster>`.
    `users`: password hashes of submission users (`passwords.py`). `incoming`: the queue's folder for arriving files.
    `greet_pause`: seconds to listen before the banner for clients that do not wait for it."""

    hostname: str
    incoming: Path
    listeners: tuple[Listener, ...] = (Listener(),)
    clients: Networks = LOOPBACK
    normalize: Networks = NOWHERE
    proxies: Networks = NOWHERE
    xclient: Networks = NOWHERE
    domains: frozenset[str] = frozenset()
    recipients: frozenset[str] = frozenset()
    postmaster: str | None = None
    users: Mapping[str, str] = field(default_factory=dict)
    extensions: frozenset[Extension] = USUAL
    require_tls: bool = False
    limits: Limits = Limits()  # noqa: RUF009  (frozen)
    greet_pause: float = 0.0
    backlog: int = 1024

    @property
    def offer(self) -> Offer:
        """All that the server can do by itself."""
        return Offer(self.extensions, self.limits.message)

    def newlines(self, client: str) -> Literal["reject", "normalize"]:
        return "normalize" if client in self.normalize else "reject"


@functools.lru_cache(4096)
def plain_address(text: str) -> Address | None:
    """An IP address from text, an IPv4-mapped one as IPv4, without a scope; None if it is none."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
