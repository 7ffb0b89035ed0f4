"""HTML to the text that a reader of the letter sees, and where in it quotes and signatures are marked as such.

Line ends stand where blocks begin or end and at `<br>`, nowhere else: a tag inside a word does not split it, and
cells of a table are kept apart. What a mail program would not show is left out: comments, styles, scripts, hidden
elements, text of size zero, text in the colour of its background. Marks that mail programs leave (`gmail_quote`,
`blockquote type=cite`, …) become `Region`s; what is cut because of them is decided in `quote.py`.

This is a scanner with a stack, not the tree construction of the HTML standard, which is quadratic and worse where
tags are nested wrongly: 36 KB of `<p><b id=1>x</p>` took lexbor 730 MB, and 200 KB of `<div>` two seconds. Here work
and memory grow with the length of the text, whatever stands in it. Style sheets are not read; style attributes are.
"""

from __future__ import annotations

import html
import re
import string
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sievepy.mail.html_marks import Mark, mark_of

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "basefont",
        "bgsound",
        "frame",
    ]
)
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "listing",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "plaintext",
        "pre",
        "search",
        "section",
        "select",
        "summary",
        "table",
        "caption",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "xmp",
    ]
)
_CELLS = frozenset(["td", "th"])
_TABLE_PARTS = _CELLS | {"tr", "tbody", "thead", "tfoot", "caption"}
_SCOPES = _CELLS | {"table", "caption"}
_UNSHOWN = frozenset(
    [
        "script",
        "style",
        "title",
        "iframe",
        "noembed",
        "noframes",
        "template",
        "svg",
        "xml",
        "object",
        "audio",
        "video",
        "canvas",
    ]
)
_RAW = frozenset(
    ["script", "style", "title", "iframe", "noembed", "noframes", "textarea", "xmp"]
)  # text, whatever tags it holds


class Region(NamedTuple):
    """`text[start:end]` is marked. Both ends are line ends; regions nest and come in the order of their starts."""

    mark: Mark
    start: int
    end: int


class Page(NamedTuple):
    """The visible text, lines separated by `\\n`, and its marked regions."""

    text: str
    regions: tuple[Region, ...] = ()


def to_page(source: str) -> Page:
    """The visible text of an HTML document. Never raises."""
    scanner = _Scanner(source)
    scanner.run()
    return scanner.page()


_ANY_TAG = re.compile("<[a-zA-Z/!][^<>]*>")


_WITHIN_WORDS = (string.digits + string.ascii_letters).encode() + bytes(range(0x80, 0xC0)) + b"\xd0\xd1"
"""In UTF-8, what never stands for a character that ends a word: ASCII's letters and digits, every byte of a character
but its first, and the first of those from U+0400 to U+047F, all letters."""


def most_words(source: str) -> int:
    """How many words the visible text has at most, without the work of finding it: no more than there are characters
    between words, and one."""
    text = _ANY_TAG.sub(" ", source).encode("utf-8", "replace")
    return len(text.translate(None, _WITHIN_WORDS)) + 1


# ------------------------------------------------------------ tags

_TAG = re.compile(r"""</?([a-zA-Z][^\s/>]*+)([^>"']*+(?:"[^"]*+"[^>"']*+|'[^']*+'[^>"']*+)*+)>""")
_MARKUP = re.compile("<[a-zA-Z/!?]")
_LOOSE_TAG = re.compile(r"</?([a-zA-Z][^\s/>]*+)([^>]*+)>")  # a quotation mark is never closed
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]++)))?""")
_TELLING = re.compile(r"style|class|id|hidden|type|name|color|data-|cite", re.IGNORECASE)
_MOST_ATTRIBUTES = 100
_MOST_STRAYS = 16
_SPACE = re.compile(r"[ \t\r\n\f]+")
_RUNS = ("  ", "\n", "\t", "\r", "\f")  # what makes of a text another one
_HUGE_NUMBER = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9a-fA-F]{9,});?")


def unescape(text: str) -> str:
    """Character references replaced (HTML 13.5); numbers beyond every character as U+FFFD."""
    if "&" not in text:
        return text
    return html.unescape(_HUGE_NUMBER.sub("\ufffd", text))


@lru_cache(maxsize=512)
def _attributes(written: str) -> dict[str, str]:
    """The attributes by lower-case name; the first of two with one name counts (HTML 13.2.5.33)."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(written):
        if len(found) < _MOST_ATTRIBUTES:
            found.setdefault(match[1].lower(), unescape(match[2] or match[3] or match[4] or ""))
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    """How an element shows its text. Inherited but where an element says otherwise."""

    hidden: bool = False
    tiny: bool = False
    verbatim: bool = False
    background: str | None = "#ffffff"  # None: not known
    same_colour: bool = False

    @property
    def unseen(self) -> bool:
        return self.hidden or self.tiny or self.same_colour


_PLAIN = _Look()
_HIDING = re.compile(
    r"display:none|visibility:hidden|visibility:collapse|mso-hide:all|opacity:0*\.?0*(?![.\d])"
    r"|text-indent:-\d{3,}|(?:^|;)(?:left|top):-\d{4,}"
)
_COLLAPSED = re.compile(r"(?:^|;)(?:max-height|max-width|height|width):0(?![.\d])")
_FONT_SIZE = re.compile(r"(?:^|;)font(?:-size:|:(?:[^;]*?\s)??)([\d.]+)(px|pt|em|rem|%)?")
_BACKGROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;]*)")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]*)")
_VERBATIM = re.compile(r"(?:^|;)white-space:(pre|normal|nowrap)")
_NAMES = {"white": "#ffffff", "black": "#000000", "rgb(255,255,255)": "#ffffff", "rgb(0,0,0)": "#000000"}


def _colour(written: str) -> str | None:
    value = written.strip().lower()
    value = _NAMES.get(value.replace(" ", ""), value)
    if re.fullmatch("#[0-9a-f]{3}", value):
        return "#" + "".join(digit * 2 for digit in value[1:])
    return value if re.fullmatch("#[0-9a-f]{6}", value) else None


@lru_cache(maxsize=512)
def _look(name: str, written: str, parent: _Look) -> _Look:
    """The look of an element with these attributes inside an element of that look."""
    attributes = _attributes(written)
    style = re.sub(r"\s*([:;])\s*", r"\1", attributes.get("style", "").lower())
    hidden = parent.hidden or name in _UNSHOWN or "hidden" in attributes or _hides(style)
    background = _background(attributes, style, parent.background)
    ink = _colour((_COLOUR.search(style) or ("", attributes.get("color", "")))[1])
    return _Look(
        hidden,
        _tiny(style, parent.tiny),
        _verbatim(name, style, parent.verbatim),
        background,
        ink == background if ink is not None and background is not None else parent.same_colour and ink is None,
    )


def _hides(style: str) -> bool:
    if _HIDING.search(style):
        return True
    return "overflow:hidden" in style and _COLLAPSED.search(style) is not None


def _tiny(style: str, inherited: bool) -> bool:
    """Size zero; layout tables set it on a cell and undo it in what the cell holds."""
    size = _FONT_SIZE.search(style)
    if size is None:
        return inherited
    number = size[1].strip(".")
    return number.replace(".", "").strip("0") == "" and number != ""


def _verbatim(name: str, style: str, inherited: bool) -> bool:
    space = _VERBATIM.search(style)
    if space is not None:
        return space[1] == "pre"
    return inherited or name in ("pre", "listing", "xmp", "textarea")


def _background(attributes: dict[str, str], style: str, inherited: str | None) -> str | None:
    written = _BACKGROUND.search(style)
    if written is not None:
        value = written[1].replace("!important", "").strip()
        return inherited if value in ("transparent", "none", "inherit") else _colour(value)
    if "bgcolor" in attributes:
        return _colour(attributes["bgcolor"])
    if "background" in attributes or "class" in attributes:  # a picture, or what a style sheet says
        return None
    return inherited


# ------------------------------------------------------------ the scanner


@dataclass(slots=True)
class _Open:
    """An element that was begun and not ended yet."""

    name: str
    look: _Look
    region: int | None


class _Scanner:
    """`open` is the stack of elements; `depths` says where in it each name stands, so that no end tag has to search."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._last_close = source.rfind(">")
        self._strays = 0
        self._out: list[str] = []
        self._length = 0
        self._line_empty = True
        self._after_space = True
        self._open: list[_Open] = []
        self._depths: dict[str, list[int]] = {}
        self._blocks: list[int] = []
        self._scopes: list[int] = []
        self._regions: list[tuple[Mark, int, int | None]] = []

    def page(self) -> Page:
        text = "".join(self._out)
        ended = (Region(mark, start, len(text) if end is None else end) for mark, start, end in self._regions)
        return Page(text, tuple(ended))

    def run(self) -> None:
        source, at = self._source, 0
        while at < len(source):
            markup = _MARKUP.search(source, at)
            begin = markup.start() if markup is not None else len(source)
            if begin > at:
                self._text(source[at:begin])
            at = self._markup(begin) if markup is not None else begin

    def _markup(self, at: int) -> int:
        """Reads what begins with `<` at `at`; the offset behind it."""
        source = self._source
        if source[at + 1] in "!?":
            return _behind_declaration(source, at)
        match = self._tag(at)
        if match is None:
            self._text("<")
            return at + 1
        name = match[1].lower()
        if source[at + 1] == "/":
            self._end(name)
            return match.end()
        self._start(name, match[2] if _TELLING.search(match[2]) else "")
        return self._raw(name, match.end()) if name in _RAW else match.end()

    def _tag(self, at: int) -> re.Match[str] | None:
        """The tag at `at`. Each search in vain reads to the end of the document, so there are only so many of them."""
        if at > self._last_close:
            return None
        match = _TAG.match(self._source, at) if self._strays < _MOST_STRAYS else None
        if match is None:
            self._strays += 1
            match = _LOOSE_TAG.match(self._source, at)
        return match

    def _raw(self, name: str, at: int) -> int:
        """Skips, or for elements that are shown reads, the text of an element that holds no tags."""
        end = re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE).search(self._source, at)
        stop = end.start() if end is not None else len(self._source)
        if name not in _UNSHOWN:
            self._text(self._source[at:stop])
        return stop

    # ------------------------------------------------------------ elements

    def _start(self, name: str, written: str) -> None:
        if name == "br":
            return self._break_line()
        if name in BLOCKS:
            self._separate(name)
        if name in VOID:
            return None
        parent = self._open[-1].look if self._open else _PLAIN
        look = _look(name, written, parent) if written or name in _UNSHOWN or name == "pre" else parent
        mark = mark_of(name, _attributes(written)) if (written or name == "blockquote") and not look.hidden else None
        return self._push(_Open(name, look, None if mark is None else self._begin(mark)))

    def _push(self, element: _Open) -> None:
        depth = len(self._open)
        self._open.append(element)
        self._depths.setdefault(element.name, []).append(depth)
        if element.name in BLOCKS:
            self._blocks.append(depth)
        if element.name in _SCOPES:
            self._scopes.append(depth)

    def _end(self, name: str) -> None:
        """Ends the innermost element of that name, and all in it, unless a boundary lies between (HTML 13.2.4.2)."""
        if name == "br":  # </br> is one
            return self._break_line()
        if name in BLOCKS:
            self._separate(name)
        depths = self._depths.get(name)
        if not depths or depths[-1] < self._boundary(name):
            return None
        target = depths[-1]
        while len(self._open) > target:
            self._pop()
        return None

    def _boundary(self, name: str) -> int:
        """The depth below which an end tag of that name has no say."""
        if name == "table":
            return 0
        inside = self._scopes if name in BLOCKS else self._blocks
        if name in _TABLE_PARTS:
            inside = self._depths.get("table", [])
        return inside[-1] if inside else 0

    def _pop(self) -> None:
        element = self._open.pop()
        depth = self._depths[element.name].pop()
        for stack in (self._blocks, self._scopes):
            if stack and stack[-1] == depth:
                stack.pop()
        if element.region is not None:
            self._fresh_line()
            mark, start, _ = self._regions[element.region]
            self._regions[element.region] = (mark, start, self._length)

    def _begin(self, mark: Mark) -> int:
        self._fresh_line()
        self._regions.append((mark, self._length, None))
        return len(self._regions) - 1

    # ------------------------------------------------------------ text

    def _text(self, raw: str) -> None:
        look = self._open[-1].look if self._open else _PLAIN
        if look.unseen:
            return
        text = unescape(raw)
        if look.verbatim:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        else:
            if any(map(text.__contains__, _RUNS)):
                text = _SPACE.sub(" ", text)
            if self._after_space:
                text = text.removeprefix(" ")
        if text:
            self._write(text)

    def _write(self, text: str) -> None:
        self._out.append(text)
        self._length += len(text)
        self._line_empty = text[-1] == "\n"
        self._after_space = text[-1] in "\n \t"

    def _separate(self, name: str) -> None:
        if name not in _CELLS:
            self._fresh_line()
        elif not self._after_space:
            self._write("\t")

    def _fresh_line(self) -> None:
        if not self._line_empty:
            self._write("\n")

    def _break_line(self) -> None:
        look = self._open[-1].look if self._open else _PLAIN
        if not look.hidden:
            self._write("\n")


def _behind_declaration(source: str, at: int) -> int:
    """Behind a comment, or what is read as one (HTML 13.2.5.41-43); of CDATA only its mark is dropped."""
    if source.startswith("<!--", at):
        return _behind(source, "-->", at + 2 if source.startswith(("<!-->", "<!--->"), at) else at + 4)
    if source.startswith("<![CDATA[", at):
        return at + len("<![CDATA[")
    return _behind(source, ">", at)


def _behind(source: str, end: str, at: int) -> int:
    found = source.find(end, at)
    return len(source) if found < 0 else found + len(end)
