"""What people said of an archive's letters, in a JSON lines file of labels inside the archive or beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from sievepy.cli.testing import LABEL_FILES
from sievepy.cli.wiring import Unusable, read_file

if TYPE_CHECKING:
    from sievepy.ruletest.labelled import Label


def read_archive_labels(archive: Path, named: Path | None) -> dict[str, Label]:
    """The labels by every name a letter may be found under. `named`: the file to read; else the first that is there.
    Raises Unusable where it cannot be read."""
    from sievepy.ruletest.labelled import LabelError, read_labels

    path = named if named is not None else next(_candidates(archive), None)
    if path is None:
        return {}
    found: dict[str, Label] = {}
    try:
        for label in read_labels(str(path), read_file):
            for name in _names(label, archive):
                found.setdefault(name, label)
    except (LabelError, OSError) as problem:
        raise Unusable(str(problem)) from None
    return found


def _candidates(archive: Path) -> Iterator[Path]:
    folders = [archive, archive.absolute().parent] if archive.is_dir() else [archive.absolute().parent]
    return (folder / name for folder in folders for name in LABEL_FILES if (folder / name).is_file())


def _names(label: Label, archive: Path) -> Iterator[str]:
    """A label that names a file is of that file, and of no other with the same name elsewhere."""
    if label.file is None:
        yield label.id
        return
    inside = archive.resolve() if archive.is_dir() else archive.resolve().parent
    if Path(label.file).resolve().is_relative_to(inside):
        yield label.id
        yield _bare(PurePath(label.file).name)


def label_of(labels: dict[str, Label], letter: str) -> Label | None:
    """A letter's label: by its name, or by that without a maildir's flags or its ending."""
    names = (letter, _bare(letter), PurePath(letter).stem)
    return next((labels[name] for name in names if name in labels), None)


def _bare(name: str) -> str:
    """The unique name of a letter in a maildir: without `:2,` and the flags behind it."""
    return name.partition(":")[0]
