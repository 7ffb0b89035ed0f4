"""Patterns that are run: RE2 regexes over clean text (linear in the text, whatever the pattern) and globs over folded
text.

A pattern is compiled when it is first run: most of ten thousand never are, and one costs up to milliseconds.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import re2

from sievepy.ir.conditions import Regex
from sievepy.mail.view import Segment

Span = tuple[int, int]


def _options(**more: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    for name, value in more.items():
        setattr(options, name, value)
    return options


class Pattern:
    """One regex. Its text is never empty of meaning: the front end refuses what RE2 does not take."""

    def __init__(self, regex: Regex) -> None:
        self._regex = regex

    @cached_property
    def _compiled(self) -> Any:
        return re2.compile(self._regex.pattern, _options(case_sensitive=not self._regex.ignore_case))

    def holds(self, segment: Segment) -> bool:
        return self._compiled.search(segment.clean) is not None

    def span(self, segment: Segment) -> Span | None:
        """Of the leftmost match, in clean text."""
        match = self._compiled.search(segment.clean)
        return None if match is None else match.span()


_WILD = re.compile(r"[*?]")


class Glob:
    """A key of `like`: `*` any run of characters, `?` one character, the whole folded text."""

    def __init__(self, key: str) -> None:
        self._key = key

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """The longest stretch without a wildcard, which no text can match without; none if there is none."""
        longest = max(_WILD.split(self._key), key=len)
        return (longest,) if longest else ()

    @cached_property
    def _compiled(self) -> Any:
        wild = {"*": ".*", "?": "."}
        pattern = "".join(wild.get(char) or re2.escape(char) for char in self._key)
        return re2.compile(pattern, _options(dot_nl=True))

    def holds(self, segment: Segment) -> bool:
        return self._compiled.fullmatch(segment.folded) is not None

    def span(self, segment: Segment) -> Span | None:
        return (0, len(segment.clean)) if self.holds(segment) else None
