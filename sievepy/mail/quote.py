"""Which words of a letter's text are its sender's own.

`cut` divides a text into pieces: own words, quotes of letters that were answered, forwarded letters, signatures,
footers of mail programs and lists, disclaimers. The pieces follow each other without a gap and cover the whole text.
Where it is doubtful whether something is a quote or a signature, it stays own: a rule can judge a word too many, not
a lost one.

How it goes: the lines are read once, from the top, with a stack of letters within letters. A forward or an answered
letter begins at a line that its mail program writes (`quote_marks`) or at a region that its HTML marks
(`html_marks`), and ends with the enclosing one. Whether a quoted header (`From: … Sent: …`) begins an answered or a
forwarded letter is told by the subject of the letter that it stands in. Then signatures, footers and disclaimers are
sought within each letter's own lines (`signature`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sievepy.mail import quote_marks as marks
from sievepy.mail import quote_starts as starts
from sievepy.mail.html import Region
from sievepy.mail.html_marks import Mark
from sievepy.mail.quote_lines import MOST_LINES, PREFIX_WITHIN, Kind, Line, lines_of, unquoted
from sievepy.mail.quote_marks import Boundary
from sievepy.mail.signature import LONGEST_SIGNATURE, cut_tails

__all__ = ["Kind", "Piece", "Thread", "cut", "unquoted"]

_NUMBER = re.compile(r"=?\s*[\d.,]+")


class Piece(NamedTuple):
    """`text[start:end]` of the text that was cut. `level`: how many letters deep, 0 for the letter itself."""

    kind: Kind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Thread:
    """What the headers say of a letter: whether it answers or forwards another."""

    answers: bool = False
    forwards: bool = False

    @classmethod
    def of(cls, subject: str, *, answers: bool = False) -> Thread:
        """From a subject, and whether the letter has In-Reply-To or References. The first prefix counts."""
        if marks.FORWARD_SUBJECT.match(subject):
            return cls(forwards=True)
        return cls(answers=answers or marks.REPLY_SUBJECT.match(subject) is not None)


LateThread = Thread | Callable[[], Thread]
"""What the headers say, or how to ask them: hardly any text makes that necessary."""


def cut(text: str, regions: Sequence[Region] = (), thread: LateThread = Thread()) -> tuple[Piece, ...]:
    """The pieces of a text with `\n` line ends, and regions whose ends are line ends. Never raises."""
    if not regions and _is_plain(text):
        return (Piece(Kind.OWN, 0, len(text)),)
    lines = lines_of(text)
    _Reader(lines, _by_line(lines, regions), thread if isinstance(thread, Thread) else thread()).read()
    for run in _runs(lines):
        cut_tails(run)
    return tuple(_pieces(lines))


def _is_plain(text: str) -> bool:
    """Whether no line of it may be anything but its sender's own: the short way, which most letters can go."""
    for raw in text.split("\n", MOST_LINES):
        bare = raw.strip()
        if bare and (bare[-1] == ":" or ">" in raw[:PREFIX_WITHIN] or _may_be_told(bare, starts.may_be(bare))):
            return False
    return True


def _may_be_told(bare: str, may_be: int) -> bool:
    return may_be != 0 and (may_be != starts.LABEL or ":" in bare[: marks.LABEL_WITHIN])


# ------------------------------------------------------------ lines and pieces


@dataclass(frozen=True, slots=True)
class _Marked:
    """A region in numbers of lines."""

    mark: Mark
    first: int
    behind: int
    """Number of the line behind the last one."""


def _by_line(lines: list[Line], regions: Sequence[Region]) -> dict[int, list[_Marked]]:
    """The regions by the number of their first line; empty ones are left out."""
    found: dict[int, list[_Marked]] = {}
    numbers = {line.start: number for number, line in enumerate(lines)}
    for region in regions:
        last = len(lines) if region.end >= lines[-1].end else len(lines) - 1
        first, behind = numbers.get(region.start), numbers.get(region.end, last)
        if first is not None and first < behind:
            found.setdefault(first, []).append(_Marked(region.mark, first, behind))
    return found


def _pieces(lines: list[Line]) -> Iterator[Piece]:
    """Neighbours of one kind, level and letter are one piece. A blank line belongs to what stands above it."""
    first = next((line for line in lines if line.bare), None)
    if first is None:
        yield Piece(Kind.OWN, 0, lines[-1].end)
        return
    start, now = 0, first
    for line in lines:
        if line.bare and not _continues(line, now):
            yield Piece(now.kind, start, line.start, now.level)
            start, now = line.start, line
    yield Piece(now.kind, start, lines[-1].end, now.level)


def _continues(line: Line, above: Line) -> bool:
    same_letter = line.letter == above.letter or line.kind is Kind.QUOTE
    return (line.kind, line.level) == (above.kind, above.level) and same_letter


def _runs(lines: list[Line]) -> Iterator[list[Line]]:
    """The runs of lines of one letter, own or forwarded, with nothing else between."""
    run: list[Line] = []
    for line in lines:
        if run and (line.kind, line.letter) != (run[-1].kind, run[-1].letter):
            yield run
            run = []
        if line.kind in (Kind.OWN, Kind.FORWARD):
            run.append(line)
    if run:
        yield run


_BEGINNINGS = starts.BOUNDARY | starts.LABEL | starts.RULE


def _remarkable(lines: list[Line], regions: Mapping[int, object]) -> list[int]:
    """The numbers of the lines with which something may begin, in order: no other line is worth a closer look."""
    found = set(regions)
    for number, line in enumerate(lines):
        bare = line.bare
        if not bare:
            continue
        if line.depth or _may_be_told(bare, line.may_be & _BEGINNINGS):
            found.add(number)
        if bare[-1] == ":":  # may end a line that introduces a quote, and is wrapped
            found.update(range(max(number - _WRAPPED + 1, 0), number + 1))
    return sorted(found)


# ------------------------------------------------------------ letters within letters

_GAP = 2  # blank lines between a line that introduces a quote and the quote
_WRAPPED = 3  # lines over which such a line may be wrapped
_HEADER_GAP = 1  # blank lines between two lines of a quoted header
_LONGEST_HEADER = 30  # lines of a quoted header
_FIRST = frozenset(["from", "sent", "subject"])  # the lines that programs begin it with
_ONCE = frozenset(["from", "sent", "to", "subject"])
_CONTINUED = 4  # lines that a long list of recipients may go on for


@dataclass(slots=True)
class _Letter:
    """A letter that is being read: the letter itself, or one within it."""

    kind: Kind
    until: int
    level: int
    thread: Thread
    number: int
    fresh: bool = False
    """Whether no line of its text has been read yet."""


@dataclass(slots=True)
class _Reader:
    """Gives each line its kind, level and letter."""

    lines: list[Line]
    regions: dict[int, list[_Marked]]
    thread: Thread
    stack: list[_Letter] = field(default_factory=list)
    letters: int = 0
    introduced: bool = False
    """Whether a line that introduces a quote has been seen."""
    at: int = 0

    def read(self) -> None:
        self.stack = [_Letter(Kind.OWN, len(self.lines), 0, self.thread, 0)]
        for number in [*_remarkable(self.lines, self.regions), len(self.lines)]:
            while self.at < number:
                self._close_letters()
                self._take_plain(min(number, self._top.until))
            while self.at == number < len(self.lines):
                self._close_letters()
                if not self._enter_regions():
                    self._read_line()

    def _close_letters(self) -> None:
        while self.stack[-1].until <= self.at:
            self.stack.pop()

    def _take_plain(self, behind: int) -> None:
        """What `_read_line` does with lines that are not remarkable, many at a time: most lines of most letters."""
        if self._top.fresh and any(line.bare for line in self.lines[self.at : behind]):
            self._top.fresh = False
        self._take(behind)

    @property
    def _top(self) -> _Letter:
        return self.stack[-1]

    def _take(self, behind: int, kind: Kind | None = None, deeper: int = 0) -> None:
        """Gives the lines up to `behind` to the letter on top."""
        for line in self.lines[self.at : behind]:
            line.kind = kind or self._top.kind
            line.level = self._top.level + deeper
            line.letter = self._top.number
        self.at = max(behind, self.at)

    def _push(self, kind: Kind, until: int, thread: Thread = Thread()) -> None:
        self.letters += 1
        self.stack.append(
            _Letter(kind, min(until, self._top.until), self._top.level + 1, thread, self.letters, fresh=True)
        )

    # ------------------------------------------------------------ marked regions

    def _enter_regions(self) -> bool:
        """Enters the regions that begin at this line; whether lines were taken thereby."""
        at = self.at
        for region in self.regions.pop(at, ()):
            self._enter(region)
            if self.at != at:
                return True
        return False

    def _enter(self, region: _Marked) -> None:
        match region.mark:
            case Mark.QUOTE | Mark.FORWARD:
                if not self._is_entered:
                    self._push(self._kind_of_region(region), region.behind)
            case Mark.DIVIDER:
                self._push(self._inner_kind(sure=False), self._top.until)
                self._take_header()
            case Mark.SIGNATURE if self._is_signature(region):
                self._take(region.behind, Kind.SIGNATURE)
            case Mark.INTRO if self._quote_follows(region.behind) and not self._says_forward(region):
                self._begin_quote(region.behind)

    @property
    def _is_entered(self) -> bool:
        """Whether we are at the beginning of a quote, so that what else marks its beginning marks nothing new."""
        return self._top.kind is Kind.QUOTE and self._top.fresh

    def _kind_of_region(self, region: _Marked) -> Kind:
        top = self._top
        if top.kind is Kind.QUOTE:
            return Kind.QUOTE
        begins = top.fresh and top.kind is Kind.FORWARD
        if begins or region.mark is Mark.FORWARD or self._says_forward(region):
            return Kind.FORWARD
        return self._inner_kind(sure=True)

    def _says_forward(self, region: _Marked) -> bool:
        lines = self._filled(region.first, region.behind, 3)
        return any(marks.boundary_of(line.bare) is Boundary.FORWARD for line in lines)

    def _filled(self, first: int, behind: int, most: int) -> list[Line]:
        """The first lines of a range that are not blank."""
        found: list[Line] = []
        for line in self.lines[first:behind]:
            if line.bare:
                found.append(line)
            if len(found) == most:
                break
        return found

    def _is_signature(self, region: _Marked) -> bool:
        """Some write their letter into it."""
        if self._top.kind is Kind.QUOTE:
            return False
        lines = [line.bare for line in self.lines[region.first : region.behind]]
        return sum(len(line.split()) for line in lines) <= LONGEST_SIGNATURE and not any(map(marks.is_matter, lines))

    def _inner_kind(self, *, sure: bool) -> Kind:
        """What a letter within the one on top is: what was answered, or what is forwarded. `sure`: it looks like a
        quote and not merely like another letter."""
        top = self._top
        if top.kind is Kind.QUOTE:
            return Kind.QUOTE
        if top.thread.forwards:
            return Kind.FORWARD
        return Kind.QUOTE if sure or top.thread.answers else Kind.FORWARD

    # ------------------------------------------------------------ lines

    def _read_line(self) -> None:
        line = self.lines[self.at]
        if not line.bare:
            self._take(self.at + 1)
        elif line.depth:
            self._read_prefixed()
        else:
            self._read_bare(line)

    def _read_bare(self, line: Line) -> None:
        boundary = marks.boundary_of(line.bare) if line.may_be & starts.BOUNDARY else None
        if boundary is Boundary.FORWARD_END:
            self._end_forward()
        elif boundary is Boundary.FORWARD:
            self._begin_forward()
        elif self._begins_original(is_marked=boundary is Boundary.ORIGINAL):
            self._take_header()
        elif not self._read_introduction():
            self._top.fresh = False
            self._take(self.at + 1)

    def _begin_forward(self) -> None:
        """A program may mark the beginning twice: by a region or a header, and by a line of its own."""
        if not (self._top.kind is Kind.FORWARD and self._top.fresh):
            self._push(Kind.QUOTE if self._top.kind is Kind.QUOTE else Kind.FORWARD, self._top.until)
        self._take(self.at + 1)
        self._take_header()

    def _end_forward(self) -> None:
        self._take(self.at + 1)
        if len(self.stack) > 1:
            self.stack.pop()

    def _begins_original(self, *, is_marked: bool) -> bool:
        """Whether `-----Original Message-----`, or a quoted header, perhaps below a rule, stands here; enters it."""
        header = self.at
        if marks.RULE.fullmatch(self.lines[header].bare):
            header = self._next_filled(header + 1)
        if not is_marked and not self._is_header(header):
            return False
        until, behind = self._top.until, self.at + 1 if is_marked else header
        self._push(self._inner_kind(sure=False), until)
        self._take(behind)
        return True

    def _next_filled(self, at: int) -> int:
        while at < self._top.until - 1 and not self.lines[at].bare:
            at += 1
        return min(at, len(self.lines) - 1)

    # ------------------------------------------------------------ quoted headers

    def _header(self, at: int) -> tuple[int, dict[str, str]]:
        """The number of the line behind the quoted header at `at`, and its values."""
        values: dict[str, str] = {}
        first = at
        behind, kind, blank, continued = at, "", 0, 0
        while at < min(self._top.until, first + _LONGEST_HEADER):
            bare = self.lines[at].bare
            found = marks.label_of(bare)
            if found is not None:
                if found[0] in values and found[0] in _ONCE:
                    break
                kind, blank, continued = found[0], 0, 0
                values.setdefault(*found)
                behind = at + 1
            elif not bare:
                blank += 1
            elif kind in ("to", "cc") and not blank and "@" in bare:
                continued, behind = continued + 1, at + 1
            else:
                break
            if blank > _HEADER_GAP or continued > _CONTINUED:
                break
            at += 1
        return behind, values

    def _is_header(self, at: int) -> bool:
        """A form to be filled in (`From: … To: …`) is none: it names no day and no sender."""
        first = marks.label_of(self.lines[at].bare)
        if first is None or first[0] not in _FIRST:
            return False
        _, values = self._header(at)
        is_dated = any(map(str.isdigit, values.get("sent", "")))
        return is_dated and bool(values.get("from")) and not values.keys().isdisjoint({"to", "subject"})

    def _take_header(self) -> None:
        """Takes the header of the letter just entered, in whichever form. Its subject tells about letters within."""
        first = self._next_filled(self.at)
        behind, values = self._header(first)
        if values:
            self._top.thread = Thread.of(values.get("subject", ""))
            self._take(behind)
        else:
            length = self._introduction(first)
            if length and self._top.kind is Kind.FORWARD:
                self._take(first + length)

    # ------------------------------------------------------------ quotes

    def _introduction(self, at: int) -> int:
        """How many lines from `at` on introduce a quote; 0 if they do not."""
        joined = ""
        for count in range(1, _WRAPPED + 1):
            if at + count > self._top.until:
                return 0
            line = self.lines[at + count - 1]
            joined = f"{joined} {line.bare}".strip()
            if not line.bare or line.depth or len(joined) > marks.LONGEST_ATTRIBUTION:
                return 0
            if marks.introduces(joined):
                return count if count == 1 or self._is_wrapped(at, line) else 0
        return 0

    def _is_wrapped(self, first: int, last: Line) -> bool:
        """Whether a line that introduces goes from the line `first` to `last`, and is not the last one alone."""
        alone = marks.OPENS.match(last.bare) is not None and marks.introduces(last.bare)
        return marks.OPENS.match(self.lines[first].bare) is not None and not alone

    def _read_introduction(self) -> bool:
        """Takes a line that introduces a quote, if one stands here."""
        length = self._introduction(self.at)
        if not length:
            return False
        behind = self.at + length
        if self._quote_follows(behind):
            self._begin_quote(behind)
            return True
        joined = " ".join(line.bare for line in self.lines[self.at : behind])
        if not (self._top.thread.answers or self._top.kind is Kind.OWN) or not marks.introduces_for_sure(joined):
            return False
        self._push(self._inner_kind(sure=False), self._top.until)
        self._take(behind)
        return True

    def _quote_follows(self, at: int) -> bool:
        for number in range(at, min(at + _GAP + 1, self._top.until)):
            if self._quote_region(number) is not None or self.lines[number].depth:
                return True
            if self.lines[number].bare:
                return False
        return False

    def _quote_region(self, number: int) -> _Marked | None:
        regions = self.regions.get(number, ())
        return next((region for region in regions if region.mark in (Mark.QUOTE, Mark.INDENT)), None)

    def _begin_quote(self, behind: int) -> None:
        """Takes the lines up to `behind`, which introduce the quote below them, and enters that. A `<blockquote>`
        without more becomes one thereby."""
        self.introduced = True
        entered = self._is_entered
        for number in range(behind, min(behind + _GAP + 1, self._top.until)):
            region = self._quote_region(number)
            if region is not None:
                self.regions[number].remove(region)
                if not entered:
                    self._push(self._inner_kind(sure=True), region.behind)
                self._take(number)
                return
            if self.lines[number].bare:
                break
        self._take(behind, self._inner_kind(sure=True), deeper=0 if entered else 1)

    def _read_prefixed(self) -> None:
        """Takes a block of lines with `>` before them."""
        first, behind = self.at, self.at
        while behind < self._top.until and self.lines[behind].depth:
            behind += 1
        block = self.lines[first:behind]
        if self._top.kind is Kind.FORWARD and self._top.fresh:
            self._read_prefixed_forward(block)
            return
        kind = self._inner_kind(sure=True) if self._is_quoted(block) else self._top.kind
        deeper = 0 if kind is Kind.OWN else 1
        for line in block:
            self._take(self.at + 1, kind, deeper and line.depth)

    def _read_prefixed_forward(self, block: list[Line]) -> None:
        """Apple Mail forwards with one `>` before each line; the quotes of that letter have two."""
        for line in block:
            inner = line.depth > 1
            self._take(self.at + 1, Kind.QUOTE if inner else Kind.FORWARD, line.depth - 1)

    def _is_quoted(self, block: list[Line]) -> bool:
        """`> 100 Mbit` may be a comparison, and a single line in a letter that answers none anything."""
        if self.introduced or self._top.kind is Kind.QUOTE:
            return True
        if all(not line.bare or _NUMBER.match(line.bare) for line in block):
            return False
        return self._top.thread.answers or len(block) > 1 or block[0].depth > 1
