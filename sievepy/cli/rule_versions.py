"""A version of the rules, as `sievepy backtest` names it: a file, a git revision, or a file of a revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sievepy.cli.git_tree import GitError, GitTree, git_tree
from sievepy.cli.wiring import Unusable, read_file, short_path
from sievepy.disk.soundness import existing

if TYPE_CHECKING:
    from sievepy.config import Config
    from sievepy.engine.program import Program

Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Version:
    """`name` is how it was asked for; `path` its entry file; `commit` the revision it comes from, if from one."""

    name: str
    path: str
    read: Read
    commit: str | None = None

    def __str__(self) -> str:
        return self.path if self.commit is None else f"{self.path} at {self.name} ({self.commit[:8]})"


def find_version(written: str, rules: Path) -> Version:
    """What `written` names: a file; `REV:PATH`, the path within the repository; or a revision, of which `rules` is the
    entry file. A file goes before a revision of that name. Raises Unusable."""
    if Path(written).is_file():
        return Version(written, short_path(Path(written)), read_file)
    revision, colon, name = written.partition(":")
    try:
        tree = git_tree(revision, existing(rules.absolute().parent))
        path = tree.path_of(name) if colon else short_path(rules)
        _check(tree, path, revision)
    except GitError as problem:
        raise Unusable(f"{written} is no file, and {problem}") from None
    return Version(revision, path, tree.read, tree.commit)


def _check(tree: GitTree, path: str, revision: str) -> None:
    try:
        tree.read(path)
    except OSError as problem:
        advice = f"`{revision}:PATH` names another file of it"
        raise Unusable(f"{revision}: {path} is {problem.strerror}; {advice}") from None


def compile_version(version: Version, config: Config) -> Program:
    """The program of a version. Where it has errors, these are shown; raises Unusable."""
    import click

    from sievepy.compiler import build_program, compile_file
    from sievepy.text.render import full

    compilation = compile_file(version.path, version.read, config.settings)
    if not compilation.ok:
        for problem in compilation.diagnostics:
            if problem.severity == "error":
                click.echo(full(problem), err=True)
        raise Unusable(f"{version} does not compile")
    return build_program(compilation)
