"""The layout of a maildir (https://cr.yp.to/proto/maildir.html): who lies where, under which name.

A letter's *unique name* is what stands before the `:`; behind it are the flags that readers give it. A letter wanders
from `new` to `cur` and changes its flags, but never its unique name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("tmp", "new", "cur")


def is_maildir(path: Path) -> bool:
    return (path / "new").is_dir() and (path / "cur").is_dir()


def letters(maildir: Path) -> Iterator[Path]:
    """The letters of a maildir, `new` before `cur`, in no particular order."""
    for folder in ("new", "cur"):
        if (maildir / folder).is_dir():
            yield from (path for path in (maildir / folder).iterdir() if not path.name.startswith("."))


def find(maildir: Path, name: str) -> Path | None:
    """The letter with this unique name, wherever it lies now."""
    plain = maildir / "new" / name
    if plain.exists():
        return plain
    return next((path for path in letters(maildir) if unique_name(path) == name), None)


def unique_name(path: Path) -> str:
    return path.name.partition(":")[0]


def flags(path: Path) -> str:
    """The letters behind `:2,`: S seen, R replied, F flagged, T trashed, D draft, P passed."""
    return path.name.partition(":2,")[2]
