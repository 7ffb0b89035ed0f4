"""Lines, tables and a progress bar for the person at the terminal; plain text for everybody else.

What comes from letters (names, matched words) is shown so that it cannot steer the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from sievepy.text.width import shown, width

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_GAP = "  "


class Screen:
    """A context manager that writes lines to `out` and, where `err` is a terminal, shows how far it is of `total`."""

    def __init__(self, out: TextIO, err: TextIO, total: int) -> None:
        self._out = out
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        if err.isatty() and total > 1:
            self._progress = _progress(err)
            self._task = self._progress.add_task("letters", total=total)

    def __enter__(self) -> Screen:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def line(self, text: str) -> None:
        if self._progress is not None and self._out.isatty():
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=self._out)

    def advance(self) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)


def _progress(err: TextIO) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(file=err), transient=True, redirect_stdout=False, redirect_stderr=False)


def row(cells: Sequence[str], widths: Sequence[int], most: int | None = None) -> str:
    """Cells in columns of these widths, the last one as long as it is; cut to `most` columns in all."""
    *first, last = map(shown, cells)
    text = "".join(_fit(cell, columns) + _GAP for cell, columns in zip(first, widths, strict=False)) + last
    return (text if most is None else _cut(text, most)).rstrip()


def table(rows: Sequence[Sequence[str | int]]) -> list[str]:
    """Rows, the first one a heading, in columns as wide as their widest cell; columns of numbers to the right."""
    columns = [_column(cells) for cells in zip(*rows, strict=True)]
    return [_GAP.join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _column(cells: Sequence[str | int]) -> list[str]:
    texts = [shown(str(cell)) for cell in cells]
    most = max(map(width, texts))
    paddings = [" " * (most - width(text)) for text in texts]
    if any(isinstance(cell, int) for cell in cells):
        return [padding + text for padding, text in zip(paddings, texts, strict=True)]
    return [text + padding for padding, text in zip(paddings, texts, strict=True)]


def _fit(text: str, columns: int) -> str:
    text = _cut(text, columns)
    return text + " " * (columns - width(text))


def _cut(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"
