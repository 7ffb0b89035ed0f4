"""Reads a program's files: the entry file, what it includes, and list files.

An included file stands textually at its place, each file once. Paths are relative to the file that names them and
stay inside the project. Nothing here opens a file: `read` is an argument, and what it raises becomes a diagnostic.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sievepy.rules_lang import ast
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang.parser import parse
from sievepy.rules_lang.report import Report
from sievepy.text import Diagnostic, Label, SourceFile, Span

Read = Callable[[str], bytes]
Parse = Callable[[SourceFile], tuple[ast.Tree, tuple[Diagnostic, ...]]]

DEEPEST_INCLUDE = 32  # files that include one another; nobody writes more, and reading them recurses
LARGEST_FILE = 32 << 20  # bytes; what no person wrote as rules


@dataclass(frozen=True, slots=True)
class Loaded:
    """`trees` in the order in which their declarations count; the entry file is the last. `incomplete`: some file could
    not be read, so that names may be missing."""

    trees: tuple[ast.Tree, ...]
    incomplete: bool


class Files:
    """Resolves and reads the paths that rules name. `root` is the project's folder; by default, and for an entry file
    that lies elsewhere, that file's own."""

    def __init__(self, entry: str, read: Read, report: Report, root: str | None = None) -> None:
        self.entry = posixpath.normpath(entry)
        self._read = read
        self._report = report
        own = posixpath.dirname(self.entry) or "."
        self._root = posixpath.normpath(root) if root is not None else own
        if not self._inside(self.entry):
            self._root = own

    def resolve(self, path: ast.String) -> str | None:
        """The path, as `read` takes it, of a file named in rules; None after reporting that it lies outside."""
        beside = posixpath.dirname(path.span.source.name)
        full = posixpath.normpath(posixpath.join(beside, path.value))
        if path.value.strip() and not posixpath.isabs(path.value) and self._inside(full):
            return full
        self._report.error(
            codes.OUTSIDE,
            f"`{path.value}` lies outside the project" if path.value.strip() else "the path is empty",
            path.span,
            help="paths are relative to the file they stand in, and stay below the project's folder",
        )
        return None

    def _inside(self, path: str) -> bool:
        if self._root == ".":
            return not posixpath.isabs(path) and not _leads_up(path)
        folder = self._root.rstrip("/") + "/"
        return path.startswith(folder) and not _leads_up(path.removeprefix(folder))

    def bytes_of(self, path: str, named: Span | None) -> bytes | None:
        """The bytes of a file; None after reporting why they cannot be had. `named` is where rules name it."""
        try:
            data = self._read(path)
        except OSError as problem:
            reason = problem.strerror or str(problem) or type(problem).__name__
            self._report.error(codes.UNREADABLE_FILE, f"cannot read `{path}`: {reason}", named)
            return None
        if len(data) > LARGEST_FILE:
            limit = f"the most is {LARGEST_FILE >> 20} MiB"
            self._report.error(codes.UNREADABLE_FILE, f"`{path}` has {len(data) >> 20} MiB", named, help=limit)
            return None
        return data

    def source_of(self, path: str, named: Span | None) -> SourceFile | None:
        """The text of a UTF-8 file; None after reporting why it cannot be had."""
        data = self.bytes_of(path, named)
        if data is None:
            return None
        try:
            return SourceFile.of(path, data.decode("utf-8"))
        except UnicodeDecodeError as problem:
            row = data.count(b"\n", 0, problem.start) + 1
            message = f"`{path}` is not UTF-8: byte 0x{data[problem.start]:02x} in line {row}"
            self._report.error(codes.NOT_UTF8, message, named, help="save the file as UTF-8")
            return None


def _leads_up(path: str) -> bool:
    return path == ".." or path.startswith("../")


def load(files: Files, report: Report, parse: Parse = parse) -> Loaded:
    """The trees of the entry file and everything it includes. `parse`: who makes them."""
    loader = _Loader(files, report, parse)
    loader.file(files.entry, None)
    return Loaded(tuple(loader.trees), loader.incomplete)


class _Loader:
    def __init__(self, files: Files, report: Report, parse: Parse) -> None:
        self.trees: list[ast.Tree] = []
        self.incomplete = False
        self._files = files
        self._report = report
        self._parse = parse
        self._open: dict[str, ast.Include | None] = {}
        self._seen: set[str] = set()

    def file(self, path: str, include: ast.Include | None) -> None:
        """Read one file after what it includes."""
        self._seen.add(path)
        source = self._files.source_of(path, include.path.span if include is not None else None)
        if source is None:
            self.incomplete = True
            return
        tree, diagnostics = self._parse(source)
        self._report.extend(diagnostics)
        self._open[path] = include
        for inner in tree.includes:
            self._include(inner)
        del self._open[path]
        self.trees.append(tree)

    def _include(self, include: ast.Include) -> None:
        path = self._files.resolve(include.path)
        if path is None:
            self.incomplete = True
        elif path in self._open:
            self._cycle(include, path)
        elif len(self._open) >= DEEPEST_INCLUDE:
            self.incomplete = True
            message = f"files include one another {DEEPEST_INCLUDE} deep"
            self._report.error(codes.INCLUDE_CYCLE, message, include.span)
        elif path not in self._seen:
            self.file(path, include)

    def _cycle(self, include: ast.Include, path: str) -> None:
        chain = [*self._chain(path), path]
        labels = tuple(
            Label(opened.span, f"`{opened.span.source.name}` includes it here")
            for opened in list(self._open.values())[1:]
            if opened is not None and opened is not include
        )
        self._report.error(
            codes.INCLUDE_CYCLE,
            "files include one another: " + " -> ".join(f"`{name}`" for name in chain),
            include.span,
            labels=labels,
            help="remove one of these includes",
        )

    def _chain(self, path: str) -> Iterator[str]:
        names = list(self._open)
        yield from names[names.index(path) :]


def list_lines(source: SourceFile) -> Iterator[ast.Value]:
    """The values of a list file: one a line; a `#` at a line's start or behind white space begins a comment."""
    start = 0
    for line in source.text.split("\n"):
        text = line.split("#", 1)[0] if line.lstrip().startswith("#") else line.split(" #", 1)[0].split("\t#", 1)[0]
        value = text.strip()
        if value:
            at = start + line.index(value)
            yield ast.Value(value, Span(source, at, at + len(value)))
        start += len(line) + 1
