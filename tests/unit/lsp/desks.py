"""Projects for tests: files in a dictionary, some of them open, and a place marked by `|`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sievepy.lsp.documents import Document
from sievepy.lsp.projects import Projects, Snapshot, State

MAIN = "/site/rules/main.rules"
CONFIG = "/site/sievepy.toml"
CONFIGURED = 'rules = "rules/main.rules"\n[sinks]\nchannels = ["email"]\nplaces = ["triage"]\nnotify = true\n'
OTHERWISE = "otherwise { triage }\n"


def reader(files: Mapping[str, str]) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return files[path].encode()

    return read


@dataclass(frozen=True, slots=True)
class Desk:
    """A state, the snapshot it was made of, and the marked place."""

    state: State
    snapshot: Snapshot
    path: str
    offset: int


def desk(text: str, files: Mapping[str, str] | None = None, *, path: str = MAIN) -> Desk:
    """A configured project whose file `path` is open with `text`; `files` lie on the disk."""
    offset = text.find("|")
    text = text.replace("|", "", 1)
    known = {CONFIG: CONFIGURED, MAIN: OTHERWISE, **(files or {})}
    snapshot = Snapshot({path: Document(path, text, 1)}, reader(known))
    projects = Projects()
    return Desk(projects.lint(projects.compile(snapshot), snapshot), snapshot, path, offset)
