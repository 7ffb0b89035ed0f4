"""Where the grammars lie: inside the installed package (`sievepy/_grammar/`), or in a checkout's top-level `grammar/`.

The top level is where readers look first, and a wheel cannot ship it there; `pip install -e` in turn does not
copy anything. So whoever reads a grammar looks in both places.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "_grammar", _PACKAGE.parent / "grammar")


def grammar_path(name: str) -> Path | None:
    """The path of a file beside the grammars (`rules.lark`), or None if it lies in neither place."""
    return next((place / name for place in _PLACES if (place / name).is_file()), None)


def grammar_text(name: str) -> str:
    """The text of a grammar. Raises FileNotFoundError if the installation lacks it."""
    path = grammar_path(name)
    if path is None:
        raise FileNotFoundError(f"the grammar {name} is missing from the installation")
    return path.read_text(encoding="utf-8")
