"""What `sievepy test --coverage` shows: a table by file, what no letter reaches, and the same for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sievepy.cli.check_output import count
from sievepy.ruletest.coverage import Coverage, CoveredTest, percent
from sievepy.sinks.console import table
from sievepy.text import Span

_LONGEST = 60  # characters of a test


def as_lines(coverage: Coverage) -> Iterator[str]:
    """First what an editor can jump to, then the figures."""
    for rule in coverage.rules:
        if not rule.letters:
            yield f'{rule.span}: rule "{rule.title}" never fires'
    for test in coverage.tests:
        if not test.covered:
            yield f"{test.span}: {_never(test)}: {written(test.span)}"
    rows = [(f.name, *_cells(f.rules), *_cells(f.tests), *_cells(f.phrases)) for f in coverage.files]
    head = ("", "rules", "%", "tests", "%", "phrases", "%")
    if rows:
        yield ""
        yield from table([head, *rows])
    covered, of = coverage.counted
    letters = count(coverage.letters, "letter")
    yield f"covered: {covered} of {of} rules and tests ({coverage.percent:.1f} %), by {letters}"


def _never(test: CoveredTest) -> str:
    return "exception never keeps a rule from firing" if test.exception else "test never true where a rule fires"


def _cells(pair: tuple[int, int]) -> tuple[str, int | str]:
    covered, of = pair
    return (f"{covered}/{of}", round(percent(covered, of))) if of else ("", "")


def written(span: Span) -> str:
    """What stands there, on one line and not too long."""
    text = " ".join(span.text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def as_object(coverage: Coverage) -> dict[str, Any]:
    covered, of = coverage.counted
    return {
        "percent": round(coverage.percent, 2),
        "covered": covered,
        "all": of,
        "letters": coverage.letters,
        "files": [
            {"filename": f.name, "rules": _counts(f.rules), "tests": _counts(f.tests), "phrases": _counts(f.phrases)}
            for f in coverage.files
        ],
        "rules": [{"title": r.title, "letters": r.letters, **place(r.span)} for r in coverage.rules],
        "tests": [
            {
                "text": written(t.span),
                "rules": t.rules,
                "exception": t.exception,
                "covered": t.covered,
                "phrases": t.phrases,
                "unmet": [{"text": phrase.text, **place(phrase.span)} for phrase in t.unmet],
                **place(t.span),
            }
            for t in coverage.tests
        ],
    }


def _counts(pair: tuple[int, int]) -> dict[str, int]:
    return dict(zip(("covered", "all"), pair, strict=True))


def place(span: Span) -> dict[str, Any]:
    """As in `check --output-format json`."""
    row, column = span.location
    return {"filename": span.source.name, "location": {"row": row, "column": column}}
