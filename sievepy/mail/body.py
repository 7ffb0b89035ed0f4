"""The text fields of a letter: `subject body text content full-text`.

Which parts are the body follows RFC 2046 5.1 and what mail programs do: of alternatives the plain text, unless it is
empty or a stub of the HTML; of a report (RFC 6522) the part for people; a text without a file name, wherever it
stands among mixed parts. `quote.cut` tells the sender's own words in it. An attached letter (message/rfc822) is read
in the same way.

Each piece is a segment of its own, so that no phrase is found half in one and half in the other. A segment has the
same label in every field: `subject`; a part's number, and from its second piece on `number:1`, `number:2`; of an
attached letter's subject the number of the attachment and `:subject`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from sievepy.mail.attachments import is_attachment, is_text_like
from sievepy.mail.flags import Flag
from sievepy.mail.html import Page, Region, most_words, to_page
from sievepy.mail.message import Message, Part
from sievepy.mail.normal import clean
from sievepy.mail.quote import Kind, Piece, Thread, cut, unquoted
from sievepy.mail.quote_marks import REPLY_SUBJECT, SUBJECT_PREFIX
from sievepy.mail.tokens import words
from sievepy.mail.view import Segment, View

_FEWEST_OWN_WORDS = 3  # below it the forwarded part is what the letter is about
_STUB = 5  # plain text with fewer words than a fifth of the HTML's says "your program shows no HTML"
_NO_BODY = frozenset(
    f"text/{kind}"
    for kind in (
        "calendar", "vcard", "x-vcard", "directory", "csv", "rtf", "richtext", "css", "xml", "javascript", "x-log",
        "x-amp-html", "rfc822-headers",
    )
)  # fmt: skip
_SEALED = frozenset(["application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"])


# ------------------------------------------------------------ parts by their role


_IsStub = Callable[[list[Part], list[Part]], bool]


@dataclass(slots=True)
class _Roles:
    """The parts of one letter, without those of letters attached to it. `sealed`: there is text that needs a key."""

    body: list[Part] = field(default_factory=list)
    unchosen: list[Part] = field(default_factory=list)
    others: list[Part] = field(default_factory=list)
    letters: list[Part] = field(default_factory=list)
    sealed: bool = False

    def add(self, more: _Roles) -> None:
        self.body += more.body
        self.add_beside(more)

    def add_beside(self, more: _Roles) -> None:
        """What of an alternative that is not shown is still there."""
        self.unchosen += more.unchosen
        self.others += more.others
        self.letters += more.letters
        self.sealed |= more.sealed

    @property
    def has_html(self) -> bool:
        return any(part.type == "text/html" for part in self.body)


def _roles(part: Part, is_stub: _IsStub) -> _Roles:
    """Goes down the tree, no deeper than `Limits.mime_depth`."""
    if part.embedded is not None:
        return _Roles(letters=[part])
    if not part.type.startswith("multipart/"):
        return _leaf(part)
    inside = [_roles(child, is_stub) for child in part.children]
    found = _Roles()
    match part.type:
        case "multipart/alternative":
            return _chosen(inside, is_stub)
        case (
            "multipart/related" | "multipart/report" | "multipart/signed"
        ):  # one part for people, and what belongs to it
            first = _root_of_related(part) if part.type == "multipart/related" else 0
            for number, roles in enumerate(inside):
                if number != first:
                    roles.others, roles.body = roles.body + roles.others, []
                found.add(roles)
        case _:
            for roles in inside:
                found.add(roles)
    return found


def _leaf(part: Part) -> _Roles:
    if not part.type.startswith("text/") or part.type in _NO_BODY or is_attachment(part):
        return _Roles(others=[part], sealed=part.type in _SEALED)
    return _Roles(body=[part])


def _root_of_related(part: Part) -> int:
    """RFC 2387 3.2: the part that `start` names, else the first."""
    start = part.params.get("start", "").strip("<> ")
    return next((n for n, child in enumerate(part.children) if start and child.content_id == start), 0)


def _chosen(inside: list[_Roles], is_stub: _IsStub) -> _Roles:
    """Of alternatives the later is the richer one (RFC 2046 5.1.4), and the plainer one is easier to read."""
    plain = next((roles for roles in reversed(inside) if roles.body and not roles.has_html), None)
    rich = next((roles for roles in reversed(inside) if roles.has_html), None)
    choice = plain or rich
    if plain is not None and rich is not None and is_stub(plain.body, rich.body):
        choice = rich
    found = _Roles()
    for roles in inside:
        if roles is choice:
            found.add(roles)
        else:
            found.add_beside(roles)
            found.unchosen += roles.body
    return found


# ------------------------------------------------------------ texts of parts


class _Pages:
    """The text of each part, made once. Of a letter and all letters in it not more is read than `Limits.letter_text`,
    counted in the order of the parts, so that what is read does not depend on who asks first."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._pages: dict[int, tuple[Page, bool]] = {}
        self._counted = _counted(message)
        self._allowed: set[int] = set()

    def of(self, part: Part) -> tuple[Page, bool]:
        """The part's text, HTML as it is seen, and whether that is all of it."""
        found = self._pages.get(id(part))
        if found is None:
            found = self._pages[id(part)] = self._read(part)
        return found

    def _read(self, part: Part) -> tuple[Page, bool]:
        if not self._is_allowed(part):
            self._message.raise_flag(Flag.TEXT_CUT)
            return Page(""), False
        decoded = part.text()
        if part.type == "text/html":
            return to_page(decoded.text), decoded.complete
        return Page(decoded.text), decoded.complete

    def _is_allowed(self, part: Part) -> bool:
        while id(part) not in self._allowed:
            counted = next(self._counted, None)
            if counted is None or counted[1] >= self._message.shared.limits.letter_text:
                return False
            self._allowed.add(id(counted[0]))
        return True

    def is_stub(self, plain: list[Part], rich: list[Part]) -> bool:
        """Whether the first alternative is empty, or tells to look at the second."""
        said = self._count_words(plain)
        if said and said * _STUB >= sum(self._most_words(part) for part in rich):
            return False
        shown = self._count_words(rich)
        return said == 0 < shown or said * _STUB < shown

    def _count_words(self, parts: Iterable[Part]) -> int:
        return sum(len(words(self.of(part)[0].text)) for part in parts)

    def _most_words(self, part: Part) -> int:
        return most_words(part.text().text) if self._is_allowed(part) else 0


def _counted(message: Message) -> Iterator[tuple[Part, int]]:
    """The parts that may be read as text, each with how many bytes the ones before it have."""
    before, most = 0, message.shared.limits.part_text
    for part in message.parts():
        if is_text_like(part):
            yield part, before
            before += min(part.size, most)


@dataclass(frozen=True)
class _Cut:
    """A part of the body in pieces."""

    number: str
    text: str
    pieces: tuple[Piece, ...]
    complete: bool

    @cached_property
    def named(self) -> tuple[tuple[Piece, Segment], ...]:
        """The pieces that hold anything. Fields share these segments, and so what has been made of each."""
        found = []
        for count, piece in enumerate(self.pieces):
            text = self.text[piece.start : piece.end]
            text = clean(text if piece.kind is Kind.OWN else unquoted(text))
            if text:
                found.append((piece, Segment(f"{self.number}:{count}" if count else self.number, text)))
        return tuple(found)


_HEAD = 200  # characters
_OWN = frozenset([Kind.OWN])
_FORWARDED = frozenset([Kind.FORWARD])
_OWN_AND_FORWARDED = _OWN | _FORWARDED
_UNQUOTED = frozenset(Kind) - {Kind.QUOTE}
_ALL = frozenset(Kind)


class _Inner:
    """One letter: the letter itself, or one attached to it. `number`: of the attachment, `""` for the letter itself."""

    def __init__(self, message: Message, root: Part, number: str, pages: _Pages) -> None:
        self._message = message
        self._pages = pages
        self._number = number
        self.roles = _roles(root, pages.is_stub)

    @cached_property
    def subject(self) -> View:
        return _subject(self._message, self._number)

    @cached_property
    def thread(self) -> Thread:
        subjects = [segment.clean for segment in self.subject.segments]
        answers = any(self._message.header(name).values for name in ("In-Reply-To", "References"))
        return Thread.of(subjects[0] if subjects else "", answers=answers)

    @property
    def has_subject_of_another(self) -> bool:
        """Whether the subject is that of the letter answered: who changed it has dropped its prefix."""
        return any(REPLY_SUBJECT.match(segment.clean) for segment in self.subject.segments)

    @cached_property
    def body(self) -> tuple[_Cut, ...]:
        return tuple(self._cut(part) for part in self.roles.body)

    def _cut(self, part: Part) -> _Cut:
        page, complete = self._pages.of(part)
        regions: tuple[Region, ...] = page.regions
        return _Cut(part.number, page.text, cut(page.text, regions, lambda: self.thread), complete)

    @property
    def complete(self) -> bool:
        """Whether all of the body was read."""
        sealed = self.roles.sealed and not self.roles.body
        return not sealed and all(part.complete for part in self.body)

    def segments(self, kinds: frozenset[Kind]) -> Iterator[Segment]:
        for part in self.body:
            yield from (segment for piece, segment in part.named if piece.kind in kinds)

    def plain(self, parts: Iterable[Part]) -> View:
        """The whole texts of parts, those that are text."""
        texts = [(part.number, *self._pages.of(part)) for part in parts if is_text_like(part)]
        segments = (Segment(number, clean(page.text)) for number, page, _ in texts)
        return View(tuple(segment for segment in segments if segment.clean), all(whole for _, _, whole in texts))


# ------------------------------------------------------------ the fields


class Texts:
    """The text fields of a letter, each made when it is first asked for. Reading them never raises."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._pages = _Pages(message)

    @cached_property
    def _letter(self) -> _Inner:
        return _Inner(self._message, self._message.root, "", self._pages)

    @cached_property
    def _attached(self) -> tuple[_Inner, ...]:
        """The letters within it, and those within them, in the order of the parts."""
        found, todo = [], [*reversed(self._letter.roles.letters)]
        while todo:
            part = todo.pop()
            if part.embedded is not None and part.children:
                inner = _Inner(part.embedded, part.children[0], part.number, self._pages)
                found.append(inner)
                todo.extend(reversed(inner.roles.letters))
        return tuple(found)

    @cached_property
    def subject(self) -> View:
        """One segment a header."""
        return _subject(self._message, "")

    @cached_property
    def body(self) -> View:
        """The chosen alternative, whole."""
        return View(tuple(self._letter.segments(_ALL)), self._is_whole)

    @property
    def pieces(self) -> tuple[tuple[Piece, Segment], ...]:
        """The segments of the body, and what each is."""
        return tuple(named for part in self._letter.body for named in part.named)

    @cached_property
    def text(self) -> View:
        """Subject and own words; with fewer than three of these, the forwarded part too."""
        own = tuple(self._letter.segments(_OWN))
        said = _count(own, _FEWEST_OWN_WORDS)
        view = View(own, self._is_whole)
        if said < _FEWEST_OWN_WORDS:
            view = _joined(view, self._forwarded)
        if said and self._letter.has_subject_of_another:
            return view
        return _joined(_without_blank(self.subject), view)

    @property
    def _forwarded(self) -> View:
        segments = [*self._letter.segments(_FORWARDED)]
        for inner in self._attached:
            segments += [*_without_blank(inner.subject).segments, *inner.segments(_OWN_AND_FORWARDED)]
        return View(tuple(segments), all(inner.complete and inner.subject.complete for inner in self._attached))

    @cached_property
    def content(self) -> View:
        """Everything but quotes of answered letters; of attachments those that are text."""
        return self._everything(_UNQUOTED)

    @cached_property
    def full_text(self) -> View:
        """Everything, the alternatives that were not chosen too."""
        return self._everything(_ALL, lambda roles: roles.unchosen + roles.others)

    def _everything(
        self, kinds: frozenset[Kind], beside: Callable[[_Roles], list[Part]] = lambda roles: roles.others
    ) -> View:
        views = []
        for letter in (self._letter, *self._attached):
            views.append(_without_blank(letter.subject))
            views.append(View(tuple(letter.segments(kinds)), letter.complete))
            views.append(letter.plain(beside(letter.roles)))
        return _joined(*views, View((), self._message.parts_complete))

    @property
    def _is_whole(self) -> bool:
        return self._letter.complete and self._message.parts_complete

    @cached_property
    def empty(self) -> bool | None:
        """Whether neither subject nor body hold a word that the sender wrote or forwards; None: not all was read."""
        subject = " ".join(SUBJECT_PREFIX.sub("", segment.clean, count=1) for segment in self.subject.segments)
        view = _joined(View(tuple(self._letter.segments(_OWN)), self._is_whole), self._forwarded)
        if words(subject) or _count(view.segments, 1):
            return False
        return True if view.complete and self.subject.complete else None


def _subject(message: Message, number: str) -> View:
    """The subject of a letter, or of the letter attached as that part. Needs no part to be found."""
    headers = message.header("Subject")
    name = f"{number}:subject" if number else "subject"
    if len(headers.values) == 1:
        return View((Segment(name, clean(headers.values[0])),), headers.complete)
    labels = (name if count == 1 else f"{name}#{count}" for count in range(1, len(headers.values) + 1))
    segments = (Segment(label, clean(value)) for label, value in zip(labels, headers.values, strict=True))
    return View(tuple(segments), headers.complete)


def _count(segments: Iterable[Segment], most: int) -> int:
    """How many words they hold together, up to `most`, which the first line or two nearly always have."""
    found = 0
    for segment in segments:
        if found + len(words(segment.clean[:_HEAD])) >= most:
            return most
        found += len(words(segment.clean))
    return min(found, most)


def _joined(*views: View) -> View:
    return View(tuple(s for view in views for s in view.segments), all(view.complete for view in views))


def _without_blank(view: View) -> View:
    return View(tuple(segment for segment in view.segments if segment.clean), view.complete)
