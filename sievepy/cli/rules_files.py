"""Which rules files a command was given: files, folders, standard input, or the project's own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sievepy.cli.wiring import Unusable, entry_file, find_config, read_file

STDIN = "<stdin>"


def rules_files(paths: Sequence[Path]) -> list[Path]:
    """The files that the paths name, `-` included, each once; of a folder those that end in `.rules`. Raises Unusable
    where the paths name none."""
    found = dict.fromkeys(file for path in paths for file in _below(path))
    if paths and not found:
        raise Unusable("there is no .rules file in " + ", ".join(map(str, paths)))
    return list(found)


def _below(path: Path) -> list[Path]:
    return sorted(path.rglob("*.rules")) if path.is_dir() else [path]


def project_files() -> list[Path]:
    """The entry file of the project around the working directory, and all that it includes. Raises Unusable without a
    project."""
    from sievepy.rules_lang.loader import Files, load
    from sievepy.rules_lang.report import Report

    config = find_config()
    if config.rules is None:
        raise Unusable("no sievepy.toml here or above names rules; name the files, or `-` for standard input")
    entry = entry_file(None, config)
    loaded = load(Files(str(entry), read_file, Report(), config.settings.root), Report())
    return [Path(tree.source.name) for tree in loaded.trees]


@dataclass(slots=True)
class Contents:
    """Reads files, and remembers the bytes that were read: what is written back later is held against them. Standard
    input is the file `<stdin>`."""

    read_bytes: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        if path not in self.read_bytes:
            self.read_bytes[path] = sys.stdin.buffer.read() if path == STDIN else read_file(path)
        return self.read_bytes[path]
