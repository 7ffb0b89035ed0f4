"""A passed-on letter: the bytes as received, our header fields above them. Pure functions on bytes.

Nothing is ever re-serialised: a letter is not parsed to be written again, fields are put before it or cut out of its
header block, and every other byte stays (RFC 5322 2.1, 2.2). A letter over a wire ends its lines with CRLF; in maildir
and mbox files it has LF, and LF -> CRLF is its canonical reading. Hashes are taken after it.

What we sign, a trace field and envelope senders, carries an HMAC (RFC 2104) with one key and a word for each use.
Letters of our own (a reference, a notice, a letter wrapped whole) are 7-bit, so that any server takes them. Nothing
here sends, and nothing here knows the time.
"""

from __future__ import annotations

import base64
import datetime as dt
import email.utils
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Headers = Iterable[tuple[str, str]]

OWN_PREFIX = "x-sievepy-"
TRACE = "X-Sievepy-Trace"

_CRLF = b"\r\n"
_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 2.2
_ONE_TOO_MANY = re.compile(r"[\r\n\0]")
_TOKEN = re.compile(r" *[^ ]+")
_LINE = 76  # characters (RFC 5322 2.1.1 advises 78, RFC 2047 2 demands 76 of lines with encoded words)
_LONGEST_TOKEN = 900  # what cannot be folded must fit a line of 998 (RFC 5322 2.1.1)
_ENCODED_BYTES = 45
"""Of text in one encoded word: its base64 with `=?utf-8?b??=` stays under the 75 characters of RFC 2047 2."""
BASE64_INSIDE = 57
"""Bytes in a line of base64 of 76 characters (RFC 2045 6.8)."""
_BASE64 = (("Content-Transfer-Encoding", "base64"),)
_OWN_FIELD = re.compile(rb"(?:\A|(?<=\n))(x-sievepy-[!-9;-~]*+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?", re.IGNORECASE)
_ID = re.compile(r"[0-9a-z][0-9a-z-]{0,39}")  # `bounce+`, `.` and 16 letters leave 40 of 64 (RFC 5321 4.5.3.1.1)
_DOMAIN = re.compile(r"[0-9A-Za-z.-]{1,255}")
_MAILBOX = re.compile(r"[!-;=?-~]+@[0-9A-Za-z.-]+")
_PHRASE = re.compile(r"[0-9A-Za-z _-]+")
_VERP = re.compile(rf"bounce\+({_ID.pattern})\.([a-z2-7]{{16}})")
_TRACE_VALUE = re.compile(rf"\s*id=({_ID.pattern});\s+sha256=([0-9a-f]{{64}});\s+hmac=([a-z2-7]{{26}})\s*")


# ---------------------------------------------------------------- line ends


def canonical(data: bytes) -> bytes:
    """The letter with every line end as CRLF. A CR that ends no line stays what it is."""
    return data.replace(_CRLF, b"\n").replace(b"\n", _CRLF)


def with_lf(data: bytes) -> bytes:
    """The letter as a file: with LF, unless its canonical reading would then change (a bare CR before a line end)."""
    shorter = data.replace(_CRLF, b"\n")
    return shorter if canonical(shorter) == canonical(data) else data


class LineFeeds:
    """`with_lf` of a letter that is not read as a whole."""

    def __init__(self) -> None:
        self._held = b""

    @staticmethod
    def fit(pieces: Iterable[bytes]) -> bool:
        """Whether the letter stays what it is with LF: no CR stands before a line end."""
        before = b""
        for piece in pieces:
            if b"\r\r\n" in before + piece:
                return False
            before = (before + piece)[-2:]
        return True

    def of(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces of a letter that fits."""
        for piece in pieces:
            text = self._held + piece
            self._held = text[-1:] if text.endswith(b"\r") else b""  # half of a CRLF, perhaps
            yield text.removesuffix(self._held).replace(_CRLF, b"\n")
        yield self._held


def digest(data: bytes) -> str:
    """Identifies a letter's content, whichever line ends it is stored with: hexadecimal SHA-256."""
    return hashlib.sha256(canonical(data)).hexdigest()


# ---------------------------------------------------------------- header fields


def header_value(text: str) -> str:
    """Any text as a field's value, folded with LF: as it is where it is printable ASCII, else in encoded words (RFC
    2047), so that no value can begin another field."""
    if text.isascii() and text.isprintable() and "=?" not in text and text == text.strip(" "):
        tokens = _TOKEN.findall(text)
        if max(map(len, tokens), default=0) <= _LONGEST_TOKEN:
            return _folded(tokens)
    words, word = [], b""
    for char in text:
        encoded = char.encode("utf-8", "replace")
        if len(word) + len(encoded) > _ENCODED_BYTES:
            words.append(word)
            word = b""
        word += encoded
    return "\n ".join(f"=?utf-8?b?{base64.b64encode(w).decode()}?=" for w in [*words, word])


def _folded(tokens: Iterable[str]) -> str:
    """Words with the spaces before them; a line begins with those spaces, so that unfolding gives the text back."""
    lines = [""]
    for token in tokens:
        if lines[-1] and len(lines[-1]) + len(token) > _LINE:
            lines.append("")
        lines[-1] += token
    return "\n".join(lines)


def fields(headers: Headers) -> bytes:
    """Header fields in order, with CRLF. Raises ValueError for what is no name, and for a value with CR, LF or NUL."""
    return b"".join(_field(name, value) for name, value in headers)


def _field(name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not the name of a header field: {name!a}")
    if _ONE_TOO_MANY.search(value):
        raise ValueError(f"the value of {name} holds a CR, LF or NUL")
    return canonical(f"{name}: {header_value(value)}\n".encode("ascii"))


def head(headers: Headers, data: bytes) -> bytes:
    """What `prepend` puts before a letter that begins with `data`, for letters that are not read as a whole.

    A first line that begins with white space would go on our last field. No field can begin so: the letter has no
    header block, and gets the empty line that says so, as Postfix gives it.
    """
    return fields(headers) + (_CRLF if data[:1] in (b" ", b"\t") else b"")


def prepend(data: bytes, headers: Headers) -> bytes:
    """The letter below our fields; each of its bytes is there, in its place. Raises ValueError as `fields` does."""
    return head(headers, data) + data


def strip_foreign(data: bytes, keep: Callable[[str, bytes], bool]) -> bytes:
    """The letter without the `X-Sievepy-*` fields that somebody else wrote. `keep` is asked for each: its name in lower
    case, its value as it stands there. All other bytes stay."""
    end = _end_of_headers(data)
    block = data[:end]
    if OWN_PREFIX.encode() not in block.lower():
        return data

    def replacement(field: re.Match[bytes]) -> bytes:
        return field[0] if keep(field[1].decode("ascii").lower(), field[2].strip(b" \t\r\n")) else b""

    return _OWN_FIELD.sub(replacement, block) + data[end:]


def holds_headers(data: bytes) -> bool:
    """Whether the header block of a letter that begins with `data` ends within it."""
    return _end_of_headers(data) < len(data)


def _end_of_headers(data: bytes) -> int:
    """Where the first empty line begins; the end of a letter that has none."""
    if data.startswith((b"\n", _CRLF)):
        return 0
    found = [at + 1 for at in (data.find(b"\n\r\n"), data.find(b"\n\n")) if at >= 0]
    return min(found, default=len(data))


# ---------------------------------------------------------------- what we sign


@dataclass(frozen=True, slots=True)
class Trace:
    """What our trace field says: this letter was here, under this id, with this content (a hexadecimal SHA-256)."""

    letter: str
    digest: str


def trace_field(trace: Trace, secret: bytes) -> tuple[str, str]:
    """The field for `prepend`. Raises ValueError for an id or a digest that could not be read back."""
    value = f"id={trace.letter}; sha256={trace.digest}; hmac={_trace_mac(trace, secret)}"
    if not _TRACE_VALUE.fullmatch(value):
        raise ValueError(f"not an id and a digest: {trace!a}")
    return TRACE, value


def read_trace(value: bytes, secret: bytes) -> Trace | None:
    """What a trace field says, folded or not; None unless this key signed it."""
    found = _TRACE_VALUE.fullmatch(value.decode("ascii", "replace"))
    if found is None:
        return None
    trace = Trace(found[1], found[2])
    return trace if hmac.compare_digest(found[3], _trace_mac(trace, secret)) else None


def is_our_trace(secret: bytes) -> Callable[[str, bytes], bool]:
    """The `keep` of `strip_foreign`: our own trace fields stay, for they end loops."""
    return lambda name, value: name == TRACE.lower() and read_trace(value, secret) is not None


def verp(delivery: str, secret: bytes, domain: str) -> str:
    """The envelope sender of one delivery (Bernstein's VERP): who writes to it tells which delivery came back.

    All of it survives lower-casing. Raises ValueError for an id that would not, and for what is no domain.
    """
    if not _ID.fullmatch(delivery) or not _DOMAIN.fullmatch(domain):
        raise ValueError(f"no envelope sender can be made of {delivery!a} and {domain!a}")
    return f"bounce+{delivery}.{_mac('verp', delivery, secret, 10)}@{domain}"


def read_verp(address: str, secret: bytes) -> str | None:
    """The delivery that `verp` made this address for, in whatever case it comes back; None unless this key did."""
    found = _VERP.fullmatch(address.rpartition("@")[0].lower())
    if found is None or not hmac.compare_digest(found[2], _mac("verp", found[1], secret, 10)):
        return None
    return found[1]


def _trace_mac(trace: Trace, secret: bytes) -> str:
    return _mac("trace", f"{trace.letter} {trace.digest}", secret, 16)


def _mac(use: str, text: str, secret: bytes, length: int) -> str:
    """The first `length` bytes of an HMAC-SHA-256 in base 32. `use` keeps what is signed for one from the other."""
    mac = hmac.digest(secret, f"{use}\0{text}".encode(), "sha256")
    return base64.b32encode(mac[:length]).decode().rstrip("=").lower()


# ---------------------------------------------------------------- letters of our own


@dataclass(frozen=True, slots=True)
class Author:
    """Who our own letters are from: a mailbox of ASCII, whose domain also ends their Message-IDs."""

    address: str
    name: str = "sievepy"

    def __post_init__(self) -> None:
        if not _MAILBOX.fullmatch(self.address) or not _PHRASE.fullmatch(self.name):
            raise ValueError(f"not a mailbox: {self.name!a} {self.address!a}")

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def notice_letter(*, id: str, subject: str, text: str, at: dt.datetime, author: Author, headers: Headers = ()) -> bytes:
    """A letter of text. `id` makes its Message-ID, so that a second making is the same letter; `text` has LF."""
    return _own_letter(id, subject, at, author, headers) + _text_part(text)


def reference_letter(
    *,
    letter: str,
    departments: Iterable[str],
    rules: Iterable[str],
    at: dt.datetime,
    author: Author,
    headers: Headers = (),
) -> bytes:
    """Tells of a letter that a restricted department has, and holds no byte of it: not a name, not a subject."""
    facts = [("Queue id", letter), *(("Department", d) for d in departments), *(("Rule", rule) for rule in rules)]
    lines = "".join(f"{name}: {' '.join(value.split())}\n" for name, value in facts)
    text = f"A letter was delivered to a restricted department and is not repeated here.\n\n{lines}"
    subject = f"Reference to letter {letter}"
    return notice_letter(id=f"{letter}.reference", subject=subject, text=text, at=at, author=author, headers=headers)


def wrapped_letter(
    data: bytes, *, letter: str, reason: str, at: dt.datetime, author: Author, headers: Headers = ()
) -> bytes:
    """A letter that a server cannot take as it is, whole as an attached file: base64 brings back every byte."""
    before, after = wrapping(letter=letter, reason=reason, at=at, author=author, headers=headers)
    return before + base64_lines(data) + after


def wrapping(
    *, letter: str, reason: str, at: dt.datetime, author: Author, headers: Headers = ()
) -> tuple[bytes, bytes]:
    """What stands before and after the `base64_lines` of a letter that is wrapped whole.

    application/octet-stream, because message/rfc822 may not be encoded (RFC 2046 5.2.1). `reason` is one line.
    """
    boundary = f"=_{letter}"  # no line of base64, nor of our text, begins with it
    text = (
        f"This letter could not be passed on as it is, and is attached as it came.\n\nWhy: {' '.join(reason.split())}\n"
    )
    mixed = [("Content-Type", f'multipart/mixed; boundary="{boundary}"')]
    attached = [
        ("Content-Type", 'application/octet-stream; name="letter.eml"'),
        ("Content-Disposition", 'attachment; filename="letter.eml"'),
    ]
    line = f"--{boundary}".encode("ascii")
    before = [
        _own_letter(f"{letter}.wrapped", f"Letter {letter}, attached", at, author, headers),
        *(fields(mixed), _CRLF),
        *(line, _CRLF, _text_part(text)),
        *(line, _CRLF, fields(attached), fields(_BASE64), _CRLF),
    ]
    return b"".join(before), line + b"--" + _CRLF


def _own_letter(id: str, subject: str, at: dt.datetime, author: Author, headers: Headers) -> bytes:
    """The fields of a letter of our own; those of its content are the caller's. Nobody answers it (RFC 3834 5)."""
    own = [
        ("From", f"{author.name} <{author.address}>"),
        ("Subject", subject),
        ("Date", email.utils.format_datetime(at)),
        ("Message-ID", f"<{id}@{author.domain}>"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ]
    return fields([*headers, *own])


def _text_part(text: str) -> bytes:
    data = canonical(text.encode("utf-8", "replace"))
    lines = text.split("\n")
    if text.isascii() and all(line.isprintable() and len(line) <= _LONGEST_TOKEN for line in lines):
        return fields([("Content-Type", "text/plain; charset=us-ascii")]) + _CRLF + data
    return fields([("Content-Type", "text/plain; charset=utf-8"), *_BASE64]) + _CRLF + base64_lines(data)


def base64_lines(data: bytes) -> bytes:
    """Lines of base64, each of BASE64_INSIDE bytes, the last one of what is left."""
    return canonical(base64.encodebytes(data))


def base64_size(size: int) -> int:
    """Bytes of the `base64_lines` of so many."""
    lines, rest = divmod(size, BASE64_INSIDE)
    return lines * (BASE64_INSIDE // 3 * 4 + 2) + (-(-rest // 3) * 4 + 2 if rest else 0)
