"""Short ids for letters and deliveries: twelve characters that survive a telephone, a double click and
lower-casing.

Seconds since 1970 come first, so that new ids lie side by side in an index and sort by age; then a counter that
begins at a random place, so that no two of one process, and hardly two of different ones, are the same.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
_COUNTER_BITS = 25  # with 35 bits of seconds: twelve characters, until the year 3058


class Ids:
    """A source of ids. `entropy(n)` gives n random bytes."""

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._counter = itertools.count(int.from_bytes(entropy(4), "big"))

    def __call__(self, now: dt.datetime) -> str:
        number = int(now.timestamp()) << _COUNTER_BITS | next(self._counter) & ((1 << _COUNTER_BITS) - 1)
        return "".join([_PAIRS[number >> shift & 1023] for shift in (50, 40, 30, 20, 10, 0)])
