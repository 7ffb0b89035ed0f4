"""The tables of `sievepy.toml` that the relay needs. Every key has a default: without any of them a relay listens on
loopback and delivers into maildirs beside the configuration.

```toml
[relay]
listen = ["127.0.0.1:2525"]         # `address:port`; `address:port tls` for TLS from the first byte
hostname = "mx.x-com.kz"            # how the server calls itself
domain = "x-com.kz"                 # of our envelope senders: what bounces comes back there
domains = ["x-com.kz"]              # whose recipients are ours; default: those of `[intake] addresses`
clients = ["127.0.0.0/8", "::1"]    # who may send without a password
normalize = ["10.0.7.0/24"]         # cameras and scripts whose bare newlines are mended, not refused
proxies = []                        # who sends PROXY headers
xclient = []                        # who may say XCLIENT
postmaster = "postmaster@x-com.kz"  # who our own letters are from
secret-file = "var/secret"          # signs what may come back to us; made at the first start
certificate = "tls/mx.pem"          # both or none
key = "tls/mx.key"
require-tls = false
users-file = "var/users"            # `name:hash` lines of submission users
metrics = "127.0.0.1:9925"          # /healthz /readyz /metrics; "" for none
workers = 2                         # processes that judge
message-size = 36700160             # bytes

[limits]                            # of what clients may take; here with their defaults
connections = 1000                  # at a time; the surplus is told 421 at once
connections-per-address = 20
recipients = 100                    # of one letter
errors = 20                         # refused commands in a session
junk = 100                          # commands that bring no letter nearer, since the last letter
header-size = 1048576               # bytes
line-size = 65536                   # bytes of a letter's line, without its end
memory = 268435456                  # bytes of all letters on their way in; what is more goes into files at once
command-time = 60                   # seconds for a command to come, and for a reply to be taken
data-rate = 500                     # bytes a second that a letter comes at least
data-grace = 60                     # seconds before that counts
session-time = 900                  # seconds

[spool]
folder = "var/queue"                # on a local disk

[channels.email]                    # how letters to mail addresses go
host = "mail.x-com.kz"
port = 25
tls = "starttls"                    # starttls, implicit or none
ca-file = "tls/ca.pem"              # whom to believe; default: the system's
user = "relay"
password-file = "var/password"      # or `password-env`: the name of a variable
local = true                        # on our own network; default: whether `host` is an address of one

[channels.maildir]
root = "var/mail"                   # `maildir PATH` of departments lies below it

[places]                            # `email ADDRESS` or `maildir PATH`
triage = "email dispatcher@x-com.kz"
file = "maildir Filed"
quarantine = "maildir Quarantine"   # where released letters go
discard = "maildir Quarantine"
```

Instead of `host`, `[channels.email]` may have `maildir = "var/mail"`: then each address has a maildir there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal

import msgspec

from sievepy.config.limits import Limits, limit_problems
from sievepy.config.positions import Path

LOOPBACK = ["127.0.0.0/8", "::1/128"]
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""The name of a variable of the environment."""


class Email(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="kebab"):
    host: str | None = None
    port: int = 25
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca_file: str | None = None
    user: str | None = None
    password_file: str | None = None
    password_env: str | None = None
    maildir: str | None = None
    local: bool | None = None


class Maildir(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    root: str = "var/mail"


class Channels(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    email: Email | None = None
    maildir: Maildir | None = None


class Places(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    triage: str | None = None
    file: str | None = None
    quarantine: str | None = None
    discard: str | None = None


class Spool(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    folder: str = "var/queue"


class Relay(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="kebab"):
    listen: list[str] = msgspec.field(default_factory=lambda: ["127.0.0.1:2525"])
    hostname: str = "localhost"
    domain: str | None = None
    domains: list[str] = msgspec.field(default_factory=list)
    clients: list[str] = msgspec.field(default_factory=lambda: list(LOOPBACK))
    normalize: list[str] = msgspec.field(default_factory=list)
    proxies: list[str] = msgspec.field(default_factory=list)
    xclient: list[str] = msgspec.field(default_factory=list)
    postmaster: str | None = None
    secret_file: str = "var/secret"
    certificate: str | None = None
    key: str | None = None
    require_tls: bool = False
    users_file: str | None = None
    metrics: str = "127.0.0.1:9925"
    workers: int = 2
    message_size: int = 35 * 1024 * 1024


class Service(msgspec.Struct, frozen=True):
    """All of these tables. `configured`: whether letters have somewhere to go by them."""

    relay: Relay
    spool: Spool
    channels: Channels
    places: Places
    limits: Limits = Limits()


# ---------------------------------------------------------------- values


def read_listener(text: str) -> tuple[str, int, bool]:
    """`address:port [tls]` -> address, port, TLS from the first byte. Raises ValueError."""
    where, _, word = text.strip().partition(" ")
    if word.strip() not in ("", "tls"):
        raise ValueError(text)
    host, port = read_address(where)
    return host, port, bool(word)


def read_address(text: str) -> tuple[str, int]:
    """`address:port`, an IPv6 address in brackets. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    number = int(port)
    if not colon or not 0 <= number <= 65535:
        raise ValueError(text)
    return str(ipaddress.ip_address(host.strip("[]"))), number


def read_place(text: str) -> tuple[Literal["email", "maildir"], str]:
    """`email ADDRESS` or `maildir PATH`. Raises ValueError."""
    kind, _, target = text.strip().partition(" ")
    target = target.strip()
    if kind == "email" and "@" in target.strip("@") and " " not in target:
        return "email", target
    if kind == "maildir" and target and not target.startswith("/") and ".." not in PurePosixPath(target).parts:
        return "maildir", str(PurePosixPath(target))
    raise ValueError(text)


# ---------------------------------------------------------------- what is wrong

Problem = tuple[Path, str, str | None]  # where, what is wrong, what to do


def problems(service: Service) -> Iterator[Problem]:
    yield from _below("relay", _relay_problems(service.relay))
    yield from _below("limits", limit_problems(service.limits))
    if service.channels.email is not None:
        for path, message, advice in _email_problems(service.channels.email):
            yield ("channels", "email", *path), message, advice
    for name in service.places.__struct_fields__:
        text = getattr(service.places, name)
        if text is not None and not _reads(read_place, text):
            advice = "write `email ADDRESS`, or `maildir PATH` below the root"
            yield ("places", name), f"`{text}` is no place", advice


def _below(table: str, found: Iterator[Problem]) -> Iterator[Problem]:
    for path, message, advice in found:
        yield (table, *path), message, advice


def _relay_problems(relay: Relay) -> Iterator[Problem]:
    for number, text in enumerate(relay.listen):
        if not _reads(read_listener, text):
            advice = 'write `"127.0.0.1:2525"`, or `"[::]:465 tls"`'
            yield ("listen", number), f"`{text}` is no address to listen at", advice
        elif relay.certificate is None and text.endswith("tls"):
            yield ("listen", number), "TLS needs `certificate` and `key`", None
    if not relay.listen:
        yield ("listen",), "a relay that listens nowhere gets no letters", None
    yield from _network_problems(relay)
    if relay.metrics and not _reads(read_address, relay.metrics):
        yield ("metrics",), f"`{relay.metrics}` is no address", 'write `"127.0.0.1:9925"`, or `""` for none'
    if (relay.certificate is None) != (relay.key is None):
        written = "certificate" if relay.key is None else "key"
        yield (written,), "`certificate` and `key` go together", None
    if relay.postmaster is not None and "@" not in relay.postmaster.strip("@"):
        yield ("postmaster",), f"`{relay.postmaster}` is no mail address", "write `name@domain`"
    for key, value in (("workers", relay.workers), ("message-size", relay.message_size)):
        if value < 1:
            yield (key,), f"`{key}` is at least 1", None


def _network_problems(relay: Relay) -> Iterator[Problem]:
    for key in ("clients", "normalize", "proxies", "xclient"):
        for number, text in enumerate(getattr(relay, key)):
            if not _reads(ipaddress.ip_network, text):
                advice = 'write `"10.0.7.0/24"` or a single address'
                yield (key, number), f"`{text}` is no network", advice


def _email_problems(email: Email) -> Iterator[Problem]:
    if (email.host is None) == (email.maildir is None):
        yield (), "letters go either to a `host` or into a `maildir`", "write one of the two"
    if email.password_file is not None and email.password_env is not None:
        yield ("password-env",), "the password is in a file or in a variable, not in both", None
    if email.password_env is not None and VARIABLE.fullmatch(email.password_env) is None:
        yield ("password-env",), "this is no variable's name", "the password itself never stands here"
    if email.user is not None and email.password_file is None and email.password_env is None:
        yield ("user",), "`user` needs a password", "write `password-file` or `password-env`: it never stands here"
    if not 0 < email.port < 65536:
        yield ("port",), f"`{email.port}` is no port", None


def _reads(read: object, text: str) -> bool:
    try:
        read(text)  # type: ignore[operator]
    except ValueError:
        return False
    return True
