"""Every diagnostic code there is, from whichever package owns it."""

from __future__ import annotations

from sievepy import config, lint
from sievepy.cli.checking import FAILING_TEST
from sievepy.rules_lang import codes, formatter
from sievepy.text.codes import Code
from sievepy.text.nearest import nearest

ALL: tuple[Code, ...] = tuple(
    sorted(
        (*codes.CODES.values(), *config.CODES, FAILING_TEST, formatter.CODE, *lint.CODES),
        key=lambda code: code.id,
    )
)


def find(word: str) -> tuple[Code | None, str | None]:
    """The code of that id or name, whatever its case; else the id or name that was probably meant."""
    known = {key: code for code in ALL for key in (code.id, code.name)}
    for key, code in known.items():
        if key.lower() == word.lower():
            return code, None
    return None, nearest(word, known)
