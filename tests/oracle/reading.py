"""One letter as two readers see it: ours, and the standard library's `compat32` parser, brought into one form."""

from __future__ import annotations

import email
import email.header
import email.message
import email.policy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from sievepy.mail.message import Message, Part

HEADERS = ("Subject", "From", "To", "Cc", "Reply-To", "Date", "Message-ID", "Return-Path", "Content-Type")


@dataclass(frozen=True)
class Leaf:
    """A part without parts."""

    type: str
    filename: str | None
    payload: bytes
    encoding: str = ""
    """The whole value of Content-Transfer-Encoding; the standard library's leaves only."""


@dataclass(frozen=True)
class Reading:
    """`headers`: first decoded value of each of `HEADERS`, white space folded; None where there is none."""

    headers: dict[str, str | None]
    leaves: tuple[Leaf, ...]
    defects: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Difference:
    """`what`: a header's name, `structure`, `filename` or `payload`. `raw`: the header's bytes, or the part's body, as
    they stand in the letter; `encoding`: the part's raw Content-Transfer-Encoding; `defects`: what the standard library
    noted about the letter."""

    what: str
    ours: object
    theirs: object
    data: bytes
    flags: tuple[str, ...]
    defects: frozenset[str]
    raw: bytes = b""
    encoding: str = ""
    type: str = ""


def _one_line(text: str | None) -> str | None:
    return None if text is None else " ".join(text.replace("\x00", "\ufffd").split())


# ------------------------------------------------------------ ours


def ours(message: Message) -> Reading:
    headers = {name: _one_line(next(iter(message.header(name).values), None)) for name in HEADERS}
    leaves = tuple(Leaf(part.type, part.filename, part.data().data) for part in leaf_parts(message))
    return Reading(headers, leaves)


def leaf_parts(message: Message) -> list[Part]:
    return [part for part in message.parts() if not part.children]


# ------------------------------------------------------------ theirs


def theirs(data: bytes) -> Reading:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        letter = email.message_from_bytes(data, policy=email.policy.compat32)
        headers = {name: _one_line(_decoded(letter.get(name))) for name in HEADERS}
        leaves = tuple(_leaves(letter))
        return Reading(headers, leaves, frozenset(type(d).__name__ for part in letter.walk() for d in part.defects))


def _decoded(value: object) -> str | None:
    if value is None:
        return None
    try:
        pieces = email.header.decode_header(value)  # type: ignore[arg-type]
        return "".join(_piece(data, charset) for data, charset in pieces)
    except (ValueError, LookupError, email.header.HeaderParseError) as error:
        return f"!{type(error).__name__}"


def _piece(data: bytes | str, charset: str | None) -> str:
    if isinstance(data, str):
        return data
    if charset == "unknown-8bit":
        return data.decode("ascii", "replace")
    return data.decode(charset or "ascii", "replace")


def _leaves(letter: email.message.Message) -> Iterator[Leaf]:
    todo = [letter]
    while todo:
        part = todo.pop()
        if part.is_multipart() and part.get_content_type() != "message/delivery-status":
            todo.extend(reversed(part.get_payload()))
        else:
            payload = part.get_payload(decode=True)
            encoding = str(part.get("content-transfer-encoding", ""))
            yield Leaf(
                part.get_content_type(), _filename(part), payload if isinstance(payload, bytes) else b"", encoding
            )


def _filename(part: email.message.Message) -> str | None:
    try:
        name = part.get_filename()
        return _decoded(name) or None if name is not None else None
    except (ValueError, LookupError, TypeError, UnicodeError) as error:
        return f"!{type(error).__name__}"


# ------------------------------------------------------------ where they differ


def differences(data: bytes) -> list[Difference]:
    message = Message(data)
    our, their = ours(message), theirs(data)
    about = (data, message.flags, their.defects)
    found = [
        Difference(name, our.headers[name], their.headers[name], *about, _raw(message, name))
        for name in HEADERS
        if our.headers[name] != their.headers[name]
    ]
    types = [leaf.type for leaf in our.leaves], [leaf.type for leaf in their.leaves]
    if types[0] != types[1]:
        return [*found, Difference("structure", *types, *about)]
    for one, other, part in zip(our.leaves, their.leaves, leaf_parts(message), strict=True):
        body = part._message.slice(part._start, part._end)
        if one.filename != other.filename:
            types_ = b" ".join(map(part._fields.first, ("content-disposition", "content-type")))
            found.append(Difference("filename", one.filename, other.filename, *about, types_))
        if one.payload != other.payload:
            found.append(Difference("payload", one.payload, other.payload, *about, body, other.encoding, one.type))
    return found


def _raw(message: Message, name: str) -> bytes:
    return next((field.raw for field in message.header_fields() if field.name == name.lower()), b"")
