"""The statements of `queries.sql`, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name: ([a-z-]+)\n", re.MULTILINE)


def parse(text: str) -> Mapping[str, str]:
    """Statements by the name in the comment above each. Raises ValueError for a name given twice."""
    pieces = _NAME.split(text)
    names, statements = pieces[1::2], pieces[2::2]
    if len(set(names)) != len(names):
        raise ValueError("two statements of one name")
    return MappingProxyType({name: _bare(statement) for name, statement in zip(names, statements, strict=True)})


def load() -> Mapping[str, str]:
    return parse(files("sievepy.spool").joinpath("queries.sql").read_text(encoding="utf-8"))


def _bare(statement: str) -> str:
    """Without comments and blank lines: the text is the key of SQLite's statement cache."""
    lines = (line for line in statement.splitlines() if line.strip() and not line.startswith("--"))
    return "\n".join(lines)
