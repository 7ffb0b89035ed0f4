"""Cuts a file into pieces that are parsed alone, so that one bad rule is one diagnostic and the rest still parse.

The cutter knows strings, regexes, comments and braces, and nothing else. It cuts

* where a line begins with the shape of a top-level header (`rule "…"`, `department x {`), whatever the brace depth: a
  block that was never closed ends there;
* at depth 0 also where a line begins with something that was meant to be a header (`rulle "…" {`);
* never at a bare word, which may be anything.

What no parser could read (an unclosed string, an invisible character) is reported here. Where the mistake can be
repaired without changing the length of the text, the piece is handed on repaired, and the rest of it is checked too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sievepy.rules_lang import quote_errors, text_errors
from sievepy.rules_lang.faults import Fault, Repair
from sievepy.rules_lang.keywords import CONTINUATION_REFUSED, HEADERS, KEYWORDS
from sievepy.rules_lang.lookalikes import to_latin
from sievepy.text import Diagnostic, SourceFile
from sievepy.text.nearest import nearest

MAX_DEPTH = 32
"""How deep conditions may be nested: more is a generated file or an attack, and nobody could read it."""

MAX_TOKEN = 65_536
"""Characters in one word, string or regex."""

MAX_VERBATIM = 1_048_576
"""Characters in one triple-quoted text, which holds a letter's body."""


@dataclass(frozen=True, slots=True)
class Header:
    """The head of a piece: its word (`rule`, `department`) and where its name or title stands, if it could be found.
    `exact` is False for what was only meant to be a header."""

    word: str
    name: tuple[int, int] | None
    exact: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the source. `text` is as long as the stretch, and differs from it where something was repaired.

    `faulty`: something in it is reported already, so that the parser's complaints about it are not worth hearing;
    not even `readable`: it is not to be parsed at all.
    `tail`: what stands between the end of a declaration and the next header, where nothing should stand; the
    declaration is `continued` by it if that holds a `}` too many.
    """

    start: int
    end: int
    text: str
    header: Header | None
    faulty: bool = False
    readable: bool = True
    tail: bool = False
    continued: bool = False


STRING = (
    r'"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"'
    r"|«[^«»\\\n]*(?:\\[^\n][^«»\\\n]*)*»"
    r"|“[^“”\\\n]*(?:\\[^\n][^“”\\\n]*)*”"
    r"|„[^„“\\\n]*(?:\\[^\n][^„“\\\n]*)*“"
)
_REGEX = r"/[^/\\\n]*(?:\\[^\n][^/\\\n]*)*/[A-Za-z]*"
_SPACE = r"[^\S\n]"
_COMMA = rf",{_SPACE}*+(?:\#[^\n]*)?(?:\n{_SPACE}*+(?:\#[^\n]*)?)*+"
_LINES = rf"(?:{_SPACE}*+(?:\#[^\n]*)?\n)*+{_SPACE}*+"
_WORD = r"[^\s\"«»“”„,;{}#<>@]++"
_NAME_END = r"(?![^\s\"«»“”„,;{}#<>])"
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0e-\x1b\x7f"

_SCAN = re.compile(
    rf"""
      (?P<line>[\n;])
    | (?P<comment>\#[^\n]*)
    | (?P<brace>[{{}}])
    | (?P<verbatim>(?<![\w-])body{_SPACE}*+\"\"\"{_SPACE}*+\n[^"]*(?:"(?!"")[^"]*)*\"\"\")
    | (?P<triple>\"\"\")
    | (?P<string>{STRING})
    | (?P<regex>(?<![\w-])matches(?![\w-]){_SPACE}*+{_REGEX}(?:{_SPACE}*+{_COMMA}{_REGEX})*)
    | (?P<open_regex>(?<![\w-])matches(?![\w-]){_SPACE}*+/[^\n]*)
    | (?P<quote>["«“„”»]|(?<![^\s,;{{}}(])['`‘’‚‹])
    | (?P<comma>,{_SPACE}*+(?:\#[^\n]*)?\n{_LINES}(?=[a-z]))
    | (?P<invisible>[{_INVISIBLE}])
    """,
    re.VERBOSE,
)
_HEADER = re.compile(
    rf"""{_SPACE}*+(?:
      (?:session{_SPACE}++)?(?P<titled>rule|test|include){_SPACE}*+(?P<title>{STRING}|["«“„])
    | (?P<braced>department|person|list|network|hours|phrases){_SPACE}++(?P<braced_name>{_WORD})
      (?:{_SPACE}*+(?:{STRING})|{_SPACE}++(?:ru|kk|en|translit))*
      (?:{_LINES}\{{|{_SPACE}*+from{_SPACE}*+["«“„])
    | (?P<condition>condition){_SPACE}++(?P<condition_name>{_WORD}){_SPACE}++when(?![\w-])
    | (?P<otherwise>otherwise){_LINES}\{{
    )""",
    re.VERBOSE,
)
_LIKE_HEADER = re.compile(
    rf"{_SPACE}*+(?P<word>{_WORD})(?:{_SPACE}++{_WORD})*+{_SPACE}*+(?:(?P<title>{STRING}|[\"«“„])"
    rf"(?P<title_brace>{_LINES}\{{)?|{_LINES}\{{)"
)
_HALF_HEADER = re.compile(rf"{_SPACE}*+(?P<word>condition|include){_SPACE}++(?P<name>{_WORD})")
_NEXT_WORD = re.compile(rf"({_WORD}){_NAME_END}(?:{_SPACE}++prefix)?")
_AFTER_BODY = re.compile(rf"(?<![\w-])body{_SPACE}*+\Z")
_LONG_WORD = re.compile(rf'(?<![^\s"«»“”„,;{{}}#<>{_INVISIBLE}])[^\s"«»“”„,;{{}}#<>{_INVISIBLE}]{{{MAX_TOKEN + 1},}}')
_NOTHING = re.compile(r"(?:[\s;]|#[^\n]*)*+")


def cut(source: SourceFile) -> tuple[tuple[Piece, ...], tuple[Diagnostic, ...]]:
    """The pieces of a file, in order, and what was found wrong on the way."""
    cutter = _Cutter(source)
    cutter.run()
    return tuple(cutter.pieces), tuple(cutter.diagnostics)


class _Cutter:
    """One run over one file. A piece is open from `start`; `closed` is where its outermost brace was closed."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.text = source.text
        self.pieces: list[Piece] = []
        self.diagnostics: list[Diagnostic] = []
        self.long_words = [match.span() for match in _LONG_WORD.finditer(self.text)]
        self._begin(0, None)

    def _begin(self, start: int, header: Header | None) -> None:
        self.start = start
        self.header = header
        self.depth = 0
        self.closed: int | None = None
        self.surplus = False
        self.repairs: list[Repair] = []
        self.faulty = False
        self.readable = True

    def run(self) -> None:
        self._line_begins(0)
        position = 0
        while match := _SCAN.search(self.text, position):
            position = _HANDLERS[match.lastgroup or ""](self, match)
        self._finish(len(self.text))

    # ---------------------------------------------------------------- lines and pieces

    def _line(self, match: re.Match[str]) -> int:
        self._line_begins(match.end())
        return match.end()

    def _line_begins(self, position: int) -> None:
        header = header_at(self.text, position)
        if header is None and self.depth == 0:
            header = like_header_at(self.text, position)
        if header is not None:
            self._finish(position)
            self._begin(position, header)

    def _finish(self, end: int) -> None:
        """Close the open piece: the declaration, and what stands behind it."""
        stop = end
        if self.closed is not None and not _is_blank(self.text, self.closed, end):
            stop = self.closed
        if self.header is not None:
            self._add(self.start, stop, tail=False, continued=stop < end and self.surplus)
        elif not _is_blank(self.text, self.start, stop):
            self._add(self.start, stop, tail=True)
        if stop < end:
            self._add(stop, end, tail=True)

    def _add(self, start: int, end: int, *, tail: bool, continued: bool = False) -> None:
        text = self.text[start:end]
        for repair in self.repairs:
            if start <= repair.start < end:
                offset = repair.start - start
                text = text[:offset] + repair.text + text[offset + len(repair.text) :]
        for word_start, word_end in self.long_words:
            if start <= word_start < end and self.readable:
                self.readable = False
                self._report(text_errors.too_long(self.source, word_start, word_end, MAX_TOKEN))
        header = None if tail else self.header
        self.pieces.append(Piece(start, end, text, header, self.faulty, self.readable, tail, continued))

    def _report(self, fault: Fault) -> int:
        """Note a fault; where to read on."""
        self.diagnostics.append(fault.diagnostic)
        self.repairs.extend(fault.repairs)
        self.faulty = True
        return fault.end

    # ---------------------------------------------------------------- what the scanner stops at

    def _brace(self, match: re.Match[str]) -> int:
        if match[0] == "{":
            self.depth += 1
            if self.depth == MAX_DEPTH + 2 and self.readable:  # the declaration's own brace is the first one
                self.readable = False
                return self._report(text_errors.too_deep(self.source, match.start(), MAX_DEPTH))
        elif self.depth:
            self.depth -= 1
            if self.depth == 0 and self.closed is None:
                self.closed = match.end()
                self._same_line(match.end())
        else:
            self.surplus = True
        return match.end()

    def _same_line(self, position: int) -> None:
        """A declaration may begin behind another one's closing brace; it should not."""
        header = header_at(self.text, position)
        if header is not None:
            self._finish(position)
            self._begin(position, header)
            self.diagnostics.append(text_errors.same_line(self.source, position))

    def _comment(self, match: re.Match[str]) -> int:
        hidden = text_errors.DIRECTION_MARK.search(self.text, match.start(), match.end())
        return match.end() if hidden is None else self._report(text_errors.invisible(self.source, hidden.start()))

    def _comma(self, match: re.Match[str]) -> int:
        word = _NEXT_WORD.match(self.text, match.end())
        if header_at(self.text, match.end()) is not None or (word is not None and _begins_statement(word[1], word[0])):
            self._report(text_errors.comma_continues(self.source, match.start(), word[1] if word else ""))
        self._line_begins(match.end())
        return match.end()

    def _sized(self, match: re.Match[str]) -> int:
        return self._limited(match, MAX_TOKEN)

    def _verbatim(self, match: re.Match[str]) -> int:
        return self._limited(match, MAX_VERBATIM)

    def _limited(self, match: re.Match[str], limit: int) -> int:
        if match.end() - match.start() > limit:
            self.readable = False
            self._report(text_errors.too_long(self.source, match.start(), match.end(), limit))
        return match.end()

    def _quote(self, match: re.Match[str]) -> int:
        return self._report(quote_errors.explain(self.source, match.start()))

    def _triple(self, match: re.Match[str]) -> int:
        after_body = _AFTER_BODY.search(self.text, max(self.start, match.start() - 100), match.start()) is not None
        return self._report(quote_errors.explain_triple(self.source, match.start(), after_body=after_body))

    def _open_regex(self, match: re.Match[str]) -> int:
        return self._report(quote_errors.open_regex(self.source, match.start() + match[0].index("/")))

    def _invisible(self, match: re.Match[str]) -> int:
        return self._report(text_errors.invisible(self.source, match.start()))


_HANDLERS: dict[str, Callable[[_Cutter, re.Match[str]], int]] = {
    "line": _Cutter._line,
    "comment": _Cutter._comment,
    "brace": _Cutter._brace,
    "verbatim": _Cutter._verbatim,
    "triple": _Cutter._triple,
    "string": _Cutter._sized,
    "regex": _Cutter._sized,
    "open_regex": _Cutter._open_regex,
    "quote": _Cutter._quote,
    "comma": _Cutter._comma,
    "invisible": _Cutter._invisible,
}


def header_at(text: str, position: int) -> Header | None:
    """The header that a line beginning at `position` has the exact shape of."""
    match = _HEADER.match(text, position)
    if match is None:
        return None
    if match["titled"]:
        return Header(match["titled"], match.span("title"), exact=True)
    if match["braced"]:
        return Header(match["braced"], match.span("braced_name"), exact=True)
    if match["condition"]:
        return Header("condition", match.span("condition_name"), exact=True)
    return Header("otherwise", None, exact=True)


def like_header_at(text: str, position: int) -> Header | None:
    """The header that a line beginning at `position` was probably meant to be: words, and then a string or a brace,
    where the first word is a header's or nearly so, or where nothing else could look like it."""
    match = _LIKE_HEADER.match(text, position)
    if match is None:
        half = _HALF_HEADER.match(text, position)
        return Header(half["word"], half.span("name"), exact=False) if half is not None else None
    written = match["word"]
    word = meant_header(written)
    if word is None and not (written not in KEYWORDS and match["title"] and match["title_brace"]):
        return None
    return Header(word or written, match.span("title") if match["title"] else None, exact=False)


def meant_header(word: str) -> str | None:
    """The header's word that `word` is, or was meant to be."""
    if word in HEADERS:
        return word
    return None if word in KEYWORDS else nearest(to_latin(word) or word, HEADERS)


def _begins_statement(word: str, with_prefix: str) -> bool:
    return word in CONTINUATION_REFUSED or (word == "subject" and with_prefix.endswith("prefix"))


def _is_blank(text: str, start: int, end: int) -> bool:
    """Whether nothing but white space, separators and comments stands there."""
    match = _NOTHING.match(text, start, end)
    return match is not None and match.end() == end
