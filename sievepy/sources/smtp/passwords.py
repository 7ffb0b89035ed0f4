"""Password hashes of submission users: `scrypt$LOG2N$R$P$SALT$KEY`, salt and key in base64 (RFC 7914).

Checking one takes tens of milliseconds and megabytes on purpose: do it in a thread, a few at a time.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass

_KEY = 32
_LOG_N, _R, _P = 14, 8, 1  # 16 MiB, about 40 ms
_MOST_MEMORY = 64 * 1024 * 1024
_BLOCK = 128  # RFC 7914 2: a block of scrypt is 128 * r octets


@dataclass(frozen=True, slots=True)
class Hash:
    log_n: int
    r: int
    p: int
    salt: bytes
    key: bytes

    def verify(self, password: bytes) -> bool:
        found = _scrypt(password, self.salt, self.log_n, self.r, self.p, len(self.key))
        return hmac.compare_digest(found, self.key)


def read_hash(text: str) -> Hash:
    """Raises ValueError for what is no hash, or one that would take more memory than a server should give."""
    parts = text.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        raise ValueError("a password hash is written scrypt$LOG2N$R$P$SALT$KEY")
    log_n, r, p = (int(part) for part in parts[1:4])
    try:
        salt, key = (b64decode(part, validate=True) for part in parts[4:])
    except binascii.Error:
        raise ValueError("salt and key of a password hash are base64") from None
    if not (1 <= log_n <= 20 and 1 <= r <= 32 and 1 <= p <= 16) or (1 << log_n) * r * _BLOCK > _MOST_MEMORY:
        raise ValueError("the cost of a password hash is out of bounds")
    if len(salt) < 8 or len(key) < 16:
        raise ValueError("salt or key of a password hash is too short")
    return Hash(log_n, r, p, salt, key)


def write_hash(password: bytes, salt: bytes) -> str:
    """The hash of a new password. `salt`: at least 8 random bytes, which the caller brings."""
    key = _scrypt(password, salt, _LOG_N, _R, _P, _KEY)
    return f"scrypt${_LOG_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(key).decode()}"


def _scrypt(password: bytes, salt: bytes, log_n: int, r: int, p: int, length: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=1 << log_n, r=r, p=p, dklen=length, maxmem=2 * _MOST_MEMORY)
