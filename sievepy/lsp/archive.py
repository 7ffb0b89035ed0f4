"""How many letters of an archive each rule matches."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sievepy.compiler import build_program
from sievepy.engine.context import EvalContext
from sievepy.engine.program import Program
from sievepy.lsp.projects import Analysis, Snapshot
from sievepy.mail.message import Message
from sievepy.rules_lang import ast
from sievepy.sources.opening import open_source
from sievepy.sources.port import Elsewhere, Letter, Source
from sievepy.text import Span

MOST_LETTERS = 1000
"""The newest of an archive; more would say little more and take long."""

_MOST_BYTES = 64 << 20  # of letters that are kept in memory, so that they are read and decoded once


@dataclass(frozen=True, slots=True)
class Counts:
    """Of how many letters (`total`), how many each rule matches, by its title, and whatever rules above it decide."""

    matches: Mapping[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class Lens:
    """A remark beside a rule's header."""

    span: Span
    text: str


def lenses(tree: ast.Tree, counts: Counts | None) -> list[Lens]:
    """What is said beside the rules of a file; nothing where nothing was counted yet."""
    if counts is None:
        return []
    letters = f"{counts.total} letter{'' if counts.total == 1 else 's'}"
    return [
        Lens(rule.header, f"matches {counts.matches[rule.title.value]} of {letters}")
        for rule in tree.declarations
        if isinstance(rule, ast.RuleDecl) and rule.title.value in counts.matches
    ]


class Archive:
    """Counts again and again, one count at a time: what one rule set answered to a letter is asked once."""

    def __init__(self, now: Callable[[], dt.datetime], open_source: Callable[[Path], Source] = open_source) -> None:
        self._now = now
        self._open_source = open_source
        self._messages: dict[tuple[str, str], Message] = {}
        self._bytes = 0
        self._program: Program | None = None
        self._answers: dict[tuple[str, str], tuple[str, ...]] = {}

    def count(self, analysis: Analysis, snapshot: Snapshot) -> Counts | None:
        """None where no archive is configured, and while the rules have errors. Raises SourceError where it cannot be
        read, and Superseded."""
        archive, script = analysis.config.archive, analysis.compilation.script
        if archive is None or script is None:
            return None
        snapshot.proceed()
        if self._program is None or self._program.script != script:
            self._program, self._answers = build_program(analysis.compilation), {}
        source = self._open_source(Path(archive))
        matches = Counter({rule.title: 0 for rule in script.rules})
        total = 0
        for letter in source.letters()[-MOST_LETTERS:]:
            snapshot.proceed()
            held = self._answer(archive, source, letter, analysis)
            if held is not None:
                matches.update(held)
                total += 1
        return Counts(dict(matches), total)  # to a Counter, a rule that matches nothing is no rule

    def _answer(self, archive: str, source: Source, letter: Letter, analysis: Analysis) -> tuple[str, ...] | None:
        """The titles of the rules that match a letter; None where it cannot be read."""
        key = (archive, letter.key)
        if key not in self._answers:
            message = self._message(key, source, letter)
            if message is None:
                return None
            config = analysis.config
            context = EvalContext(self._now(), config.settings.zone, source.envelope(message), config.trust)
            assert self._program is not None
            self._answers[key] = tuple(rule.title for rule in self._program.holding(message, context))
        return self._answers[key]

    def _message(self, key: tuple[str, str], source: Source, letter: Letter) -> Message | None:
        kept = self._messages.get(key)
        if kept is not None:
            return kept
        try:
            data = source.read(letter)
        except (OSError, Elsewhere):
            return None
        message = Message(data)
        if self._bytes + len(data) <= _MOST_BYTES:
            self._bytes += len(data)
            self._messages[key] = message
        return message
