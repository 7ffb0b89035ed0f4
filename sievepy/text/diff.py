"""What changes between two versions of a text, as a unified diff."""

from __future__ import annotations

import difflib

_COLOURS = {"-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[36m"}
_HEAD = "\x1b[1m"
_RESET = "\x1b[0m"


def unified(name: str, before: str, after: str, colour: bool = False) -> str:
    """The unified diff of a file, as `patch` takes it (without colour); "" where nothing differs."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = list(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"))
    return "".join(_line(line, colour and number > 1, colour) for number, line in enumerate(lines))


def _line(line: str, body: bool, colour: bool) -> str:
    text = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
    style = _COLOURS.get(line[0]) if body else _HEAD if colour else None
    if style is None:
        return text
    first, rest = text.split("\n", 1)
    return f"{style}{first}{_RESET}\n{rest}"
