"""The parser's tables as files, so that a start does not pay the second or two that building them takes.

They are looked for beside the grammar in the package (a wheel's build puts them there, see `hatch_build.py`), then
in the user's cache. All of it is JSON: reading tables can never run code. Tables belong to one grammar and one release
of the parser generator; `key` names both, and tables with another key are not used. What the tables mean is known to
`parser` alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PACKAGED = "rules.tables.json"
"""The name of the tables beside the grammar in the package."""

_FORMAT = 2
_TABLES = ("tokens", "states", "start_states", "end_states")
_FIELDS = frozenset(("key", "memo", "rules", "options", "lexer_conf", "parser_conf", "frontend_type", *_TABLES))


def tables_key(grammar: str, generator: str) -> str:
    """What tables of this grammar, built by this release of the generator, are known by."""
    return hashlib.sha256(f"{_FORMAT}\n{generator}\n{grammar}".encode()).hexdigest()[:32]


def read_tables(path: Path | None, key: str) -> dict[str, Any] | None:
    """The tables in a file, or None if there is no file, it is not whole, or it has another key."""
    if path is None:
        return None
    try:
        tables = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    whole = isinstance(tables, dict) and tables.keys() >= _FIELDS and tables["key"] == key
    return tables if whole else None


def write_tables(path: Path | None, tables: Mapping[str, Any]) -> None:
    """Put the tables in place in one step; a cache that cannot be written is no error."""
    if path is None:
        return
    import tempfile

    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(dump_tables(tables))
        Path(file.name).replace(path)


def dump_tables(tables: Mapping[str, Any]) -> str:
    return json.dumps(tables, ensure_ascii=False, separators=(",", ":"))


def cache_path(key: str) -> Path | None:
    """Where the tables lie in the user's cache; None if there is no such place."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 (never raises)
    return Path(root) / "sievepy" / f"rules-{key}.json" if Path(root).is_absolute() else None
