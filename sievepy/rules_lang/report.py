"""Where the front end's passes put what they find, so that one run reports every mistake.

A pass that finds a mistake reports it and goes on with None in the place of what could not be made; who gets a None
says nothing, because it has been said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from sievepy.text import Diagnostic, Edit, Fix, Label, Severity, Span
from sievepy.text.codes import Code

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text is no value of its kind, for its author; `instead` is what was probably meant to stand there."""

    code: Code
    message: str
    help: str | None = None
    instead: str | None = None


class Report:
    """Collects diagnostics in the order they are found."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self.failed = False
        """Whether any of them is an error."""

    def error(
        self,
        code: Code,
        message: str,
        span: Span | None,
        *,
        labels: tuple[Label, ...] = (),
        help: str | None = None,
        fix: Fix | None = None,
    ) -> None:
        self.failed = True
        fixes = (fix,) if fix is not None else ()
        self._found.append(Diagnostic(code.id, Severity.ERROR, message, span, labels, help, fixes))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take over what another pass has found."""
        for diagnostic in diagnostics:
            self.failed = self.failed or diagnostic.severity is Severity.ERROR
            self._found.append(diagnostic)

    def note(self, code: Code, message: str, help: str | None = None) -> None:
        """A remark about the whole program."""
        self._found.append(Diagnostic(code.id, Severity.NOTE, message, None, (), help))

    def accept(self, value: T | Unreadable, span: Span) -> T | None:
        """The value, or None after reporting why the text at `span` is none."""
        if not isinstance(value, Unreadable):
            return value
        fix = replace(span, value.instead) if value.instead is not None else None
        self.error(value.code, value.message, span, help=value.help, fix=fix)
        return None

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All diagnostics by place; those about no place come first."""
        return tuple(sorted(self._found, key=lambda d: d.sort_key))


def replace(span: Span, instead: str, *, safe: bool = False) -> Fix:
    """The fix that writes `instead` where `span` is. Unless it is `safe`, it changes what the rules mean, so a person
    must agree to it."""
    return Fix(f"write `{instead}`", (Edit(span, instead),), safe)


def remove(span: Span, what: str) -> Fix:
    return Fix(f"remove {what}", (Edit(span, ""),))
