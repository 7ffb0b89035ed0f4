"""The text of `sievepy.toml` and the variables of the environment -> the tables, each setting with its origin.

A variable outranks the file. Each of the two is held against the types by itself, so that what is wrong in the file is
said there even where a variable would hide it; the values are judged when the two have been laid over each other.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sievepy.config.checks import value_problems
from sievepy.config.positions import Path, Positions, find_positions
from sievepy.config.schema import Fault, faults, leaves
from sievepy.config.secrets import without_secrets
from sievepy.config.tables import File
from sievepy.config.variables import Variable, Variables, read_variables, unknown_variables, variable_of
from sievepy.text import Diagnostic, SourceFile, Span
from sievepy.text.diagnostic import error

Origin = Span | Variable
"""The place of a key in the file, or the variable that says otherwise."""


@dataclass(frozen=True, slots=True)
class Written:
    """The tables, and the origin of each setting; what has none is a default. With problems the tables are of no use.

    `anything`: whether there is a configuration at all, be it an empty file.
    """

    file: File
    origins: Mapping[Path, Origin] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()
    anything: bool = True


def read_written(path: str | None, text: str, environment: Mapping[str, str]) -> Written:
    """`path`: the file that `text` was read from; None where there is none, and `text` is empty."""
    source = SourceFile.of(path or "", text)
    try:
        table = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as problem:
        return Written(File(), problems=(_syntax_error(without_secrets(source, None), str(problem)),))
    positions = find_positions(source)
    variables = read_variables(environment) if environment else Variables({}, ())
    places = _Places(None if path is None else without_secrets(source, positions), positions, variables)
    problems = [places.of_fault(fault) for fault in faults(table, File)] + list(variables.problems)
    if problems:
        return Written(File(), problems=tuple(problems))
    for at, value in variables.values.items():
        _put(table, at, value)
    file = msgspec.convert(table, File)
    problems = [places.of_value(*problem) for problem in value_problems(file)]
    problems += unknown_variables(environment, _referred(file))
    origins: dict[Path, Origin] = {**positions.keys, **{at: variable_of(at) for at in variables.values}}
    return Written(file, origins, tuple(problems), path is not None or bool(variables.values))


def _put(table: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        table = table.setdefault(key, {})
    table[path[-1]] = value


def setting(file: msgspec.Struct, path: tuple[str, ...]) -> Any:
    """The value of a setting; None where it, or a table that it is in, is missing."""
    value: Any = file
    for key in path:
        if value is None:
            return None
        (name,) = (f.name for f in msgspec.structs.fields(value) if f.encode_name == key)
        value = getattr(value, name)
    return value


def _referred(file: File) -> frozenset[str]:
    """The variables that the configuration itself names."""
    paths = (leaf.path for leaf in leaves(File) if leaf.path[-1].endswith("-env"))
    return frozenset(name for path in paths if (name := setting(file, path)) is not None)


# ---------------------------------------------------------------- what is wrong, and where


@dataclass(frozen=True, slots=True)
class _Places:
    """`source`: the text as errors may show it; None without a file."""

    source: SourceFile | None
    positions: Positions
    variables: Variables

    def of_fault(self, fault: Fault) -> Diagnostic:
        """A key or a type in the file."""
        if fault.unknown:
            found, advice = self.positions.keys.get(fault.path), _belongs(fault.path) or fault.help
            return error("E152", fault.message, self._shown(found), help=advice)
        return error("E153", fault.message, self._shown(self.positions.value(fault.path)), help=fault.help)

    def of_value(self, path: Path, message: str, advice: str | None) -> Diagnostic:
        """A value, from wherever it came."""
        variable = self._variable(path)
        if variable is not None:
            return error("E154", f"`{variable.name}`: {message}", None, help=advice)
        return error("E153", message, self._shown(self.positions.value(path)), help=advice)

    def _variable(self, path: Path) -> Variable | None:
        """Who gave the value there; where the file has nothing of the table, who gave a part of it."""
        whole = next((at for at in self.variables.values if path[: len(at)] == at), None)
        if whole is None and path not in self.positions.keys:
            whole = next((at for at in self.variables.values if at[: len(path)] == path), None)
        return None if whole is None else variable_of(whole)

    def _shown(self, span: Span | None) -> Span | None:
        """The same place in the text that errors may show; the first line where nothing of it is written."""
        if self.source is None:
            return None
        return self.source.span(0, len(self.source.line(1))) if span is None else self.source.span(span.start, span.end)


def _belongs(path: Path) -> str | None:
    """Where a key that is unknown here is known: a line below the wrong header is the commonest mistake of all."""
    tables = sorted(".".join(leaf.path[:-1]) for leaf in leaves(File) if leaf.path[-1] == path[-1])
    if not tables:
        return None
    where = [f"below `[{table}]`" if table else "above the first table" for table in tables]
    return f"`{path[-1]}` belongs " + " or ".join(where)


def _syntax_error(source: SourceFile, message: str) -> Diagnostic:
    match = re.search(r"\s*\(at line (\d+), column (\d+)\)$", message)
    if match is None:  # `(at end of document)`
        return error("E151", f"not TOML: {message}", source.span(len(source.text), len(source.text)))
    row, column = int(match[1]), int(match[2])
    before = sum(len(source.line(r)) + 1 for r in range(1, row))
    start = min(before + column - 1, len(source.text))
    return error("E151", f"not TOML: {message[: match.start()]}", source.span(start, min(start + 1, len(source.text))))
