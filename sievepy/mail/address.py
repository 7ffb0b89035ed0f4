"""Address lists (RFC 5322 3.4) from raw header bytes, right ones and broken ones.

The list is cut first and encoded words are decoded afterwards, so that an encoded comma cannot make two addresses of
one. What programs get wrong is read as meant: commas and dots in unquoted names, missing or doubled brackets, an
unclosed quote or comment, `;` between addresses. Groups are flattened. Nothing is validated: an address is what
stands where one belongs.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple

import idna

from sievepy.mail import encoded
from sievepy.mail.flags import Flag, Note
from sievepy.mail.limits import LIMITS, Limits

_ENCODED = rb"=\?[^?\s]{1,75}\?[BbQq]\?[^?]*+\?="
_QUOTED_STRING = rb'"(?:[^"\\]|\\.)*+"'
_QUOTED = re.compile(_QUOTED_STRING, re.DOTALL)
_TEXT = re.compile(_ENCODED + rb'|[^,;:("<=]++|=')
_WORD = re.compile(rb'(?:%b|%b|[^\s"])++' % (_ENCODED, _QUOTED_STRING), re.DOTALL)
_NOT_ADDRESS = re.compile(_ENCODED + b"|" + _QUOTED_STRING, re.DOTALL)
_ANGLE = re.compile(rb'<((?:\s*+"(?:[^"\\]|\\.){0,256}"\s*+@)?[^<>"]*+)>', re.DOTALL)
_OPEN_ANGLE = re.compile(rb'<\s*+([^<>",;()\s]*+)')
_SEPARATORS = re.compile(rb"[,;\s]++")
_COMMENT_MARK = re.compile(rb"\\.|[()]", re.DOTALL)
_COMMENT = re.compile(rb"\([^()]*+\)")
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_SPACED_AT = re.compile(rb"(?<![ \t])[ \t]*+@[ \t]*+")
_WHITE_SPACE = re.compile(rb"\s++")
_AROUND_NAMES = b"<> \t"
_MOST_COMMAS = 8  # in one unquoted name
_USUAL = re.compile(
    rb'\s*+(?:"([^"\\\'<>@]*+)"\s*+|([^"\\\'<>@,;:()]++))?+'  # a name, quoted or not
    rb'<([^\s"\\\'<>@,;:()?]++@[^\s"\\\'<>@,;:()?]++)>\s*+'
    rb'|\s*+([^\s"\\\'<>@,;:()?]++@[^\s"\\\'<>@,;:()?]++)\s*+'
)
"""A header with one mailbox in which nothing has a second meaning, as most letters' From has: the parser would find the
same, in four times the time."""


class Mailbox(NamedTuple):
    """`name` is decoded and may be empty; `address` is as written, without brackets, comments and spaces, and may be
    empty (`<>`, or a name alone)."""

    name: str
    address: str


def parse_mailboxes(value: str, limit: int) -> tuple[tuple[Mailbox, ...], bool]:
    """The first `limit` mailboxes of a header value, and whether these are all of them and completely read."""
    return parse_raw(value.encode("utf-8", "replace"), dataclasses.replace(LIMITS, addresses=limit), lambda _: None)


def parse_raw(value: bytes, limits: Limits, note: Note) -> tuple[tuple[Mailbox, ...], bool]:
    """As `parse_mailboxes`, of an unfolded value in ASCII or UTF-8 whose encoded words are not decoded yet."""
    usual = _USUAL.fullmatch(value)
    if usual is None or not limits.addresses:
        return _Parser(value, limits, note).run()
    quoted, plain, named, bare = usual.groups()
    text, complete = encoded.decode((quoted or plain or b"").strip(_AROUND_NAMES), limits.encoded_words, note)
    return (Mailbox(text.strip(), (named or bare).decode("utf-8", "replace")),), complete


@dataclass(slots=True)
class _Item:
    """What stands between two separators: the bytes of a phrase, the address in brackets, comments."""

    pieces: list[bytes] = field(default_factory=list)
    angle: bytes | None = None
    angle_at: int = 0  # pieces before it
    comments: list[bytes] = field(default_factory=list)
    is_address: bool = False  # known to hold one, so that a hundred thousand colons are not a hundred thousand searches

    @property
    def phrase(self) -> bytes:
        return _SPACED_AT.sub(b"@", b"".join(self.pieces)).strip()


class _Parser:
    """One pass over the tokens. A quote or comment that has no end is an ordinary character, and so are those after it:
    nothing is searched for twice."""

    def __init__(self, value: bytes, limits: Limits, note: Note) -> None:
        self._value = value
        self._limits = limits
        self._note = note
        self._item = _Item()
        self._name_parts: list[bytes] = []  # of a name cut at its unquoted commas
        self._found: list[Mailbox] = []
        self._complete = True
        self._quotes_end = True
        self._comments_end = True

    def run(self) -> tuple[tuple[Mailbox, ...], bool]:
        at = 0
        while at < len(self._value) and len(self._found) <= self._limits.addresses:
            at = self._take(at)
        self._end_list()
        if len(self._found) > self._limits.addresses:
            self._cut(Flag.ADDRESSES_CUT)
        return tuple(self._found[: self._limits.addresses]), self._complete

    def _cut(self, flag: Flag) -> None:
        self._complete = False
        self._note(flag)

    # ------------------------------------------------------------ tokens: each returns where the next one begins

    def _take(self, at: int) -> int:
        match self._value[at : at + 1]:
            case b"," | b";":
                return self._separators(at)
            case b":":
                self._colon()
            case b'"':
                return self._quoted(at)
            case b"(":
                return self._comment(at)
            case b"<":
                return self._angle(at)
            case _:
                text = _TEXT.match(self._value, at)
                assert text is not None  # it matches any other byte
                self._item.pieces.append(text[0])
                return text.end()
        return at + 1

    def _separators(self, at: int) -> int:
        run = _SEPARATORS.match(self._value, at)
        assert run is not None  # one stands here
        if b";" in run[0]:
            self._end_list()
        else:
            self._end_item()
        return run.end()

    def _colon(self) -> None:
        """Behind a name it begins a group, whose name is dropped."""
        item = self._item
        item.is_address = item.is_address or item.angle is not None or bool(_addresses(item.phrase))
        if item.is_address:
            item.pieces.append(b":")
        else:
            self._item = _Item()
            self._end_list()

    def _quoted(self, at: int) -> int:
        quoted = _QUOTED.match(self._value, at) if self._quotes_end else None
        if quoted is None:
            self._quotes_end = False
            return at + 1
        self._item.pieces.append(quoted[0])
        return quoted.end()

    def _comment(self, at: int) -> int:
        end, depth = self._comment_end(at) if self._comments_end else (None, 0)
        if depth > self._limits.comment_depth:
            self._cut(Flag.COMMENTS_CUT)
        if end is None:
            self._comments_end = False
            return at + 1
        self._item.comments.append(self._value[at + 1 : end - 1])
        return end

    def _comment_end(self, at: int) -> tuple[int | None, int]:
        """Where the comment ends, if it does, and how deep comments are nested in it."""
        depth = deepest = 0
        for mark in _COMMENT_MARK.finditer(self._value, at):
            if mark[0] == b"(":
                depth += 1
                deepest = max(deepest, depth)
            elif mark[0] == b")":
                depth -= 1
                if depth == 0:
                    return mark.end(), deepest
        return None, deepest

    def _angle(self, at: int) -> int:
        if self._item.angle is not None:
            self._end_item_before_angle()
        found = _ANGLE.match(self._value, at) or _OPEN_ANGLE.match(self._value, at)
        assert found is not None  # an open angle may be empty
        if found[1].strip() or found[0].endswith(b">"):
            self._item.angle, self._item.angle_at = found[1], len(self._item.pieces)
        return found.end()

    def _end_item_before_angle(self) -> None:
        """A comma is missing: what stands behind the first address is the name of the second."""
        item = self._item
        behind = item.pieces[item.angle_at :]
        del item.pieces[item.angle_at :]
        self._end_item()
        self._item.pieces.extend(behind)

    # ------------------------------------------------------------ items

    def _end_list(self) -> None:
        self._end_item()
        self._end_names()

    def _end_names(self) -> None:
        """Names that no address follows."""
        for name in self._name_parts:
            self._add(*((b"", name) if b" " not in name and not _NOT_ADDRESS.search(name) else (name, b"")))
        self._name_parts.clear()

    def _end_item(self) -> None:
        item, self._item = self._item, _Item()
        phrase = item.phrase
        if item.angle is not None:
            self._add_named(phrase, _clean(item.angle), item.comments)
        elif addresses := _addresses(phrase):
            name = b""
            if len(addresses) == 1:
                name = b" ".join(word for word in _WORD.findall(phrase) if word != addresses[0])
            for address in addresses[: self._limits.addresses + 1]:
                self._add_named(name, _clean(address), item.comments)
        elif phrase:
            if len(self._name_parts) == _MOST_COMMAS:
                self._end_names()
            self._name_parts.append(phrase)

    def _add_named(self, name: bytes, address: bytes, comments: list[bytes]) -> None:
        if name.strip(b"<>' "):
            name = b", ".join([*self._name_parts, name])
            self._name_parts.clear()
        elif self._name_parts and len(self._name_parts[-1].split()) > 1:
            name = b", ".join(self._name_parts)
            self._name_parts.clear()
        self._end_names()
        if comments:
            noted = b" ".join(comments)
            name = name + b" (" + noted + b")" if name else noted
        self._add(name, address)

    def _add(self, name: bytes, address: bytes) -> None:
        shown = _QUOTED.sub(lambda quoted: _QUOTED_PAIR.sub(rb"\1", quoted[0][1:-1]), name).strip(_AROUND_NAMES)
        if len(shown) > 1 and shown[:1] == shown[-1:] == b"'":
            shown = shown[1:-1]
        text, complete = encoded.decode(shown, self._limits.encoded_words, self._note)
        self._complete &= complete
        self._found.append(Mailbox(text.strip(), address.decode("utf-8", "replace")))


def _addresses(phrase: bytes) -> list[bytes]:
    """The words of a phrase that hold an `@` outside quotes and encoded words."""
    if b"@" not in phrase:
        return []
    return [word for word in _WORD.findall(phrase) if b"@" in _NOT_ADDRESS.sub(b"", word)]


def _clean(address: bytes) -> bytes:
    """Without comments, white space, source route (RFC 5322 4.4), and what programs wrap around it."""
    if not address.lstrip().startswith(b'"'):
        address = _WHITE_SPACE.sub(b"", _COMMENT.sub(b"", address))
    address = address.strip(b"<> \t").strip(b"'")
    if address[:7].lower() == b"mailto:":
        address = address[7:]
    return address.rpartition(b":")[2] if address.startswith(b"@") else address


# ------------------------------------------------------------ canonical form

_PLAIN_LOCAL = re.compile(r'"([^"\\@\s()<>,;:\[\]]+)"')
_DOMAIN_LIMIT = 255  # octets (RFC 1035 2.3.4)


def canonical(address: str) -> str:
    """What addresses are compared as: lower case, NFC, the domain as A-labels (UTS 46). Also for a bare domain. Never
    raises."""
    address = unicodedata.normalize("NFC", address.strip()).lower()
    local, at, domain = address.rpartition("@")
    plain = _PLAIN_LOCAL.fullmatch(local)
    return (plain[1] if plain else local) + at + _domain(domain)


def _domain(domain: str) -> str:
    domain = domain.rstrip(".")
    if domain.isascii() or len(domain) > _DOMAIN_LIMIT:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:  # idna.IDNAError is one
        return ".".join(map(_label, re.split("[.。．｡]", domain)))


def _label(label: str) -> str:
    """A label alone: one that IDNA refuses (`*`, an underscore) is left as it is and does not spoil its neighbours."""
    try:
        return label if label.isascii() else idna.encode(label, uts46=True).decode("ascii")
    except UnicodeError:
        return label
