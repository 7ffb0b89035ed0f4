"""The letters of a maildir, sent by SMTP as another mail server would."""

from __future__ import annotations

import contextlib
import re
import smtplib
from dataclasses import dataclass
from pathlib import Path

from examples.relay.server import PATIENCE, Failed

RECIPIENT = "info@x-com.kz"
_WRITTEN_DOWN = re.compile(rb"(return-path|delivered-to):[ \t]*<?([^>\r\n]*?)>?[ \t]*\r?\n", re.IGNORECASE)
"""How a mailbox notes the envelope above a letter (RFC 5321 4.4)."""


@dataclass(frozen=True)
class Sent:
    """A letter that was offered: the name of its file, its queue id if it was taken, and the server's last word."""

    name: str
    id: str | None
    reply: str


def send_all(folder: Path, port: int) -> list[Sent]:
    """All letters, in the order of their names, over one connection. Raises Failed where no server converses."""
    paths = sorted((path for place in ("new", "cur") for path in (folder / place).glob("*")), key=lambda p: p.name)
    if not paths:
        raise Failed(f"there is no letter in {folder}: it is to be a maildir")
    try:
        # Not the client's own context: that says QUIT after an interruption, too, and takes any reply for its answer.
        with contextlib.closing(smtplib.SMTP("127.0.0.1", port, "mx.example", timeout=PATIENCE)) as client:
            client.ehlo()
            sent = [_send(client, path) for path in paths]
            client.quit()
            return sent
    except OSError as problem:  # smtplib's own errors are
        raise Failed(f"sending broke off: {problem}") from None


def _send(client: smtplib.SMTP, path: Path) -> Sent:
    """One transaction. What the mailbox had written down is the envelope again, and no part of the letter."""
    data, envelope = path.read_bytes(), {"return-path": "", "delivered-to": RECIPIENT}
    while noted := _WRITTEN_DOWN.match(data):
        envelope[noted[1].decode("ascii").lower()] = noted[2].decode("ascii", "replace")
        data = data[noted.end() :]
    data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    name = path.name.partition(":")[0]
    code, said = client.mail(envelope["return-path"], [] if data.isascii() else ["BODY=8BITMIME"])
    if code == 250:
        code, said = client.rcpt(envelope["delivered-to"])
    if code == 250:
        code, said = client.data(data)
    reply = said.decode("ascii", "replace")
    if code != 250:
        client.rset()
        return Sent(name, None, f"{code} {reply}")
    return Sent(name, reply.rpartition(" ")[2], f"{code} {reply}")
