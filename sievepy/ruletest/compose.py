"""Make the raw letter (RFC 5322, MIME) and the envelope that a test describes.

A letter is built from bytes up, as a mail program would send it: encoded words in headers, base64 bodies,
attachments whose first bytes fit their name, so that `kind is pdf` can be tested by a name alone.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from sievepy.ir.cases import CaseAttachment, CaseHeader, CaseLetter
from sievepy.mail.envelope import Envelope

Read = Callable[[str], bytes]

ARRIVAL = dt.datetime(2026, 1, 15, 12, 0)  # what language.md section 7 gives a letter that does not say when it came
_BOUNDARY = "=-sievepy-test"

# Declared type and first bytes of a made-up attachment, by the end of its name.
_KINDS: dict[str, tuple[str, bytes]] = {
    ".pdf": ("application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    ".gif": ("image/gif", b"GIF89a\x01\x00\x01\x00"),
    ".heic": ("image/heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"),
    ".webp": ("image/webp", b"RIFF\x24\x00\x00\x00WEBPVP8 "),
    ".zip": ("application/zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00"),
    ".rar": ("application/vnd.rar", b"Rar!\x1a\x07\x01\x00"),
    ".7z": ("application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c\x00\x04"),
    ".exe": ("application/octet-stream", b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"),
    ".scr": ("application/octet-stream", b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"),
    ".doc": ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)),
    ".xls": ("application/vnd.ms-excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)),
    ".docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + bytes(16) + b"\x11\x00\x00\x00word/document.xml",
    ),
    ".xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + bytes(16) + b"\x0f\x00\x00\x00xl/workbook.xml",
    ),
    ".txt": ("text/plain", b"\n"),
    ".log": ("text/plain", b"\n"),
    ".csv": ("text/csv", b"\n"),
    ".eml": ("message/rfc822", b"From: someone@test.example\r\nSubject: attached\r\n\r\nattached\r\n"),
}


@dataclass(frozen=True, slots=True)
class Composed:
    data: bytes
    envelope: Envelope
    received_at: dt.datetime


def compose(letter: CaseLetter, *, zone: dt.tzinfo, hops: int, to: str, read: Read) -> Composed:
    """The bytes (CRLF line ends) and the envelope of a test's letter.

    `hops` is the configured number of trusted hops (at least one Received header is written); `to` the address of
    a letter that names none; `read` fetches the file of a `message "…"` line and raises OSError as usual.
    """
    arrival = (letter.at or ARRIVAL).replace(tzinfo=zone)
    recipient = letter.to or to
    data = read(letter.message) if letter.message is not None else _raw(letter, recipient, arrival)
    trusted = [h for h in letter.headers if not h.untrusted]
    untrusted = [h for h in letter.headers if h.untrusted]
    top = _header_lines(trusted) + _received(letter, max(hops, 1), arrival) + _header_lines(untrusted)
    sender = letter.envelope_from if letter.envelope_from is not None else _address(letter.sender)
    envelope = Envelope(
        sender=sender,
        recipients=letter.envelope_to or (_address(recipient),),
        client_ip=letter.client_ip,
        helo=letter.helo,
        received_at=arrival,
        source=letter.source,  # type: ignore[arg-type]  # the checker admits only the four sources
        folder=letter.folder,
    )
    return Composed(top + data, envelope, arrival)


def _address(written: str) -> str:
    """The bare address of `Name <address>`; `<>` is the null sender, the empty string."""
    _, bracket, rest = written.rpartition("<")
    return rest.rstrip("> ") if bracket else written


def _received(letter: CaseLetter, hops: int, arrival: dt.datetime) -> bytes:
    stamp = _rfc5322_date(arrival)
    client = f"[{letter.client_ip}]" if letter.client_ip else "[192.0.2.1]"
    helo = letter.helo or "client.test.example"
    line = f"Received: from {helo} ({client})\r\n\tby mx.test.example with ESMTP id test; {stamp}\r\n"
    return line.encode("ascii", "replace") * hops


def _header_lines(headers: list[CaseHeader]) -> bytes:
    return b"".join(f"{h.name}: {encoded_word(h.value)}\r\n".encode("ascii") for h in headers)


def _raw(letter: CaseLetter, recipient: str, arrival: dt.datetime) -> bytes:
    lines = [
        f"From: {_mailbox(letter.sender)}",
        f"To: {_mailbox(recipient)}",
        f"Subject: {encoded_word(letter.subject or '')}",
        f"Date: {_rfc5322_date(arrival)}",
        "Message-ID: <case@test.example>",
        "MIME-Version: 1.0",
    ]
    given = {h.name.lower() for h in letter.headers}
    lines = [line for line in lines if line.partition(":")[0].lower() not in given]
    return "\r\n".join(lines).encode("ascii") + b"\r\n" + mime_body(letter.body or "", letter.attachments)


def mime_body(text: str, attachments: tuple[CaseAttachment, ...]) -> bytes:
    """Content headers, the empty line, and the body: one text part, or multipart/mixed with the attachments."""
    plain = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    plain += base64.encodebytes(text.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")
    if not attachments:
        return plain
    delimiter = f"--{_BOUNDARY}\r\n".encode()
    head = f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"\r\n\r\n'.encode()
    parts = [plain, *map(_attachment, attachments)]
    return head + delimiter + (b"\r\n" + delimiter).join(parts) + f"\r\n--{_BOUNDARY}--\r\n".encode()


def _attachment(item: CaseAttachment) -> bytes:
    guessed, magic = _KINDS.get(PurePosixPath(item.name.lower()).suffix, ("application/octet-stream", b"\x00data"))
    type_ = item.type or guessed
    content = item.text.encode() if item.text is not None else magic
    head = f"Content-Type: {type_}\r\nContent-Disposition: attachment; {_filename(item.name)}\r\n"
    if type_.startswith("message/"):  # RFC 2046 5.2.1: no encoding but 7bit and 8bit
        return head.encode("ascii") + b"\r\n" + content
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return head.encode("ascii") + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded


def _filename(name: str) -> str:
    """RFC 2231 where the name is not plain ASCII."""
    if name.isascii() and '"' not in name and "\\" not in name:
        return f'filename="{name}"'
    return "filename*=utf-8''" + "".join(chr(b) if chr(b).isalnum() and b < 128 else f"%{b:02X}" for b in name.encode())


def _mailbox(written: str) -> str:
    name, bracket, rest = written.rpartition("<")
    if not bracket or not name.strip():
        return written if written.isascii() else encoded_word(written)
    return f"{encoded_word(name.strip().strip(chr(34)))} <{rest}"


def encoded_word(text: str) -> str:
    """RFC 2047: as it is where plain ASCII, else base64 words of at most 45 bytes, split between characters."""
    flat = " ".join(text.split())
    if flat.isascii():
        return flat
    words, piece = [], b""
    for char in flat:
        raw = char.encode()
        if len(piece) + len(raw) > 45:
            words.append(piece)
            piece = b""
        piece += raw
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(w).decode()}?=" for w in words)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _rfc5322_date(moment: dt.datetime) -> str:
    return f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment:%Y %H:%M:%S %z}"
