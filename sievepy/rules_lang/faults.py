"""What the cutter notes: a diagnostic, where to read on, and how the text can be mended for the parser."""

from __future__ import annotations

from dataclasses import dataclass

from sievepy.text import Diagnostic


@dataclass(frozen=True, slots=True)
class Repair:
    """Text to be read instead of as many characters at `start`."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in the text itself. `end` is the offset at which the scanner reads on."""

    diagnostic: Diagnostic
    end: int
    repairs: tuple[Repair, ...] = ()
