"""The attachments of a letter, as `attachment { … }` sees them.

An attachment is a part that is no multipart and has a file name or the disposition `attachment` (RFC 2183), unless it
is an image that the letter's own HTML shows in its place by `cid:` (RFC 2392). An attached letter counts, and so do its
parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sievepy.mail.kinds import HEAD, kind_of
from sievepy.mail.message import Message, Part
from sievepy.mail.normal import clean
from sievepy.mail.view import NOTHING, UNKNOWN, Segment, View

_TEXT_TYPES = frozenset({
    "application/csv", "application/json", "application/xml", "application/x-log", "application/log",
    "message/feedback-report", "message/delivery-status", "message/disposition-notification",
})  # fmt: skip
_TEXT_NAMES = (".txt", ".log", ".csv", ".tsv", ".json", ".xml", ".md", ".ini", ".conf", ".eml", ".ics", ".vcf")
_WORDLESS = frozenset(["image", "audio", "video", "archive", "executable", "other", "empty"])


def is_attachment(part: Part) -> bool:
    """Whether the part is an attachment; see the head of this module."""
    if part.type.startswith("multipart/") or part.parent is None:
        return part.parent is None and part.disposition == "attachment" and not part.children
    if part.filename is None and part.disposition != "attachment":
        return False
    return not _shown_in_place(part)


def _shown_in_place(part: Part) -> bool:
    if part.disposition == "attachment" or part.content_id is None or not part.type.startswith("image/"):
        return False
    root = part
    while root.parent is not None:
        root = root.parent
    return any(f"cid:{part.content_id}" in page.text().text for page in _pages(root))


def _pages(root: Part) -> list[Part]:
    found, todo = [], [root]
    while todo:
        part = todo.pop()
        todo.extend(part.children)
        if part.type == "text/html" and part.disposition != "attachment":
            found.append(part)
    return found


def is_text_like(part: Part) -> bool:
    """Whether the part's bytes are text to be read as such: `text/*`, the machine-readable parts of reports (RFC 3464,
    RFC 5965), and files whose name says so though their type does not."""
    if part.type.startswith("text/") or part.type in _TEXT_TYPES:
        return True
    generic = part.type == "application/octet-stream"
    return generic and part.filename is not None and part.filename.lower().endswith(_TEXT_NAMES)


@dataclass(frozen=True)
class Attached:
    """One attachment."""

    part: Part

    @property
    def size(self) -> int:
        """Bytes after transfer decoding."""
        return self.part.size

    @cached_property
    def kind(self) -> str:
        """Of `kinds.kind_of`; an attached letter is `letter` whatever it begins with."""
        return "letter" if self.part.embedded is not None else kind_of(self.part.data().data[:HEAD])

    def view(self, field: str) -> View:
        """The values of `attachment-name`, `-type`, `-kind` or `-text`."""
        return self._views[field]

    @cached_property
    def _views(self) -> _Views:
        return _Views(self)


class _Views(dict[str, View]):
    """An attachment's views, each made when it is first asked for."""

    def __init__(self, attached: Attached) -> None:
        super().__init__()
        self._attached = attached

    def __missing__(self, field: str) -> View:
        view = self._make(field)
        self[field] = view
        return view

    def _make(self, field: str) -> View:
        attached = self._attached
        label = attached.part.number
        match field:
            case "attachment-name":
                return _one(label, attached.part.filename or "")
            case "attachment-type":
                return _one(label, attached.part.type)
            case "attachment-kind":
                return _one(label, attached.kind)
            case "attachment-text":
                return _text(attached)
        raise KeyError(field)


def _one(label: str, value: str) -> View:
    text = clean(value)
    return View((Segment(label, text),)) if text else NOTHING


def _text(attached: Attached) -> View:
    """Text-like parts as they are; pictures, archives and programs hold no words; of the rest (PDF, office files) the
    words are not known here."""
    if is_text_like(attached.part):
        decoded = attached.part.text()
        return View((Segment(attached.part.number, clean(decoded.text)),), decoded.complete)
    return NOTHING if attached.kind in _WORDLESS else UNKNOWN


@dataclass(frozen=True, slots=True)
class Attachments:
    """All attachments, in document order. `complete`: there are no others behind a limit."""

    items: tuple[Attached, ...]
    complete: bool

    @classmethod
    def of(cls, message: Message) -> Attachments:
        parts = message.parts()
        return cls(tuple(Attached(part) for part in parts if is_attachment(part)), message.parts_complete)
