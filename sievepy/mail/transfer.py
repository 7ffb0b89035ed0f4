"""Content-Transfer-Encoding (RFC 2045 6), undone as far as damaged data allows.

Base64 is decoded in one strict pass; where that fails, line by line: a line with spaces inside begins a footer that a
list server added, padding in the middle is where a program joined two encoded pieces, other foreign characters are
dropped (RFC 2045 6.8). Data that holds no base64 at all is what it looks like. uuencode and other encodings are not
undone.
"""

from __future__ import annotations

import binascii
import re
from itertools import islice
from typing import NamedTuple

import pybase64

from sievepy.mail.flags import Flag, Note

IDENTITY = frozenset({"7bit", "8bit", "binary"})
_MISSPELT = {"8-bit": "8bit", "7-bit": "7bit", "base-64": "base64", "quotedprintable": "quoted-printable"}
_COMMENT = re.compile(rb"\([^()]*+\)")
_WHITE_SPACE = b" \t\r\n"
_LINE_ENDS = b"\r\n"

_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]++={0,2}")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]++")
_RUN = re.compile(rb"[A-Za-z0-9+/]++")
_BLANKS = (b" ", b"\t")
_BLANK_ENDS = (b" \n", b" \r\n", b"\t\n", b"\t\r\n")
_TRAILING_SPACE = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")


class Decoded(NamedTuple):
    """`complete`: the data is all there, neither cut nor lost in damage."""

    data: bytes
    complete: bool = True


def encoding_name(raw: bytes) -> str:
    """The encoding a header value names, in lower case, without comments, parameters, quotes; `7bit` where it is
    empty."""
    value = _COMMENT.sub(b" ", raw).split(b";")[0].strip(b" \t\r\n\"'")
    name = value.decode("ascii", "replace").lower().replace("_", "-") or "7bit"
    return _MISSPELT.get(name, name)


def decode(raw: bytes, encoding: str, runs: int, note: Note) -> Decoded:
    """The bytes that `raw` encodes; `runs` is how many padded pieces of base64 are joined at most."""
    match encoding:
        case "base64":
            return _base64(raw, runs, note)
        case "quoted-printable":
            return Decoded(binascii.a2b_qp(_without_trailing_space(raw)))
    if encoding in IDENTITY:
        return Decoded(raw)
    note(Flag.TRANSFER_UNKNOWN)
    return Decoded(raw, complete=False)


def _without_trailing_space(raw: bytes) -> bytes:
    """RFC 2045 6.7 (3): white space at the end of a line was added on the way. Looking for it first is faster."""
    if raw[-1:] in _BLANKS or any(map(raw.__contains__, _BLANK_ENDS)):
        return _TRAILING_SPACE.sub(b"", raw)
    return raw


def _base64(raw: bytes, runs: int, note: Note) -> Decoded:
    try:
        return Decoded(pybase64.b64decode(raw.translate(None, _LINE_ENDS), validate=True))
    except binascii.Error:
        return _tolerant_base64(raw, runs, note)


def _tolerant_base64(raw: bytes, runs: int, note: Note) -> Decoded:
    letters, tail = _base64_lines(raw)
    if not letters:
        blank = not raw.strip(_WHITE_SPACE)
        if not blank:
            note(Flag.TRANSFER_DAMAGED)
        return Decoded(b"" if blank else raw)
    if tail:
        note(Flag.TRANSFER_TAIL)
    pieces = [run[0] for run in islice(_RUN.finditer(letters), runs + 1)]
    whole = len(pieces) <= runs
    if not whole:
        note(Flag.DATA_CUT)
    if any(len(piece) % 4 == 1 for piece in pieces):
        note(Flag.TRANSFER_DAMAGED)
        whole = False
    return Decoded(b"".join(map(_run, pieces[:runs])), whole)


def _run(letters: bytes) -> bytes:
    """One run without its padding; a last letter that holds less than a byte is dropped."""
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return pybase64.b64decode(letters + b"=" * (-len(letters) % 4))


def _base64_lines(raw: bytes) -> tuple[bytes, bool]:
    """The letters and padding of the lines that are base64, and whether foreign text follows them."""
    lines: list[bytes] = []
    for line in map(bytes.strip, raw.splitlines()):
        if _BASE64_LINE.fullmatch(line):
            lines.append(line)
        elif line and (b" " in line or line.startswith((b"--", b"__"))):
            if lines:
                return b"".join(lines), True
        elif line:
            lines.append(_NO_BASE64.sub(b"", line))
    return b"".join(lines), False
