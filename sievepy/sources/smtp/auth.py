"""SASL PLAIN (RFC 4616) and LOGIN for submission users (RFC 4954). Begun over TLS only: the caller sees to that."""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping

from sievepy.sources.smtp.commands import Refused
from sievepy.sources.smtp.passwords import read_hash
from sievepy.sources.smtp.port import Refusal

MECHANISMS = ("PLAIN", "LOGIN")
Ask = Callable[[str], Awaitable[bytes]]
"""Send a challenge (base64, may be empty) and return the client's line."""

_BAD_BASE64 = Refusal(501, "5.5.2", "Cannot decode that")
_CANCELLED = Refusal(501, "5.7.0", "Authentication cancelled")
_UNKNOWN_MECHANISM = Refusal(504, "5.5.4", "Unrecognized authentication type")
_USER_NAME, _PASSWORD = "VXNlcm5hbWU6", "UGFzc3dvcmQ6"  # what clients of LOGIN look for
_AT_ONCE = 2  # checks of a password: each takes a core and 16 MB


class Users:
    """The configured users. Raises ValueError for a password that is no hash."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = {user: read_hash(text) for user, text in hashes.items()}
        self._free = asyncio.Semaphore(_AT_ONCE)

    def __bool__(self) -> bool:
        return bool(self._hashes)

    async def verify(self, user: str, password: bytes) -> bool:
        """An unknown user takes as long as a known one."""
        known = self._hashes.get(user)
        checked = known or next(iter(self._hashes.values()))
        async with self._free:
            right = await asyncio.to_thread(checked.verify, password)
        return right and known is not None


async def credentials(argument: str, ask: Ask) -> tuple[str, bytes]:
    """User and password, of the arguments of AUTH. Raises Refused."""
    mechanism, _, initial = argument.partition(" ")
    match mechanism.upper():
        case "PLAIN":
            return _plain(_decode(initial.encode() if initial else await ask("")))
        case "LOGIN":
            user = _decode(initial.encode() if initial else await ask(_USER_NAME))
            return _text(user), _decode(await ask(_PASSWORD))
    raise Refused(_UNKNOWN_MECHANISM)


def _plain(message: bytes) -> tuple[str, bytes]:
    """message = [authzid] NUL authcid NUL passwd; to act as somebody else is granted to nobody."""
    parts = message.split(b"\0")
    if len(parts) != 3 or parts[0] not in (b"", parts[1]):
        raise Refused(_BAD_BASE64)
    return _text(parts[1]), parts[2]


def _decode(line: bytes) -> bytes:
    if line == b"*":
        raise Refused(_CANCELLED)
    try:
        return b"" if line == b"=" else b64decode(line, validate=True)
    except binascii.Error:
        raise Refused(_BAD_BASE64) from None


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Refused(_BAD_BASE64) from None
