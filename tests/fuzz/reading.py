"""Reads all that can be read of a letter, and checks what holds of any bytes."""

from __future__ import annotations

from sievepy.mail.address import canonical, parse_mailboxes
from sievepy.mail.flags import Flag
from sievepy.mail.limits import LIMITS, Limits
from sievepy.mail.message import Message, Part

HEADERS = ("Subject", "From", "To", "Cc", "Reply-To", "Sender", "Date", "Received", "Content-Type", "X-Spam-Score", "")


def read_everything(data: bytes, limits: Limits = LIMITS, times: int = 2) -> Message:
    """Every public thing of a letter and its parts, each several times: lazily made values must stay."""
    message = Message(data, limits)
    for _ in range(times):
        for name in HEADERS:
            headers = message.header(name)
            assert all(isinstance(value, str) for value in headers.values)
            read_mailboxes(message, name)
        fields = message.header_fields()
        assert all(field.name == field.name.lower() for field in fields)
        parts = message.parts()
        for part in parts:
            read_part(part)
        assert parts[0] is message.root
        assert len(parts) <= max(limits.parts, 1)
        flags = message.flags
        assert list(flags) == sorted(set(flags))
        assert set(flags) <= {flag.value for flag in Flag}
    return message


def read_mailboxes(message: Message, name: str) -> None:
    mailboxes, _ = message.mailboxes(name)
    for mailbox in mailboxes:
        canonical(mailbox.address)
        parse_mailboxes(mailbox.name, 10)


def read_part(part: Part) -> None:
    text, data = part.text(), part.data()
    assert "\r" not in text.text
    assert part.type == part.type.lower()
    assert part.type.count("/") == 1
    assert all(isinstance(value, str) for value in part.params.values())
    assert part.filename is None or part.filename
    assert part.disposition is None or part.disposition
    assert part.content_id is None or part.content_id
    assert part.size == len(data.data) or not data.complete
    assert all(child.parent is part for child in part.children)
    assert (part.embedded is not None) <= (part.type in ("message/rfc822", "message/global"))
    for name in ("Content-Type", "Subject"):
        part.header(name)
