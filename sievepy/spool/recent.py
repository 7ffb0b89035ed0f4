"""The bytes of letters that were just accepted, so that judging and delivering them need not read them back.

Nothing rests on it: what is not here is read from the queue, as everything is after a restart.
"""

from __future__ import annotations

from collections import OrderedDict


class Recent:
    """The newest letters, up to `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def keep(self, letter: str, data: bytes) -> None:
        """Of a letter that is durable."""
        if len(data) > self._most:
            return
        self.drop(letter)
        self._kept[letter] = data
        self._size += len(data)
        while self._size > self._most:
            self.drop(next(iter(self._kept)))

    def drop(self, letter: str) -> None:
        """Of a letter whose bytes the queue has given up."""
        self._size -= len(self._kept.pop(letter, b""))

    def clear(self) -> None:
        self._kept.clear()
        self._size = 0

    def get(self, letter: str) -> bytes | None:
        return self._kept.get(letter)
