"""A letter as a read-only view over its bytes (RFC 5322, RFC 2045-2049, RFC 2231).

Nothing is read before somebody asks: header rules never touch the body, the MIME tree is found on first use, a part
is decoded when its data or text is. Any bytes make a letter and reading it never raises; what was cut at a limit,
guessed or damaged is said by flags, and by `complete` on what was read. Nothing is ever written or re-serialised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from sievepy.mail import charset, mime, transfer
from sievepy.mail.address import Mailbox
from sievepy.mail.fields import Fields, Shared
from sievepy.mail.flags import Flag
from sievepy.mail.headers import Buffer, HeaderBlock, HeaderField, Headers
from sievepy.mail.limits import LIMITS, Limits
from sievepy.mail.transfer import Decoded

__all__ = ["Decoded", "DecodedText", "HeaderField", "Headers", "Message", "Part"]

_LETTERS = frozenset({"message/rfc822", "message/global"})
_TYPE = re.compile(r"[^\s/]+/[^\s/]+")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)
_META_WITHIN = 1024  # bytes (HTML, "determining the character encoding")
_WORST_EXPANSION = 4  # encoded bytes a byte of text: quoted-printable takes 3, with line ends a little more
_COMPOSITE = ("multipart/", "message/rfc822", "message/global")
_LF = re.compile(rb"\n")


class DecodedText(NamedTuple):
    """`text` has `\\n` line ends. `complete`: nothing was cut, damaged, or undecodable but for a stray byte."""

    text: str
    complete: bool = True


class Part:
    """A node of the MIME tree: a range of the letter's bytes with a header block of its own."""

    def __init__(self, message: Message, start: int, end: int, parent: Part | None, place: _Place) -> None:
        self.parent = parent
        self.children: tuple[Part, ...] = ()
        self.embedded: Message | None = None
        """Of message/rfc822 and message/global, the letter inside."""
        self._message = message
        self._fields = message.fields_at(start, end)
        self._end = end
        self._place = place
        self._is_cut = False
        self.type = _media_type(self._fields, place.default_type)
        """In lower case. What has no readable type is as RFC 2045 5.2 and RFC 2046 5.1.5 say. A multipart that cannot
        be taken apart is text/plain, since that is what it can be read as."""

    def __repr__(self) -> str:
        return f"Part({self.number!r}, {self.type!r})"

    @cached_property
    def number(self) -> str:
        """As in RFC 3501 6.4.5: `1`, `1.2`; the whole of a multipart letter is `""`, of an attached one its part's
        number."""
        outer = self.parent.number if self.parent is not None else ""
        if self._place.index == 0:
            return outer if self.type.startswith("multipart/") else f"{outer}.1".lstrip(".")
        return f"{outer}.{self._place.index}".lstrip(".")

    def header(self, name: str) -> Headers:
        """The values of a name in the part's own header block."""
        return self._fields.get(name)

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters of Content-Type, decoded; names in lower case."""
        return MappingProxyType(self._fields.content_type.parameters)

    @cached_property
    def _disposition(self) -> mime.Value:
        raw = self._fields.first("content-disposition")
        return mime.parse_value(raw, self.shared.limits, self.shared.note)

    @property
    def disposition(self) -> str | None:
        """The word of Content-Disposition in lower case (`attachment`, `inline`)."""
        return self._disposition.word or None

    @property
    def filename(self) -> str | None:
        """Decoded, from Content-Disposition or else from Content-Type's `name`."""
        return self._disposition.parameters.get("filename") or self.params.get("name") or None

    @property
    def content_id(self) -> str | None:
        """Without its angle brackets."""
        value = self._fields.first("content-id").strip(b"<> \t")
        return value.decode("utf-8", "replace") or None

    @property
    def shared(self) -> Shared:
        return self._message.shared

    @property
    def place_inside(self) -> _Place:
        """The place of the root of the letter that it holds."""
        return _Place(0, self._place.depth + 1, "text/plain")

    @property
    def _is_multipart(self) -> bool:
        return self.type.startswith("multipart/")

    # ------------------------------------------------------------ content

    @property
    def extent(self) -> tuple[int, int]:
        """Where the content, not decoded, begins and ends in the bytes of the letter that it stands in."""
        return self._start, self._end

    @property
    def size(self) -> int:
        """Bytes of the content, transfer-decoded."""
        if self._encoding in transfer.IDENTITY and not self._is_multipart:
            return self._end - self._start
        return len(self.data().data)

    def data(self) -> Decoded:
        """The content, transfer-decoded; of a multipart nothing, its parts have it all."""
        if self.embedded is not None and self._encoding in transfer.IDENTITY:
            return self._read_data()  # not kept: letters inside each other would be kept once a level
        return self._data

    def text(self) -> DecodedText:
        """The content as text, up to `limits.part_text` bytes of it, whatever the type says; of a multipart and an
        attached letter nothing, their parts have it all."""
        return self._text

    @property
    def _start(self) -> int:
        return self._fields.block.body_start

    @cached_property
    def _encoding(self) -> str:
        return transfer.encoding_name(self._fields.first("content-transfer-encoding"))

    @cached_property
    def _data(self) -> Decoded:
        return self._read_data()

    def _read_data(self) -> Decoded:
        if self._is_multipart:
            return Decoded(b"", not self._is_cut)
        limits, note = self.shared.limits, self.shared.note
        if self._end - self._start <= limits.part_data:
            return self._decode(self._end)
        note(Flag.DATA_CUT)
        return Decoded(self._decode(self._start + limits.part_data).data, complete=False)

    def _decode(self, end: int) -> Decoded:
        raw = self._message.slice(self._start, end)
        return transfer.decode(raw, self._encoding, self.shared.limits.base64_runs, self.shared.note)

    @cached_property
    def _text(self) -> DecodedText:
        if self._is_multipart or self.embedded is not None:
            return DecodedText("", not self._is_cut)
        limit, note = self.shared.limits.part_text, self.shared.note
        enough = self._start + limit * _WORST_EXPANSION
        found = self._decode(enough) if enough < self._end else self.data()
        reading = charset.read(found.data[:limit], self._charset(found.data))
        for flag in reading.flags:
            note(flag)
        whole = enough >= self._end and len(found.data) <= limit
        if not whole:
            note(Flag.TEXT_CUT)
        text = reading.text.replace("\r\n", "\n").replace("\r", "\n")
        return DecodedText(text, whole and found.complete and reading.complete and not self._is_cut)

    def _charset(self, data: bytes) -> str | None:
        label = self.params.get("charset")
        if label is None and self.type == "text/html":
            meta = _META_CHARSET.search(data, 0, _META_WITHIN)
            label = meta[1].decode("ascii") if meta else None
        return label

    # ------------------------------------------------------------ the tree

    def divide(self) -> Sequence[Part]:
        """Finds the part's children, which are not divided yet."""
        self._look_for_second_readings()
        if self.type in _LETTERS or self._is_multipart:
            if self._place.depth >= self.shared.limits.mime_depth:
                self._cut(Flag.DEPTH_CUT)
            elif self._is_multipart:
                self.children = self._split()
            else:
                self.children = self._open()
        return self.children

    def _cut(self, flag: Flag) -> None:
        self._is_cut = True
        self.shared.parts_complete = False
        self.shared.note(flag)

    def _open(self) -> tuple[Part, ...]:
        """The root of the attached letter. RFC 2046 5.2.1 forbids it a transfer encoding; programs use one."""
        is_copy = self._encoding not in transfer.IDENTITY
        if is_copy and self._message.copies >= self.shared.limits.encoded_letters:
            self._cut(Flag.DEPTH_CUT)
        elif self._admit(1):
            data, start, end = self._message.data, self._start, self._end
            if is_copy:
                data = _with_line_feeds(self._data.data)
                start, end = 0, len(data)
            self.embedded = AttachedMessage(data, start, end, self, self._message.copies + is_copy)
            return (self.embedded.root,)
        return ()

    def _split(self) -> tuple[Part, ...]:
        found = mime.Split(())
        if self._boundary:
            room = self.shared.limits.parts - self.shared.parts
            found = mime.split(self._message.data, self._start, self._end, self._boundary, room)
        if not found.ranges and found.complete:
            return self._read_as_text()
        self._note_split(found)
        self._admit(len(found.ranges))
        default = "message/rfc822" if self.type == "multipart/digest" else "text/plain"
        return tuple(
            Part(self._message, start, end, self, _Place(index, self._place.depth + 1, default))
            for index, (start, end) in enumerate(found.ranges, 1)
        )

    def _read_as_text(self) -> tuple[Part, ...]:
        self.shared.note(Flag.BOUNDARY_MISSING)
        self.shared.note(Flag.MIME_AMBIGUOUS)
        self.type = "text/plain"
        self._is_cut = True  # its parts, encoded ones too, are not read as such
        return ()

    def _admit(self, count: int) -> bool:
        """Whether so many more parts are within the limit; then they are counted."""
        if self.shared.parts + count > self.shared.limits.parts:
            self._cut(Flag.PARTS_CUT)
            return False
        self.shared.parts += count
        return True

    @cached_property
    def _boundary(self) -> bytes:
        return self.params.get("boundary", "").rstrip().encode("utf-8", "replace")

    def _note_split(self, found: mime.Split) -> None:
        if not found.complete:
            self._cut(Flag.PARTS_CUT)
        elif not found.closed:
            self.shared.note(Flag.BOUNDARY_UNCLOSED)
        if found.again or self._resembles_outer_boundary():
            self.shared.note(Flag.MIME_AMBIGUOUS)

    def _resembles_outer_boundary(self) -> bool:
        """Whether a program that looks at a boundary's beginning only would take one multipart's for another's."""
        part, own = self.parent, self._boundary
        while part is not None:
            outer = part._boundary if part._is_multipart else b""
            if outer and (own.startswith(outer) or outer.startswith(own)):
                return True
            part = part.parent
        return False

    def _look_for_second_readings(self) -> None:
        fields, composite = self._fields, self.type.startswith(_COMPOSITE)
        if fields.block.has_junk:
            self.shared.note(Flag.HEADER_JUNK)
        if (
            fields.has_hidden_structure()
            or fields.block.has_bare_controls
            or (composite and self._encoding not in transfer.IDENTITY)
            or (self._is_multipart and "boundary" in fields.content_type.twice)
        ):
            self.shared.note(Flag.MIME_AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part stands: its place among its siblings from 1, 0 for a letter's root; how deep; what it is unless it
    says."""

    index: int
    depth: int
    default_type: str


def _media_type(fields: Fields, default: str) -> str:
    word = fields.content_type.word
    if _TYPE.fullmatch(word):
        return word
    return "text/plain" if fields.first("content-type") else default


class Message:
    """A letter over `data`, of any line ends. It keeps a reference to `data`, and copies only what it decodes."""

    copies = 0
    """How many letters around this one had to be decoded to find it."""

    def __init__(self, data: Buffer, limits: Limits = LIMITS) -> None:
        data = _with_line_feeds(data)
        self._hold(data, 0, len(data), Shared(limits))

    def _hold(self, data: Buffer, start: int, end: int, shared: Shared) -> None:
        self.data = data
        self.shared = shared
        self._start = start
        self._end = end
        self._fields: Fields | None = None
        self._root: Part | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return self._end - self._start

    @property
    def limits(self) -> Limits:
        """How much of it is read."""
        return self.shared.limits

    @property
    def flags(self) -> tuple[str, ...]:
        """Sorted; of what has been read so far, attached letters included."""
        return tuple(sorted(flag.value for flag in self.shared.flags))

    def raise_flag(self, flag: Flag) -> None:
        """Says what a reader of this letter had to do."""
        self.shared.note(flag)

    # ------------------------------------------------------------ headers

    def header(self, name: str) -> Headers:
        """The decoded values of a name in the letter's own header block."""
        return self.fields.get(name)

    def header_fields(self) -> Iterator[HeaderField]:
        """All fields of the letter's own header block, in order, each read when its turn comes."""
        return self.fields.block.fields()

    def raw_values(self, name: str) -> list[bytes]:
        """The values of a name in the letter's own header block, in order, as they stand in the letter."""
        return self.fields.block.raw_values(name)

    def raw_values_above(self, names: tuple[str, ...], mark: str) -> list[bytes]:
        """The values of some names above the first field `mark` of the letter's own header block, in order."""
        return self.fields.block.raw_values_above(names, mark)

    def mailboxes(self, name: str) -> tuple[tuple[Mailbox, ...], bool]:
        """The mailboxes in all headers of a name, and whether these are all of them and completely read."""
        return self.fields.mailboxes(name)

    # ------------------------------------------------------------ parts

    @property
    def root(self) -> Part:
        """The letter as a part. Finds the whole tree, of attached letters too."""
        if self._root is None:
            self._root = self._make_root()
        return self._root

    def _make_root(self) -> Part:
        root = Part(self, self._start, self._end, None, _Place(0, 0, "text/plain"))
        self.shared.parts += 1
        _grow(root)
        return root

    def parts(self) -> tuple[Part, ...]:
        """All parts in document order: the root, multiparts, and those of attached letters too."""
        return self._parts

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        found, todo = [], [self.root]
        while todo:
            part = todo.pop()
            found.append(part)
            todo.extend(reversed(part.children))
        return tuple(found)

    @property
    def parts_complete(self) -> bool:
        """Whether no part is left out."""
        self.parts()
        return self.shared.parts_complete

    @property
    def fields(self) -> Fields:
        """The letter's own header block."""
        if self._fields is None:
            self._fields = Fields(HeaderBlock(self.data, self._start, self._end, self.shared.limits), self.shared)
        return self._fields

    def fields_at(self, start: int, end: int) -> Fields:
        """The header block of the part in a range of the letter's bytes."""
        if (start, end) == (self._start, self._end):
            return self.fields
        return Fields(HeaderBlock(self.data, start, end, self.shared.limits), self.shared)

    def slice(self, start: int, end: int) -> bytes:
        return bytes(self.data[start:end])


class AttachedMessage(Message):
    """A letter inside another one: a range of its bytes, or of an attachment's that were decoded."""

    def __init__(self, data: Buffer, start: int, end: int, holder: Part, copies: int) -> None:
        self._hold(data, start, end, holder.shared)
        self._holder = holder
        self.copies = copies

    def _make_root(self) -> Part:
        """Not grown: that is done by whoever grows the tree it stands in."""
        return Part(self, self._start, self._end, self._holder, self._holder.place_inside)


def _with_line_feeds(data: Buffer) -> Buffer:
    """The data in one dimension; with LF for CR where all its lines end so (offsets stay)."""
    if isinstance(data, memoryview):
        data = data.cast("B") if data.c_contiguous else data.tobytes()
    return data if _LF.search(data) else bytes(data).replace(b"\r", b"\n")


def _grow(root: Part) -> None:
    """Divides a part, its parts, and so on."""
    todo = [root]
    while todo:
        todo.extend(reversed(todo.pop().divide()))
