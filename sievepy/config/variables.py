"""Settings from the environment: `SIEVEPY_`, the table, the key, in capitals, with `_` for `.` and `-`.

`SIEVEPY_ZONE`, `SIEVEPY_RELAY_LISTEN`, `SIEVEPY_CHANNELS_EMAIL_PASSWORD_FILE`. A value is written as in TOML: numbers,
`true` and `false`, arrays such as `["10.0.7.0/24"]`. A setting that is a string takes the text as it stands, unless
that begins with a quote. `SIEVEPY_CONFIG` names the file itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_origin

from sievepy.config.schema import Leaf, leaves, value_faults
from sievepy.config.tables import File
from sievepy.text import Diagnostic
from sievepy.text.diagnostic import error
from sievepy.text.nearest import nearest

PREFIX = "SIEVEPY_"
CONFIG = PREFIX + "CONFIG"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment as the origin of a setting."""

    name: str


@dataclass(frozen=True, slots=True)
class Variables:
    """What the variables say, by the path of the setting, and what is wrong with them."""

    values: Mapping[tuple[str, ...], Any]
    problems: tuple[Diagnostic, ...]


def variable_of(path: tuple[str, ...]) -> Variable:
    """The variable that a setting can be given by."""
    return Variable(PREFIX + "_".join(path).upper().replace("-", "_"))


def read_variables(environment: Mapping[str, str]) -> Variables:
    values: dict[tuple[str, ...], Any] = {}
    problems: list[Diagnostic] = []
    for leaf in leaves(File):
        name = variable_of(leaf.path).name
        if name not in environment:
            continue
        try:
            values[leaf.path] = _read(environment[name], leaf)
        except ValueError as problem:
            problems.append(error("E154", f"`{name}`: {problem}", None, help=_advice(leaf)))
    return Variables(values, tuple(problems))


def _read(text: str, leaf: Leaf) -> Any:
    """The value of the setting. Raises ValueError, which shows nothing of the text: it may be a secret gone astray."""
    value: Any = text
    is_text = leaf.kind is str or get_origin(leaf.kind) is Literal
    if not is_text or text.startswith(('"', "'")):
        try:
            table = tomllib.loads(f"value = {text}")
        except tomllib.TOMLDecodeError:
            raise ValueError("this is no value of TOML") from None
        if set(table) != {"value"}:
            raise ValueError("this is more than one value of TOML")
        value = table["value"]
    for fault in value_faults(value, leaf.kind, leaf.path):
        raise ValueError(f"{fault.message}" + (f"; {fault.help}" if fault.help else ""))
    return value


def _advice(leaf: Leaf) -> str | None:
    if get_origin(leaf.kind) is list:
        return 'write an array as in TOML: `["one", "two"]`'
    return {int: "write a whole number", bool: "write `true` or `false`"}.get(leaf.kind)


def unknown_variables(environment: Mapping[str, str], ours: Collection[str]) -> Iterator[Diagnostic]:
    """Variables that are meant for us and mean nothing: they begin with the name of a table, or are nearly the name of
    a setting. Others that begin like ours belong to somebody else: Kubernetes, for one, sets `SIEVEPY_PORT` and
    `SIEVEPY_SERVICE_HOST` for a service of that name. `ours`: names that the configuration itself refers to."""
    paths = [leaf.path for leaf in leaves(File)]
    known = {variable_of(path).name.removeprefix(PREFIX) for path in paths} | {CONFIG.removeprefix(PREFIX)}
    tables = tuple({path[0].upper() + "_" for path in paths if len(path) > 1})
    for name in sorted(environment):
        rest = name.removeprefix(PREFIX)
        if rest == name or rest in known or name in ours:
            continue
        near = nearest(rest, known)
        if near is not None or rest.startswith(tables):
            advice = f"did you mean `{PREFIX}{near}`?" if near else "`sievepy config` lists the settings"
            yield error("E154", f"`{name}` names no setting", None, help=advice)
