"""Expands phrases for the lowering, each once, and says what is wrong with those that are none."""

from __future__ import annotations

from sievepy.ir.conditions import Phrase
from sievepy.mail.normal import clean
from sievepy.rules_lang import ast
from sievepy.rules_lang import codes_values as codes
from sievepy.rules_lang.report import Report
from sievepy.rules_lang.symbols import WrittenPhrase
from sievepy.text import Span
from sievepy.words import Expander, Expansion, PhraseProblem

DEFAULT_LANGUAGES = ("ru",)


class PhraseBook:
    """All phrases of a program. Equal phrases are one object, so whoever looks at all of them can tell by identity."""

    def __init__(self, report: Report, expander: Expander | None = None) -> None:
        self._report = report
        self._expander = expander or Expander()
        self._known: dict[tuple[str, tuple[str, ...]], Expansion] = {}
        self.inline: list[WrittenPhrase] = []
        """The phrases that stand in tests, in the order they are met."""

    def block(self, string: ast.String, languages: tuple[str, ...]) -> WrittenPhrase | None:
        """A phrase of a `phrases` block, or None after reporting what is wrong with it."""
        expansion = self._expand(string.value, languages)
        named = [p for p in expansion.problems if p.kind != "empty"]  # a lone `…` is empty because of that
        for problem in named or expansion.problems:
            self._report.error(codes.PHRASE, problem.message, _place(string, problem))
        if expansion.problems:
            return None
        return WrittenPhrase(string.value, string.span, languages, expansion.phrases, expansion.surprising)

    def in_test(self, string: ast.String) -> tuple[Phrase, ...]:
        """The expansions of a phrase inside a test; none after reporting what is wrong with it."""
        written = self.block(string, DEFAULT_LANGUAGES)
        if written is None:
            return ()
        self.inline.append(written)
        return written.phrases

    def _expand(self, text: str, languages: tuple[str, ...]) -> Expansion:
        key = (text, languages)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._expander.expand(text, languages)
        return found


def _place(string: ast.String, problem: PhraseProblem) -> Span:
    """Where in the file a problem lies; the whole string where it is not written as it is read."""
    inner = string.span.text[1:-1]
    if inner != string.value or clean(inner) != inner or problem.end <= problem.start:
        return string.span
    start = string.span.start + 1
    return Span(string.span.source, start + problem.start, start + problem.end)
