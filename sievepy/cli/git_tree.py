"""Files as they stand in a revision of a git repository, without touching the working tree.

Git is asked through its command: `rev-parse` for the revision, `cat-file` for contents. Neither writes anything.
"""

from __future__ import annotations

import errno
import os
import posixpath
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class GitError(Exception):
    """Git does not know what was asked for; the text is for the person who asked."""


@dataclass(frozen=True, slots=True)
class GitTree:
    """`commit` is a full object name; `folder` where git is run, absolute; `prefix` that folder within the repository,
    `""` or with a `/` at its end."""

    commit: str
    folder: Path
    prefix: str

    @property
    def short(self) -> str:
        return self.commit[:8]

    def read(self, path: str) -> bytes:
        """The contents of a file, named as in the working tree (relative to the working directory). Symbolic links are
        followed inside the revision. Raises OSError: FileNotFoundError where there is none."""
        name = self.inside(path)
        answer = _run(self.folder, ["cat-file", "--batch", "--follow-symlinks"], f"{self.commit}:{name}\n".encode())
        head, _, rest = answer.stdout.partition(b"\n")
        words = head.rsplit(b" ", 2)
        if answer.returncode or len(words) != 3 or words[1] != b"blob":
            raise FileNotFoundError(errno.ENOENT, f"not in {self.short}", path)
        return rest[: int(words[2])]

    def inside(self, path: str) -> str:
        """The path within the repository. Raises FileNotFoundError where it lies outside."""
        relative = os.path.relpath(Path(path).absolute(), self.folder)
        name = posixpath.normpath(posixpath.join(self.prefix, relative))
        if name.startswith("../") or name == ".." or "\n" in name:
            raise FileNotFoundError(errno.ENOENT, "outside the git repository", path)
        return name

    def path_of(self, name: str) -> str:
        """A path within the repository as one relative to the working directory."""
        top = self.folder / posixpath.relpath(".", self.prefix or ".")
        return os.path.relpath(top / name)


def git_tree(revision: str, folder: Path) -> GitTree:
    """A revision of the repository around `folder`. Raises GitError."""
    folder = folder.absolute()
    top = _run(folder, ["rev-parse", "--show-prefix"])
    if top.returncode:
        raise GitError(f"{folder} is not inside a git repository ({_last_line(top.stderr)})")
    found = _run(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"])
    if found.returncode:
        raise GitError(f"the git repository around {folder} has no revision {revision}")
    return GitTree(found.stdout.decode().strip(), folder, top.stdout.decode("utf-8", "surrogateescape").rstrip("\n"))


def _run(folder: Path, words: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(folder), *words], input=given, capture_output=True, check=False)
    except FileNotFoundError:
        raise GitError("git is not installed, so only files can be named") from None


def _last_line(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "no reason given"
