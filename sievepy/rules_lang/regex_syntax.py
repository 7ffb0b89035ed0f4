"""Reads RE2's syntax into a small tree of single characters, sequences, alternatives and repetitions.

Patterns have been compiled by RE2 before, so what is read here is known to be well formed; what this reader does not
take (`\\Q…\\E`, `\\C`, flags in the middle) is refused by name. Groups capture nothing: a test asks only whether and
where a pattern is found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WORD = r"\pL\pN_"
"""Inside a class: what `\\w` means, here as in `mail.tokens`: letters and digits of any script."""
DIGIT = r"\p{Nd}"
# What is no letter, digit or `_`, as a union: a class cannot hold the complement of a union.
NOT_WORD = (
    r"\pM\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\pS\pZ\pC\x{203F}\x{2040}\x{2054}\x{FE33}\x{FE34}\x{FE4D}-\x{FE4F}\x{FF3F}"
)


class Unsupported(Exception):
    """Syntax of RE2 that rules do not take; the first argument says which and what to write instead."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that stands in a class: its text there, and whether it is of word characters, of others, or of both
    (None)."""

    text: str
    word: bool | None


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of a class."""

    items: tuple[Item, ...]
    negated: bool = False

    def __str__(self) -> str:
        if len(self.items) == 1 and not self.negated and not self.items[0].text.startswith("["):
            text = self.items[0].text
            return text if text != WORD and text != NOT_WORD and "-" not in text[1:] else f"[{text}]"
        return f"[{'^' if self.negated else ''}{''.join(item.text for item in self.items)}]"


@dataclass(frozen=True, slots=True)
class Anchor:
    """`^ $ \\A \\z`: nothing, at the text's start or end."""

    text: str
    start: bool


@dataclass(frozen=True, slots=True)
class Boundary:
    """`\\b`, or negated `\\B`."""

    negated: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`least` to `most` times; `most` None: any number. `lazy` says only which match is found, not whether one is."""

    part: Node
    least: int
    most: int | None
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Flagged:
    """`(?i:…)`."""

    flags: str
    part: Node


Node = Chars | Anchor | Boundary | Sequence | Choice | Repeat | Flagged

ANY = Chars((), negated=True)
"""`.`: clean text holds no line break, so nothing is left out."""

_CLASSES = {
    "d": Chars((Item(DIGIT, True),)),
    "D": Chars((Item(r"\P{Nd}", None),)),
    "w": Chars((Item(WORD, True),)),
    "W": Chars((Item(WORD, True),), negated=True),
    "s": Chars((Item(r"\s", False),)),  # clean text has no white space but U+0020
    "S": Chars((Item(r"\s", False),), negated=True),
}
_IN_CLASS = {
    "d": Item(DIGIT, True),
    "D": Item(r"\P{Nd}", None),
    "w": Item(WORD, True),
    "W": Item(NOT_WORD, False),
    "s": Item(r"\s", False),
    "S": Item(r"\S", None),
}
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_REPEAT = re.compile(r"(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)")
_OPEN = re.compile(r"\((?:\?(?:P?<\w+>|([imsU-]*)(:|\))))?")
_PROPERTY = re.compile(r"\\([pP])(?:\{(\^?)(\w+)\}|(\w))")
_HEX = re.compile(r"\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_POSIX = re.compile(r"\[:\^?(\w+):\]")
_POSIX_WORDS = frozenset({"alnum", "alpha", "digit", "lower", "upper", "word", "xdigit"})
_DEEPEST = 50  # nested groups
_SPECIAL = frozenset("\\.+*?()|[]{}^$-&~")


def is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def escape(char: str) -> str:
    return "\\" + char if char in _SPECIAL else char


def read(pattern: str) -> Node:
    """The tree of a pattern that RE2 takes. Raises Unsupported."""
    reader = _Reader(pattern)
    node = reader.choice()
    if reader.at < len(pattern):
        raise Unsupported(f"`{pattern[reader.at]}` is not understood here")
    return node


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._depth = 0
        self.at = 0

    def _take(self, regex: re.Pattern[str]) -> re.Match[str] | None:
        match = regex.match(self._pattern, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def _peek(self) -> str:
        return self._pattern[self.at : self.at + 1]

    def choice(self) -> Node:
        options = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self, part: Node) -> Node:
        while match := self._take(_REPEAT):
            sign, least, comma, most, lazy = match.groups()
            if sign:
                bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
            else:
                bounds = (int(least), int(most) if most else None if comma else int(least))
            part = Repeat(part, *bounds, bool(lazy))
        return part

    def _atom(self) -> Node:
        char = self._peek()
        match char:
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                return self._escape()
        self.at += 1
        match char:
            case ".":
                return ANY
            case "^" | "$":
                return Anchor(char, char == "^")
        return _literal(char)

    def _group(self) -> Node:
        match = self._take(_OPEN)
        if match is None:
            raise Unsupported("this kind of group is not understood")
        flags, end = match[1] or "", match[2]
        if end == ")":
            raise Unsupported(f"write flags as `/…/i`, or around a part: `(?{flags}:…)`")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unsupported(f"its groups are nested more than {_DEEPEST} deep")
        inner = self.choice()
        self._depth -= 1
        self.at += 1
        return Flagged(flags, inner) if flags else inner

    def _escape(self) -> Node:
        if match := self._take(_PROPERTY):
            return Chars((_property(match),))
        letter = self._pattern[self.at + 1]
        if letter in "bB":
            self.at += 2
            return Boundary(letter == "B")
        if letter in "Az":
            self.at += 2
            return Anchor("\\" + letter, letter == "A")
        if letter in _CLASSES:
            self.at += 2
            return _CLASSES[letter]
        return _literal(self._escaped_char())

    def _escaped_char(self) -> str:
        """The character that an escape stands for, in a class or outside."""
        if match := self._take(_HEX):
            return chr(int(match[1] or match[2], 16))
        letter = self._pattern[self.at + 1]
        if letter in _CONTROLS:
            self.at += 2
            return chr(_CONTROLS[letter])
        if letter.isalnum() and letter.isascii():
            raise Unsupported(f"`\\{letter}` is not understood; write the characters themselves")
        self.at += 2
        return letter

    # ------------------------------------------------------------ classes

    def _class(self) -> Node:
        self.at += 1
        negated = self._peek() == "^"
        self.at += negated
        items = [self._item()]  # a `]` that comes first stands for itself
        while self._peek() != "]":
            items.append(self._item())
        self.at += 1
        return Chars(tuple(items), negated)

    def _item(self) -> Item:
        if match := self._take(_POSIX):
            return Item(match[0], True if match[1] in _POSIX_WORDS and "^" not in match[0] else None)
        if match := self._take(_PROPERTY):
            return _property(match)
        if self._peek() == "\\" and self._pattern[self.at + 1] in _IN_CLASS:
            self.at += 2
            return _IN_CLASS[self._pattern[self.at - 1]]
        first = self._class_char()
        if self._peek() == "-" and self._pattern[self.at + 1 : self.at + 2] not in ("]", ""):
            self.at += 1
            return _range(first, self._class_char())
        return Item(escape(first), is_word(first))

    def _class_char(self) -> str:
        if self._peek() == "\\":
            return self._escaped_char()
        self.at += 1
        return self._pattern[self.at - 1]


def _literal(char: str) -> Chars:
    return Chars((Item(escape(char), is_word(char)),))


def _range(first: str, last: str) -> Item:
    """A range of characters, of one kind if all of them are."""
    kinds = {is_word(chr(code)) for code in range(ord(first), ord(last) + 1)}
    return Item(f"{escape(first)}-{escape(last)}", kinds.pop() if len(kinds) == 1 else None)


def _property(match: re.Match[str]) -> Item:
    """`\\pL`, `\\p{Cyrillic}`. A script counts as letters: what else it has are marks, and they are no words' ends."""
    name = match[3] or match[4]
    general = len(name) <= 2
    negated = (match[1] == "P") != bool(match[2])
    word = name[0] in "LN" if general else True
    return Item(match[0], None if negated else word)
