"""The headers of a letter or a part with their values decoded: text, mailboxes, a content type (RFC 5322, RFC 2047, RFC
2045).

It joins the block of bytes (`headers.py`) to the readers of its values, keeps to the limits, and says by flags what was
cut or guessed. Dates, message ids and trace headers are not read here.
"""

from __future__ import annotations

from functools import cached_property

from sievepy.mail import charset, encoded, mime
from sievepy.mail.address import Mailbox, parse_raw
from sievepy.mail.flags import Flag
from sievepy.mail.headers import HeaderBlock, Headers, unfold
from sievepy.mail.limits import Limits

_STRUCTURE = ("content-type", "content-transfer-encoding", "content-disposition")


class Shared:
    """What a letter and the letters attached to it have in common: the limits, and what has been found so far."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.flags: set[Flag] = set()
        self.parts = 0
        self.parts_complete = True

    def note(self, flag: Flag) -> None:
        self.flags.add(flag)


class Fields:
    """A header block whose values are decoded on demand and once."""

    def __init__(self, block: HeaderBlock, shared: Shared) -> None:
        self.block = block
        self._shared = shared
        self._decoded: dict[str, Headers] = {}
        self._mailboxes: dict[str, tuple[tuple[Mailbox, ...], bool]] = {}
        if not block.complete:
            shared.note(Flag.HEADERS_CUT)

    def get(self, name: str) -> Headers:
        name = name.lower()
        found = self._decoded.get(name)
        if found is None:
            found = self._decoded[name] = self._decode(name)
        return found

    def _decode(self, name: str) -> Headers:
        raws, complete = self.raw(name)
        values: list[str] = []
        for raw in raws:
            hint = None if raw.isascii() else self._hint
            text, whole = encoded.decode(raw, self._shared.limits.encoded_words, self._shared.note, hint)
            values.append(text)
            complete &= whole
        return Headers(tuple(values), complete)

    def raw(self, name: str) -> tuple[list[bytes], bool]:
        """The unfolded values of a name, and whether they are all of them and whole."""
        limits, note = self._shared.limits, self._shared.note
        raws = self.block.raw_values(name)
        complete = self.block.complete
        if not raws:
            return raws, complete
        if len(raws) > limits.same_header:
            complete = False
            note(Flag.HEADERS_CUT)
            raws = raws[: limits.same_header]
        if any(len(raw) > limits.header_value for raw in raws):
            complete = False
            note(Flag.HEADER_VALUE_CUT)
        return [unfold(raw[: limits.header_value]) for raw in raws], complete

    def first(self, name: str) -> bytes:
        """The first unfolded value of a name; empty if there is none."""
        raws = self.block.raw_values(name)
        return unfold(raws[0][: self._shared.limits.header_value]) if raws else b""

    def mailboxes(self, name: str) -> tuple[tuple[Mailbox, ...], bool]:
        name = name.lower()
        found = self._mailboxes.get(name)
        if found is None:
            found = self._mailboxes[name] = self._find_mailboxes(name)
        return found

    def _find_mailboxes(self, name: str) -> tuple[tuple[Mailbox, ...], bool]:
        limits = self._shared.limits
        raws, complete = self.raw(name)
        found: list[Mailbox] = []
        for raw in raws:
            value = raw if raw.isascii() else charset.read(raw, hint=self._hint).text.encode()
            boxes, whole = parse_raw(value, limits, self._shared.note)
            found.extend(boxes)
            complete &= whole
            if len(found) > limits.addresses:
                self._shared.note(Flag.ADDRESSES_CUT)
                break
        return tuple(found[: limits.addresses]), complete and len(found) <= limits.addresses

    @cached_property
    def content_type(self) -> mime.Value:
        return mime.parse_value(self.first("content-type"), self._shared.limits, self._shared.note)

    def has_hidden_structure(self) -> bool:
        """Whether a program that takes the last of several headers, or stops at a junk line, sees another structure."""
        if any(len(raws) > 1 and len(set(raws)) > 1 for raws in map(self.block.raw_values, _STRUCTURE)):
            return True
        return self.block.has_junk and self.block.is_behind_junk(_STRUCTURE)

    @cached_property
    def _hint(self) -> str | None:
        """Raw 8-bit headers are most likely in the charset of the text below them."""
        return self.content_type.parameters.get("charset")
