"""Encoded words in headers (RFC 2047), as they ought to be and as programs write them.

Neighbouring words of one charset are joined as bytes before they are decoded, because programs cut them inside a
character. Words inside quoted strings, with spaces or question marks inside, without padding, touching each other or
the text around them are decoded. Text between words may be raw 8-bit. What has no end (`?=`) or an encoding other
than B and Q stays as it is.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

import pybase64

from sievepy.mail import charset
from sievepy.mail.flags import Flag, Note

_START = re.compile(rb"=\?([^?\s]{1,75})\?([BbQq])\?")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")  # RFC 4648 5, which some web mailers take for base64
_SPACE = b" \t\r\n"
_USUAL = re.compile(
    rb"=\?([^?\s]{1,75})\?[Bb]\?[A-Za-z0-9+/]++={0,2}\?=(?:[ \t]*+=\?\1\?[Bb]\?[A-Za-z0-9+/]++={0,2}\?=)*+"
)
"""A value of nothing but words of one charset in base64, as most letters' Subject that is not ASCII is."""
_CONTENT = re.compile(rb"\?[Bb]\?([A-Za-z0-9+/]++)={0,2}\?=")


class _Piece(NamedTuple):
    """Bytes in one charset: an encoded word's, or those between words (label None)."""

    data: bytes
    label: str | None


def decode(raw: bytes, limit: int, note: Note, hint: str | None = None) -> tuple[str, bool]:
    """The text of an unfolded header value of which at most `limit` encoded words are decoded, and whether that is
    all of it. `hint` is the charset that raw 8-bit bytes are likely to be in."""
    if b"=?" not in raw:
        if raw.isascii():
            return raw.decode("ascii"), True
        return _text([_Piece(raw, None)], note, hint)
    if (usual := _USUAL.fullmatch(raw)) is not None and len(contents := _CONTENT.findall(raw)) <= limit:
        return _text([_Piece(b"".join(map(_from_letters, contents)), usual[1].decode("ascii", "replace"))], note, hint)
    pieces, complete = _cut(raw, limit)
    if not complete:
        note(Flag.ENCODED_WORDS_CUT)
    text, readable = _text(pieces, note, hint)
    return text, complete and readable


def _cut(raw: bytes, limit: int) -> tuple[list[_Piece], bool]:
    """The pieces of a value; neighbouring words of one charset are one. Not complete: more than `limit` words."""
    pieces: list[_Piece] = []
    end = 0  # of the last word
    for count, (start, stop, piece) in enumerate(_words(raw)):
        if count == limit:
            pieces.append(_Piece(raw[end:], None))
            return pieces, False
        between = raw[end:start]
        follows = bool(pieces) and not between.strip(_SPACE)
        if follows and _same_charset(pieces[-1].label, piece.label):
            pieces[-1] = _Piece(pieces[-1].data + piece.data, piece.label)
        else:
            if between and not follows:
                pieces.append(_Piece(between, None))
            pieces.append(piece)
        end = stop
    pieces.append(_Piece(raw[end:], None))
    return pieces, True


def _words(raw: bytes) -> Iterator[tuple[int, int, _Piece]]:
    """Start, end and decoded bytes of each encoded word."""
    at, stop = 0, 0
    while (start := _START.search(raw, at)) is not None:
        at = start.end()
        if stop < at and (stop := raw.find(b"?=", at)) < 0:
            return
        if raw.find(b"=?", at, stop) >= 0:  # another word begins: this one has no end
            continue
        content = raw[at:stop]
        data = _from_q(content) if start[2] in b"Qq" else _from_b(content)
        at = stop + 2
        yield start.start(), at, _Piece(data, start[1].decode("ascii", "replace"))


def _same_charset(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    return one == other or charset.codec_of(one) == charset.codec_of(other) is not None


def _from_b(content: bytes) -> bytes:
    """Base64 without regard to padding, spaces, or a last character that is half a byte."""
    return _from_letters(_NO_BASE64.sub(b"", content.translate(_URL_SAFE)))


def _from_letters(letters: bytes) -> bytes:
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return pybase64.b64decode(letters + b"=" * (-len(letters) % 4))


def _from_q(content: bytes) -> bytes:
    return binascii.a2b_qp(content, header=True)


def _text(pieces: list[_Piece], note: Note, hint: str | None) -> tuple[str, bool]:
    if len(pieces) == 1 and pieces[0].data:
        reading = charset.read(pieces[0].data, pieces[0].label, hint=hint)
        for flag in reading.flags:
            note(flag)
        return reading.text, reading.complete
    readings = [charset.read(piece.data, piece.label, hint=hint) for piece in pieces if piece.data]
    for reading in readings:
        for flag in reading.flags:
            note(flag)
    return "".join(reading.text for reading in readings), all(reading.complete for reading in readings)
