"""A small reading of TextMate grammars, for tests: what editors do with ours, in the regexes of Python.

Of https://macromates.com/manual/en/language_grammars it knows `match`, `begin` and `end`, captures with a name and
patterns, `contentName`, and `include` of the repository. A line is read from left to right: of all patterns of the open
region, its end first, the one that matches earliest is taken. `vscode_textmate.mjs` has the engine of VS Code tell the
same; a stored answer of it is held against this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Pattern = Mapping[str, Any]
Scopes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text, and the scopes it is in, the outermost first."""

    start: int
    end: int
    scopes: Scopes


@dataclass(frozen=True, slots=True)
class _Region:
    """An open region: the rule that opened it, its scopes, and those of what it holds."""

    rule: Pattern
    scopes: Scopes
    content: Scopes


@lru_cache(1000)
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


class Grammar:
    def __init__(self, grammar: Pattern) -> None:
        self._grammar = grammar
        self._repository: Mapping[str, Pattern] = grammar["repository"]

    def pieces(self, text: str) -> Iterator[Piece]:
        """The whole text in pieces, line ends included."""
        root = (self._grammar["scopeName"],)
        regions = [_Region(self._grammar, root, root)]
        offset = 0
        for line in text.splitlines(keepends=True):
            for start, end, scopes in self._line(line, regions):
                yield Piece(offset + start, offset + end, scopes)
            offset += len(line)

    def _line(self, line: str, regions: list[_Region]) -> Iterator[tuple[int, int, Scopes]]:
        position = 0
        while True:
            region = regions[-1]
            rule, match = self._next(line, position, region)
            if match is None:
                break
            yield position, match.start(), region.content
            if rule is None:  # the region's end
                yield from self._captured(line, match, region.rule.get("endCaptures", {}), region.scopes)
                regions.pop()
            elif "match" in rule:
                scopes = (*region.content, *_names(rule))
                yield from self._captured(line, match, rule.get("captures", {}), scopes)
                assert match.end() > match.start(), f"nothing is matched by {rule['match']}"
            else:
                scopes = (*region.content, *_names(rule))
                yield from self._captured(line, match, rule.get("beginCaptures", {}), scopes)
                content = (*scopes, *_names(rule, "contentName"))
                regions.append(_Region(rule, scopes, content))
            position = match.end()
        yield position, len(line), regions[-1].content

    def _next(self, line: str, position: int, region: _Region) -> tuple[Pattern | None, re.Match[str] | None]:
        """The rule that matches earliest from `position` on, and how; of several the first, the region's end before
        all."""
        best: re.Match[str] | None = None
        chosen: Pattern | None = None
        if "end" in region.rule:
            best = _compiled(region.rule["end"]).search(line, position)
        for rule in self._flat(region.rule.get("patterns", ())):
            match = _compiled(rule.get("match") or rule["begin"]).search(line, position)
            if match is not None and (best is None or match.start() < best.start()):
                best, chosen = match, rule
        return chosen, best

    def _flat(self, patterns: Sequence[Pattern]) -> Iterator[Pattern]:
        for pattern in patterns:
            if "include" in pattern:
                yield from self._flat([self._repository[pattern["include"].removeprefix("#")]])
            elif "match" in pattern or "begin" in pattern:
                yield pattern
            else:
                yield from self._flat(pattern["patterns"])

    def _captured(
        self, line: str, match: re.Match[str], captures: Pattern, scopes: Scopes
    ) -> Iterator[tuple[int, int, Scopes]]:
        """The match in pieces: its captures, which do not overlap in our grammar, and what is between them."""
        position = match.start()
        for number, capture in sorted(captures.items(), key=lambda item: int(item[0])):
            start, end = match.span(int(number))
            if start < position or start == end:
                continue
            yield position, start, scopes
            inside = (*scopes, *_names(capture))
            if "patterns" in capture:
                yield from self._line_inside(line, start, end, capture, inside)
            else:
                yield start, end, inside
            position = end
        yield position, match.end(), scopes

    def _line_inside(
        self, line: str, start: int, end: int, capture: Pattern, scopes: Scopes
    ) -> Iterator[tuple[int, int, Scopes]]:
        for first, last, names in self._line(line[start:end], [_Region(capture, scopes, scopes)]):
            yield start + first, start + last, names


def _names(rule: Pattern, key: str = "name") -> Scopes:
    return (rule[key],) if key in rule else ()
