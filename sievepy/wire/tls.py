"""TLS contexts (RFC 8314, RFC 7817): a peer's certificate and name are verified, unless the settings say otherwise."""

from __future__ import annotations

import enum
import ssl
from dataclasses import dataclass
from pathlib import Path


class Security(enum.StrEnum):
    """How a connection is protected. Not "if it is offered": who can drop the offer reads the mail."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose certificates are believed: those of `authorities` (a PEM file), or the system's. `verify = False` believes
    any certificate for any name."""

    authorities: Path | None = None
    verify: bool = True


def client_context(trusted: Trusted) -> ssl.SSLContext:
    """TLS 1.2 and later. Raises OSError or ssl.SSLError for a file that is missing or holds no certificate."""
    context = ssl.create_default_context(cafile=trusted.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not trusted.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """For a listener, TLS 1.2 and later. Raises OSError or ssl.SSLError for files that are missing or do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
