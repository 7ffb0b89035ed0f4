"""Programs full of mistakes and everything that is said about them, word for word: `tests/golden/names/NAME.rules` and
`NAME.out`. `python -m tests.unit.rules_lang.test_golden_names` writes the `.out` files anew, for a reader to review."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sievepy.compiler import compile_file
from sievepy.text import Diagnostic, Span

FOLDER = Path(__file__).parents[2] / "golden" / "names"
NAMES = sorted(path.stem for path in FOLDER.glob("*.rules"))


def said_about(name: str) -> str:
    """All diagnostics of a program: place, code, the text under the caret, message; then labels, help and fixes."""
    compilation = compile_file(f"{name}.rules", lambda path: (FOLDER / path).read_bytes())
    return "".join(f"{line}\n" for diagnostic in compilation.diagnostics for line in _lines(diagnostic))


def _lines(diagnostic: Diagnostic) -> Iterator[str]:
    yield f"{_place(diagnostic.span)} {diagnostic.severity}[{diagnostic.code}] {diagnostic.message}"
    for label in diagnostic.labels:
        yield f"    {_place(label.span)} {label.text}"
    if diagnostic.help is not None:
        yield f"    help: {diagnostic.help}"
    for fix in diagnostic.fixes:
        edits = ", ".join(f"{_place(edit.span)} -> {edit.replacement!r}" for edit in fix.edits)
        yield f"    fix: {fix.message} [{edits}]"


def _place(span: Span | None) -> str:
    if span is None:
        return "-"
    row, column = span.location
    return f"{row}:{column} {span.text!r}"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_about_a_program_is_as_reviewed(name: str) -> None:
    assert said_about(name) == (FOLDER / f"{name}.out").read_text(encoding="utf-8")


def test_there_are_programs() -> None:
    assert len(NAMES) >= 5


if __name__ == "__main__":
    for each in NAMES:
        (FOLDER / f"{each}.out").write_text(said_about(each), encoding="utf-8")
