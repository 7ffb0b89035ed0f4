"""The literals without one of which a regex cannot match.

A small reader of RE2's syntax works out, for every part of a pattern, the finite set of strings it stands for (as
long as that set is small: small alternations are multiplied out) or else which sets of strings it cannot do without.
Strings are folded, and are looked for in folded text: whatever the pattern's case, what it matches folds to them.
What the reader does not know it takes for "anything", so that it may miss a literal and never invents one.

Of a pattern's candidates the *rarest* is chosen, by its letters and by how many patterns share it: a suffix that two
thousand patterns have in common would wake all of them at every letter.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sievepy.mail.normal import fold

Literals = frozenset[str]

_MOST_STRINGS = 16  # of one set; more wake the pattern too often to be worth it
_MOST_NESTED = 50  # groups; deeper ones are taken for anything
_WIDEST_CLASS = 4  # characters of a `[…]` that are still multiplied out


@dataclass(frozen=True, slots=True)
class _Part:
    """`exact`: all strings the part stands for, if they are few. `needs`: sets of which one string each must occur."""

    exact: Literals | None
    needs: tuple[Literals, ...] = ()

    @property
    def best(self) -> Literals | None:
        """The rarest set of strings it cannot do without."""
        sets = [s for s in (self.exact, *self.needs) if s and all(s)]
        return max(sets, key=rarity, default=None)


_NOTHING = _Part(frozenset({""}))
_ANYTHING = _Part(None)


class _Unreadable(Exception):
    """Syntax that this reader does not know."""


def required_literals(pattern: str) -> tuple[Literals, ...]:
    """The sets of folded literals one of each of which any match must hold; empty where none is known."""
    try:
        reader = _Reader(pattern)
        part = reader.alternation(0)
        if reader.at < len(pattern):
            return ()
    except _Unreadable:
        return ()
    sets = (part.exact, *part.needs)
    return tuple(dict.fromkeys(s for s in sets if s and all(s)))


_REPEAT = re.compile(r"(?:([*+?])|\{(\d+)(,?)(\d*)\})\??")
_GROUP = re.compile(r"\(\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?:)")
_FLAGS = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?\)")
_CLASS = re.compile(r"\[\^?\]?(?:\\[pP]\{[^}]*\}|\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]")
_FEW = re.compile(r"\[((?:\\[^\w\s]|[^\]\\^\-\[])+)\]")
_ESCAPED = re.compile(r"\\([^\w\s])")
_ESCAPES: tuple[tuple[re.Pattern[str], str | None], ...] = (
    (re.compile(r"\\[bBAz]"), ""),
    (re.compile(r"\\[pP](?:\{[^}]*\}|[A-Z])"), None),
    (re.compile(r"\\x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2})"), None),
    (re.compile(r"\\[0-7]{1,3}"), None),
    (re.compile(r"\\[dDwWsSCantrfv]"), None),
)


class _Reader:
    """Recursive descent over one pattern; `at` is the next character."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    def alternation(self, depth: int) -> _Part:
        if depth > _MOST_NESTED:
            raise _Unreadable
        branches = [self._sequence(depth)]
        while self._take("|"):
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else _either(branches)

    def _sequence(self, depth: int) -> _Part:
        parts = []
        while self.at < len(self._pattern) and self._pattern[self.at] not in "|)":
            parts.append(self._repeated(self._one(depth)))
        return _in_a_row(parts)

    def _repeated(self, part: _Part) -> _Part:
        match = _REPEAT.match(self._pattern, self.at)
        while match is not None:
            self.at = match.end()
            part = _repeat(part, match[1], match[2], match[3], match[4])
            match = _REPEAT.match(self._pattern, self.at)
        return part

    def _one(self, depth: int) -> _Part:
        char = self._pattern[self.at]
        match char:
            case "(":
                return self._group(depth)
            case "[":
                return self._class()
            case "\\":
                return self._escape()
            case ".":
                self.at += 1
                return _ANYTHING
            case "^" | "$":
                self.at += 1
                return _NOTHING
            case "*" | "+" | "?":
                raise _Unreadable
        self.at += 1
        return _literal(char)

    def _group(self, depth: int) -> _Part:
        if self._skip(_FLAGS):
            return _NOTHING
        if not self._skip(_GROUP):
            if self._pattern.startswith("(?", self.at):
                raise _Unreadable
            self.at += 1
        part = self.alternation(depth + 1)
        if not self._take(")"):
            raise _Unreadable
        return part

    def _class(self) -> _Part:
        few = _FEW.match(self._pattern, self.at)
        if few is not None and len(few[1]) <= _WIDEST_CLASS:
            self.at = few.end()
            return _Part(frozenset(fold(char) for char in _ESCAPED.sub(r"\1", few[1])))
        if not self._skip(_CLASS):
            raise _Unreadable
        return _ANYTHING

    def _escape(self) -> _Part:
        for syntax, exact in _ESCAPES:
            if self._skip(syntax):
                return _ANYTHING if exact is None else _NOTHING
        escaped = self._pattern[self.at + 1 : self.at + 2]
        if not escaped or escaped.isalnum():
            raise _Unreadable
        self.at += 2
        return _literal(escaped)

    def _take(self, char: str) -> bool:
        found = self._pattern.startswith(char, self.at)
        self.at += found
        return found

    def _skip(self, syntax: re.Pattern[str]) -> bool:
        match = syntax.match(self._pattern, self.at)
        if match is None:
            return False
        self.at = match.end()
        return True


def _literal(char: str) -> _Part:
    return _Part(frozenset({fold(char)}))


def _repeat(part: _Part, mark: str | None, least: str | None, comma: str | None, most: str | None) -> _Part:
    if mark == "?" or (least == "0" and most == "1"):
        return _ANYTHING if part.exact is None else _Part(part.exact | {""})
    if mark == "*" or (least is not None and not least.strip("0")):
        return _ANYTHING
    if least == "1" and (not comma or most == "1"):
        return part
    return _Part(None, (*part.needs, part.exact) if part.exact is not None else part.needs)


def _either(branches: Sequence[_Part]) -> _Part:
    exact: set[str] = set()
    for branch in branches:
        exact |= branch.exact or frozenset()
    if all(branch.exact is not None for branch in branches) and len(exact) <= _MOST_STRINGS:
        return _Part(frozenset(exact))
    needs: set[str] = set()
    for branch in branches:
        if branch.best is None:
            return _ANYTHING
        needs |= branch.best
    return _Part(None, (frozenset(needs),)) if len(needs) <= _MOST_STRINGS else _ANYTHING


def _in_a_row(parts: Iterable[_Part]) -> _Part:
    """A sequence: neighbouring finite sets are multiplied out until they are too many or something endless comes."""
    run: Literals = frozenset({""})
    needs: list[Literals] = []
    whole = True
    for part in parts:
        exact = part.exact
        if exact is not None and len(run) * len(exact) <= _MOST_STRINGS:
            run = frozenset(head + tail for head in run for tail in exact)
            continue
        whole = False
        needs += (run, *part.needs)
        run = exact if exact is not None else frozenset({""})
    return _Part(run) if whole else _Part(None, tuple(s for s in (*needs, run) if all(s)))


# ---------------------------------------------------------------- which is rarest

_LETTER_BITS = dict.fromkeys("оеаинтсрвл etaoinsr", 3.5) | dict.fromkeys("кмдпуяыьгзбcdhlmupfgу", 5.0)
_OTHER_BITS = 7.0
_WORD_BITS = 20.0
_MORE = 0.1  # what each further bit counts: words are not random letters, so a long one is not that much rarer
_SHARED_BITS = 3.0


def rarity(literals: Literals, shared: int = 1) -> float:
    """Roughly the bits that finding one of the literals says, less for those that many patterns share."""
    bits = min(sum(_LETTER_BITS.get(char, _OTHER_BITS) for char in literal) for literal in literals)
    if bits > _WORD_BITS:
        bits = _WORD_BITS + (bits - _WORD_BITS) * _MORE
    return bits - math.log2(len(literals)) - _SHARED_BITS * math.log2(shared)


def choose(candidates: Sequence[Sequence[Literals]]) -> list[Literals]:
    """For each pattern the rarest of its candidates, given what the others have; empty where it has none."""
    patterns = Counter(s for sets in candidates for s in frozenset(s for literals in sets for s in literals))

    def worth(literals: Literals) -> float:
        return rarity(literals, max(patterns[literal] for literal in literals))

    return [max(sets, key=worth, default=frozenset()) for sets in candidates]
