"""Raw letters for the tests of this folder, written as bytes."""

from __future__ import annotations

import datetime as dt

from sievepy.mail.envelope import Envelope
from sievepy.mail.letter import Letter
from sievepy.mail.message import Message
from sievepy.mail.trust import NO_TRUST, Trust

ZONE = dt.timezone(dt.timedelta(hours=5))


def raw(text: str) -> bytes:
    """The bytes of a letter written with LF line ends; a common indentation is no part of it."""
    import textwrap

    return textwrap.dedent(text).lstrip("\n").replace("\n", "\r\n").encode()


def letter(text: str, *, trust: Trust = NO_TRUST, envelope: Envelope | None = None, **more: object) -> Letter:
    envelope = envelope or Envelope()
    return Letter(Message(raw(text)), envelope=envelope, trust=trust, zone=ZONE, **more)  # type: ignore[arg-type]
