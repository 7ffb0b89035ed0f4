"""What is in force: each setting with its value and its origin, as text that is TOML again and as data for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sievepy.config.reading import Origin, Written, setting
from sievepy.config.schema import leaves
from sievepy.config.secrets import HOLDERS, MASK, is_secret
from sievepy.config.tables import File
from sievepy.config.variables import Variable
from sievepy.text import Span

_WIDEST = 48  # columns of a setting before its origin, but for those that are longer
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


@dataclass(frozen=True, slots=True)
class Flag:
    """An option of the command line as the origin of a setting."""

    name: str


@dataclass(frozen=True, slots=True)
class Setting:
    """`value`: None where it is not set. `origin`: None for a default. `secret`: for a setting that names the place of
    a secret, what is known of that secret without looking at it; of a secret itself `value` is the mask."""

    path: tuple[str, ...]
    value: Any
    origin: Origin | Flag | None
    secret: str | None = None

    @property
    def key(self) -> str:
        return ".".join(self.path)


def effective(written: Written, flags: Mapping[tuple[str, ...], tuple[Flag, Any]]) -> list[Setting]:
    """All settings, in the order of the tables. `flags`: what options of the command line say, which outrank all."""
    found = []
    for leaf in leaves(File):
        default: tuple[Origin | Flag | None, Any] = written.origins.get(leaf.path), setting(written.file, leaf.path)
        origin, value = flags.get(leaf.path, default)
        found.append(Setting(leaf.path, MASK if is_secret(leaf.path) else value, origin))
    return found


def with_secrets(settings: Iterable[Setting], state: Callable[[Setting], str]) -> list[Setting]:
    """The same settings; of those that name the place of a secret, `state` says what is known of it."""
    return [
        replace(each, secret=state(each)) if each.path in HOLDERS and each.value is not None else each
        for each in settings
    ]


# ---------------------------------------------------------------- as text


def as_toml(settings: Iterable[Setting]) -> str:
    """Text that reads as TOML to the same settings; origins and what is not set are comments. Of a table of which
    nothing is set only that is said."""
    parts = []
    for table, rows in groupby(settings, key=lambda each: each.path[:-1]):
        found = list(rows)
        name = ".".join(table)
        if table and all(each.value is None for each in found):
            parts.append(f"# [{name}] is not set")
            continue
        head = [f"[{name}]"] if table else []
        parts.append("\n".join([*head, *_lines(found)]))
    return "\n\n".join(parts)


def _lines(settings: list[Setting]) -> list[str]:
    rows = []
    for each in settings:
        rows.append((_assignment(each), origin_text(each)))
        if each.secret is not None:
            rows.append((f"# the secret there: {MASK}", each.secret))
    column = min(max(len(said) for said, _ in rows), _WIDEST)
    return [f"{said:<{column}}  # {origin}" for said, origin in rows]


def _assignment(each: Setting) -> str:
    return f"# {each.path[-1]}" if each.value is None else f"{each.path[-1]} = {toml(each.value)}"


def origin_text(each: Setting) -> str:
    match each.origin:
        case Span() as span:
            return f"{span.source.name}:{span.location[0]}"
        case Variable(name) | Flag(name):
            return name
        case _:
            return "not set" if each.value is None else "default"


def toml(value: Any) -> str:
    """A string, number, truth value or list of these, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + re.sub(r'[\x00-\x1f\x7f-\x9f"\\]', _escaped, value) + '"'
    return str(value)


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


# ---------------------------------------------------------------- as data


def as_objects(settings: Iterable[Setting]) -> list[dict[str, Any]]:
    """`key value origin secret`; an origin has a `kind` (default, file, variable, flag) and the `filename` and
    `location`, or the `name`, that goes with it; a secret is null, or its `state` and the mask as its `value`."""
    return [
        {
            "key": each.key,
            "value": each.value,
            "origin": _origin_object(each),
            "secret": None if each.secret is None else {"value": MASK, "state": each.secret},
        }
        for each in settings
    ]


def _origin_object(each: Setting) -> dict[str, Any]:
    match each.origin:
        case Span() as span:
            row, column = span.location
            return {"kind": "file", "filename": span.source.name, "location": {"row": row, "column": column}}
        case Variable(name):
            return {"kind": "variable", "name": name}
        case Flag(name):
            return {"kind": "flag", "name": name}
        case _:
            return {"kind": "default"}
