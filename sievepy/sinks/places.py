"""Names from rules as path components: injective, readable, and never a way out of the folder.

What could mean something to the file system or to a maildir is written as its UTF-8 bytes in percent signs. Letters of
any alphabet stay as they are.
"""

from __future__ import annotations

import hashlib

_PLAIN = frozenset(" -_.,@+=()!&'~«»№")
_LONGEST = 200
"""Bytes; a file name may have 255 (NAME_MAX), and a maildir's own files need some."""


def component(name: str, reserved: frozenset[str] = frozenset()) -> str:
    """`name` as one path component. `reserved` are names that mean something else at its place.

    Different names give different components; names too long for a file name end in a hash of the whole.
    """
    text = "".join(char if char.isalnum() or char in _PLAIN else _escaped(char) for char in name)
    if not text:
        return "%"
    if text in reserved or text[0] in ". ":
        text = _escaped(text[0]) + text[1:]
    if text[-1] == " ":
        text = text[:-1] + _escaped(" ")
    if len(text.encode()) <= _LONGEST:
        return text
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return text.encode()[: _LONGEST - 40].decode("utf-8", "ignore") + "%%" + digest


def components(path: str, reserved: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """A `/`-separated path as components; empty ones are dropped, `..` is a name like any other."""
    return tuple(component(name, reserved) for name in path.split("/") if name)


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
