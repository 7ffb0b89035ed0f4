"""The statements of `queries.sql`, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- (name|columns): ([a-z-]+)\n", re.MULTILINE)


def parse(text: str) -> Mapping[str, str]:
    """Statements by the name in the comment above each. Where one says `{that}`, it has the columns of that name: they
    are named, for a later schema may have more of them. Raises ValueError for a name given twice."""
    pieces = _NAME.split(text)
    kinds, names, texts = pieces[1::3], pieces[2::3], [_bare(piece) for piece in pieces[3::3]]
    if len(set(names)) != len(names):
        raise ValueError("two statements of one name")
    named = list(zip(kinds, names, texts, strict=True))
    columns = {name: text for kind, name, text in named if kind == "columns"}
    return MappingProxyType({name: text.format_map(columns) for kind, name, text in named if kind == "name"})


def load() -> Mapping[str, str]:
    return parse(files("sievepy.spool").joinpath("queries.sql").read_text(encoding="utf-8"))


def _bare(statement: str) -> str:
    """Without comments and blank lines: the text is the key of SQLite's statement cache."""
    lines = (line for line in statement.splitlines() if line.strip() and not line.startswith("--"))
    return "\n".join(lines)
