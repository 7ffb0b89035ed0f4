"""Who may send here, and to whom. Pure; the last word about an address at our own domains is the intake's.

A relay is open when some form of an address slips past the question whether it is ours. So there is one question, asked
of every recipient, and its answer is yes only at the very end: the address is in canonical form one that is configured,
or its domain is and its local part names nobody elsewhere. Where the letter goes is decided by rules and never by the
recipient's address; what is refused here would have gone nowhere, but would have been believed accepted.
"""

from __future__ import annotations

import re

from sievepy.mail.address import canonical
from sievepy.sources.smtp.port import Refusal, Session
from sievepy.sources.smtp.settings import Settings

DENIED = Refusal(550, "5.7.1", "Relaying denied")
NOT_A_CLIENT = Refusal(554, "5.7.1", "Your network may not send here")
NEEDS_AUTH = Refusal(530, "5.7.0", "Authentication required")
NEEDS_TLS = Refusal(530, "5.7.0", "Must issue a STARTTLS command first")

_ELSEWHERE = re.compile(r"[%!@:/\\\"\s,;<>()\[\]]")
"""What a local part at one of our domains never holds: `user%other@ours`, `other!user@ours`, `"user@other"@ours`."""


class Admission:
    """The configured answers to both questions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._recipients = frozenset(map(canonical, settings.recipients))
        self._domains = frozenset(map(canonical, settings.domains))

    def client(self, session: Session) -> Refusal | None:
        """May this client send at all? A submission user may, from anywhere."""
        if self._settings.require_tls and session.tls is None:
            return NEEDS_TLS
        if session.user is not None or session.client in self._settings.clients:
            return None
        return NEEDS_AUTH if self._settings.users else NOT_A_CLIENT

    def recipient(self, recipient: str) -> str | Refusal:
        """The recipient as the intake is to know it: as written, or the postmaster's address."""
        if recipient.lower() == "postmaster":
            return self._settings.postmaster or DENIED
        local, _, domain = recipient.rpartition("@")
        if _ELSEWHERE.search(local):
            return DENIED
        ours = canonical(domain) in self._domains
        if ours and local.lower() == "postmaster" and self._settings.postmaster:
            return self._settings.postmaster
        return recipient if ours or canonical(recipient) in self._recipients else DENIED
