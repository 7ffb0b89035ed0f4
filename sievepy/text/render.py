"""Diagnostics as text: `full` with the source under a caret, `concise` one line each, `json` for programs.

Pure: strings in, strings out; whether there is a terminal that shows colour is the caller's to know. A frame shows
the line of the finding, the lines of its labels, what helps, and each fix as the lines before and after.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from sievepy.text.diagnostic import Diagnostic, Edit, Fix, Severity
from sievepy.text.source import SourceFile, Span
from sievepy.text.width import shown, width

Format = Literal["full", "concise", "json"]

_LONGEST = 160  # columns of a source line; longer ones are shown around the caret only
_LEAD = 40  # columns kept before the caret of such a line
_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_BLUE = "\x1b[1;34m"
_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.NOTE: "\x1b[1;36m"}


def render(diagnostics: Sequence[Diagnostic], how: Format, colour: bool = False) -> str:
    """All diagnostics in one format, without a final line end; "" where there is nothing to say (`json`: `[]`)."""
    if how == "json":
        return as_json(diagnostics)
    if how == "concise":
        return "\n".join(map(concise, diagnostics))
    return "\n\n".join(full(d, colour) for d in diagnostics)


# ---------------------------------------------------------------- concise and json


def concise(diagnostic: Diagnostic) -> str:
    """`file:row:column: error[E010] message`."""
    place = "" if diagnostic.span is None else f"{shown(str(diagnostic.span))}: "
    return f"{place}{diagnostic.severity}[{diagnostic.code}] {_one_line(diagnostic.message)}"


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A JSON list of objects: `code severity message filename location end_location help fix`; rows and columns from
    1, `end_location` just behind the last character; null where a finding has no place, no help or no fix."""
    return json.dumps([_as_object(d) for d in diagnostics], ensure_ascii=False, indent=2)


def _as_object(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "filename": span and span.source.name,
        "location": span and _place(span.location),
        "end_location": span and _place(span.end_location),
        "help": diagnostic.help,
        "fix": _fix_object(diagnostic.fixes[0]) if diagnostic.fixes else None,
    }


def _fix_object(fix: Fix) -> dict[str, Any]:
    edits = [
        {
            "filename": edit.span.source.name,
            "location": _place(edit.span.location),
            "end_location": _place(edit.span.end_location),
            "content": edit.replacement,
        }
        for edit in fix.edits
    ]
    return {"message": fix.message, "safe": fix.safe, "edits": edits}


def _place(location: tuple[int, int]) -> dict[str, int]:
    return {"row": location[0], "column": location[1]}


def _one_line(text: str) -> str:
    return shown(text.replace("\n", " "))


# ---------------------------------------------------------------- full


@dataclass(frozen=True, slots=True)
class _Mark:
    """An underlined place of a frame and what is said beside it."""

    span: Span
    sign: str
    text: str = ""

    @property
    def row(self) -> int:
        return self.span.location[0]


class _Paint:
    """Colours, or nothing at all."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self._colour and text else text


def full(diagnostic: Diagnostic, colour: bool = False) -> str:
    """The diagnostic with its source lines, labels, help and fixes, without a final line end."""
    paint = _Paint(colour)
    severity = f"{diagnostic.severity}[{diagnostic.code}]"
    head = paint(severity, _COLOURS[diagnostic.severity]) + paint(f": {_one_line(diagnostic.message)}", _BOLD)
    lines = [head]
    gutter = _gutter(diagnostic)
    if diagnostic.span is not None:
        lines += _frames(diagnostic, diagnostic.span, gutter, paint)
    if diagnostic.help is not None:
        lines.append(paint("help", _BOLD) + f": {_one_line(diagnostic.help)}")
    for fix in diagnostic.fixes:
        lines += _fix_lines(fix, gutter, paint)
    return "\n".join(lines)


def _gutter(diagnostic: Diagnostic) -> int:
    """The width of the widest row number that the frame will show."""
    spans = [label.span for label in diagnostic.labels]
    spans += [edit.span for fix in diagnostic.fixes for edit in fix.edits]
    if diagnostic.span is not None:
        spans.append(diagnostic.span)
    return max((len(str(span.end_location[0])) for span in spans), default=1)


def _frames(diagnostic: Diagnostic, span: Span, gutter: int, paint: _Paint) -> list[str]:
    """A frame a file: that of the finding first, then those of labels elsewhere."""
    marks = [_Mark(span, "^"), *(_Mark(label.span, "-", label.text) for label in diagnostic.labels)]
    style = _COLOURS[diagnostic.severity]
    lines: list[str] = []
    for source in dict.fromkeys(mark.span.source for mark in marks):
        here = [mark for mark in marks if mark.span.source is source]
        arrow = "-->" if source is span.source else ":::"
        lines.append(" " * gutter + paint(arrow, _BLUE) + f" {shown(str(here[0].span))}")
        lines += _frame(source, here, gutter, style, paint)
    return lines


def _frame(source: SourceFile, marks: list[_Mark], gutter: int, style: str, paint: _Paint) -> list[str]:
    edge = paint(" " * gutter + " |", _BLUE)
    lines = [edge]
    before: int | None = None
    for row, on_row in groupby(sorted(marks, key=lambda m: (m.row, m.span.start)), key=lambda m: m.row):
        if before is not None and row > before + 1:
            lines.append(paint("...", _BLUE))
        before = row
        here = list(on_row)
        first = min(mark.span.location[1] for mark in here) - 1
        text, offset = _window(source.line(row), first)
        lines.append(paint(f"{row:>{gutter}} |", _BLUE) + (f" {text}" if text else ""))
        for mark in here:
            under = _underline(source.line(row), mark, offset)
            lines.append(f"{edge} " + paint(under, style if mark.sign == "^" else _BLUE))
    lines.append(edge)
    return lines


def _window(line: str, first: int) -> tuple[str, int]:
    """A line as shown, and the columns that were left out before it (less those of the `…` in their place)."""
    text = shown(line)
    if width(text) <= _LONGEST:
        return text, 0
    start = max(0, width(shown(line[:first])) - _LEAD)
    begin, left = _skip(text, start)
    end, _ = _skip(text[begin:], _LONGEST)
    cut = text[begin : begin + end]
    behind = "…" if begin + end < len(text) else ""
    return (f"…{cut}{behind}", left - 1) if begin else (cut + behind, 0)


def _skip(text: str, columns: int) -> tuple[int, int]:
    """How many characters fill (at most two columns more than) that many columns, and how many they fill."""
    filled = 0
    for index, char in enumerate(text):
        if filled >= columns:
            return index, filled
        filled += width(char)
    return len(text), filled


def _underline(line: str, mark: _Mark, offset: int) -> str:
    """The signs under a mark; of one that runs over several lines, under its first."""
    start = mark.span.location[1] - 1
    end = min(start + mark.span.end - mark.span.start, len(line))
    column = width(shown(line[:start])) - offset
    signs = mark.sign * max(1, min(width(shown(line[start:end])), _LONGEST - column))
    return " " * column + signs + (f" {_one_line(mark.text)}" if mark.text else "")


def _fix_lines(fix: Fix, gutter: int, paint: _Paint) -> list[str]:
    """A fix as the lines before and after it, of each file it changes."""
    lines = [
        paint("fix", _BOLD) + f": {_one_line(fix.message)}" + ("" if fix.safe else " (changes what the rules mean)")
    ]
    for source in dict.fromkeys(edit.span.source for edit in fix.edits):
        edits = sorted((e for e in fix.edits if e.span.source is source), key=lambda e: e.span.start)
        for row, old, new in _changed_lines(source, edits):
            lines += [paint(f"{row + i:>{gutter}} - ", _COLOURS[Severity.ERROR]) + text for i, text in enumerate(old)]
            lines += [paint(f"{row + i:>{gutter}} + ", "\x1b[1;32m") + text for i, text in enumerate(new)]
    return lines


def _changed_lines(source: SourceFile, edits: list[Edit]) -> Iterable[tuple[int, list[str], list[str]]]:
    """Runs of lines that edits touch: the first row, the lines before, the lines after."""
    run: list[Edit] = []
    for edit in edits:
        if run and edit.span.location[0] > run[-1].span.end_location[0]:
            yield _changed_run(source, run)
            run = []
        run.append(edit)
    if run:
        yield _changed_run(source, run)


def _changed_run(source: SourceFile, edits: list[Edit]) -> tuple[int, list[str], list[str]]:
    first, last = edits[0].span.location[0], edits[-1].span.end_location[0]
    start = edits[0].span.start - (edits[0].span.location[1] - 1)
    old = "\n".join(source.line(row) for row in range(first, last + 1))
    new, behind = "", 0
    for edit in edits:
        new += old[behind : edit.span.start - start] + edit.replacement
        behind = edit.span.end - start
    new += old[behind:]
    return _differing(first, old.split("\n"), new.split("\n"))


def _differing(row: int, old: list[str], new: list[str]) -> tuple[int, list[str], list[str]]:
    """Both, clipped, less the lines at their ends that are the same: an edit up to a line's end touches the next."""
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    while old and new and old[0] == new[0]:
        row, old, new = row + 1, old[1:], new[1:]
    return row, list(map(_clipped, old)), list(map(_clipped, new))


def _clipped(line: str) -> str:
    return _window(line, 0)[0]
