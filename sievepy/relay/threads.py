"""The thread ledger: where the letters went that a letter answers. Pure; the queue keeps it.

A letter is named by a hash of its Message-ID, so that the ledger tells nothing of who wrote what. The first letter of
an identifier stays: whoever repeats somebody's Message-ID cannot lead a thread elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from sievepy.mail.message import Message
from sievepy.mail.references import answered, message_ids
from sievepy.plan import Plan, Propose, Triage
from sievepy.relay.deliveries import Directory
from sievepy.spool.port import Thread

_KEY = 16  # bytes: two letters of one key are not to be met by chance, and each byte is one of the queue's index


def key(message_id: str) -> bytes:
    """Of an identifier as `mail.references` reads it: the first half of its SHA-256."""
    return hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).digest()[:_KEY]


def keys_of(message: Message) -> tuple[bytes, ...]:
    """Of the letters that this one answers, the nearest first."""
    return tuple(map(key, answered(message)))


def home(keys: Sequence[bytes], found: Mapping[bytes, Sequence[str]], directory: Directory) -> tuple[str, ...]:
    """Where the thread lives: with those who got the nearest of these letters. Whoever the rules have no more is passed
    over; `()`: nobody knows."""
    for one in keys:
        if names := tuple(name for name in found.get(one, ()) if directory.channels(name)):
            return names
    return ()


def begun(message_id: str | None, plan: Plan) -> tuple[Thread, ...]:
    """What the ledger is to keep of a letter. Nothing of one that a person is still to decide about, or that nobody was
    given."""
    names = plan.departments
    identifier = next(message_ids(message_id or ""), None)
    if not names or identifier is None or any(isinstance(p.action, Triage | Propose) for p in plan.actions):
        return ()
    return (Thread(key(identifier), names),)
