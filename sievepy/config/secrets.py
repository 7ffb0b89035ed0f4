"""Which settings are or lead to secrets, and texts of configurations without them.

No setting holds a secret itself: it names the file or the variable that does. What a person wrote into the file all the
same (`password = "…"`) is an unknown key, and the line that the error shows must not hold it.
"""

from __future__ import annotations

import re

from sievepy.config.positions import Path, Positions
from sievepy.config.service import VARIABLE
from sievepy.text import SourceFile, Span
from sievepy.text.nearest import slip

MASK = "*" * 8
"""Stands for a whole secret, whatever its length."""

HOLDERS: tuple[tuple[str, ...], ...] = (
    ("relay", "secret-file"),
    ("relay", "key"),
    ("relay", "users-file"),
    ("channels", "email", "password-file"),
    ("channels", "email", "password-env"),
)
"""The settings that name a file or, where they end in `-env`, a variable with a secret in it."""

_WORD = re.compile(
    r"(?<![a-z])pass(?![a-z])|pass(?:wor[dt]|wd|phrase|code)|pwd|secret|token|credential|webhook|(?:api|private)[-_]?key",
    re.IGNORECASE,
)
_OFTEN = ("password", "passphrase", "secret", "token", "credential", "webhook")
_PAIR = re.compile(
    r"""(?P<key>[\w.-]+|"[^"\n]*"|'[^'\n]*')(?:[ \t]*[=:]|[ \t])[ \t]*"""
    r'''(?=(?P<value>"""[\s\S]*?(?:"""|\Z)|\'\'\'[\s\S]*?(?:\'\'\'|\Z)|\[[^]]*(?:\]|\Z)|[^\n]*))'''
)  # the value is only looked at: in it, if it is a table, there may be further pairs; `key: value` is what people write


def is_secret(path: Path) -> bool:
    """Whether what stands there by its name is a secret, and no file or variable that has it."""
    return any(
        isinstance(key, str) and not key.lower().endswith(("file", "env")) and _names_a_secret(key) for key in path
    )


def _names_a_secret(key: str) -> bool:
    """By a word in it, be it misspelt: `pasword` is unknown for that very reason, and shown in the error."""
    parts = re.split(r"[\W_]+", key.lower())
    return _WORD.search(key) is not None or any(slip(part, _OFTEN) is not None for part in parts)


def without_secrets(source: SourceFile, positions: Positions | None) -> SourceFile:
    """The same text with a star for each character of a secret, so that all places stay the same. `positions`: None
    where the text is no TOML; then the rest of the line, string or array is taken for the secret."""
    spans = _unread(source) if positions is None else _read(positions)
    text = source.text
    for span in spans:
        text = text[: span.start] + re.sub(r"[^\n]", "*", span.text) + text[span.end :]
    return SourceFile(source.name, text)


def _read(positions: Positions) -> list[Span]:
    return [span for path, span in positions.values.items() if is_secret(path) or _is_no_variable(path, span)]


def _is_no_variable(path: Path, span: Span) -> bool:
    """Who does not read closely writes the password where the variable's name belongs."""
    return str(path[-1]).endswith("-env") and VARIABLE.fullmatch(span.text.strip("\"'")) is None


def _unread(source: SourceFile) -> list[Span]:
    return [
        source.span(*pair.span("value"))
        for pair in _PAIR.finditer(source.text)
        if is_secret(tuple(pair["key"].strip("\"'").split("."))) or _below_secret(source.text[: pair.start()])
    ]


def _below_secret(before: str) -> bool:
    """Whether the last header above is that of a table of secrets."""
    headers = re.findall(r"^[ \t]*\[+([^]\n]*)", before, re.MULTILINE)
    return bool(headers) and is_secret(tuple(part.strip("\"' ") for part in headers[-1].split(".")))
