"""Diagnostics are data: what is wrong, where, what else plays a part, and how to mend it.

A diagnostic's code (`E0xx` syntax, `E1xx` names and sinks, `W2xx` logic, `W3xx` text, `W4xx` regex,
`W5xx` mail safety) never changes its meaning; `sievepy rule CODE` prints its page.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sievepy.text.source import Span


class Severity(enum.StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that plays a part, and what part: `first declared here`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` (empty: insert) with `replacement`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend the finding; `safe` ones keep the meaning of the rules, or give one to rules that had none and
    could mean nothing else. `--fix` applies only those."""

    message: str
    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `span` is None only for findings about no place in a file (a missing file, say)."""

    code: str
    severity: Severity
    message: str
    span: Span | None
    labels: tuple[Label, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        if self.span is None:
            return ("", 0, 0, self.code)
        return (self.span.source.name, self.span.start, self.span.end, self.code)


def error(code: str, message: str, span: Span | None, **more: object) -> Diagnostic:
    """An error; `more` are the further fields of `Diagnostic`."""
    return Diagnostic(code, Severity.ERROR, message, span, **more)  # type: ignore[arg-type]


def warning(code: str, message: str, span: Span | None, **more: object) -> Diagnostic:
    """A warning; `more` are the further fields of `Diagnostic`."""
    return Diagnostic(code, Severity.WARNING, message, span, **more)  # type: ignore[arg-type]
