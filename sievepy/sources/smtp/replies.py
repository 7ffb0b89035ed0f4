"""Replies as they are sent (RFC 5321 4.2.1), and the reply after which a connection ends."""

from __future__ import annotations

import functools

from sievepy.sources.smtp.port import Reply

_UNSENDABLE = "Not accepted here"
_MOST_TEXT = 400  # RFC 5321 4.5.3.1.5: a reply line has at most 512 octets


class Closing(Exception):
    """The connection ends with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


@functools.lru_cache(256)
def wire(reply: Reply) -> bytes:
    """A text in other letters than ASCII cannot be sent; then the code must do."""
    *before, last = reply.text.split("\n") if reply.text.isascii() else [_UNSENDABLE]
    status = f"{reply.status} " if reply.status else ""
    lines = [f"{reply.code}-{_line(status + text)}" for text in before]
    lines.append(f"{reply.code} {_line(status + last)}")
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def _line(text: str) -> str:
    text = text[:_MOST_TEXT]
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
