"""What may stand in a table, by its type: which keys there are, and what of a given table does not fit them.

All that is wrong is found in one pass, where the decoder of the types ends at the first. Types are those that our
tables are made of: structs, lists, mappings of names, values that may be missing, scalars.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import msgspec

from sievepy.config.positions import Path
from sievepy.text.nearest import nearest


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a key (`unknown`) or with a value, and what to do."""

    path: Path
    unknown: bool
    message: str
    help: str | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A setting that is no table: its path, its type without None, and its default (None: it may be missing)."""

    path: tuple[str, ...]
    kind: Any
    default: Any


def leaves(struct: type[msgspec.Struct], path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """All settings of fixed names, in the order of their declaration."""
    for field in msgspec.structs.fields(struct):
        below = (*path, field.encode_name)
        kind = present(field.type)
        if is_table(kind):
            yield from leaves(kind, below)
        elif get_origin(kind) is not dict and not (get_origin(kind) is list and is_table(get_args(kind)[0])):
            default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
            yield Leaf(below, kind, None if default is msgspec.NODEFAULT else default)


def present(kind: Any) -> Any:
    """The type of a value that is there: `X | None` -> `X`."""
    return next((each for each in get_args(kind) if type(None) in get_args(kind) and each is not type(None)), kind)


def is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


# ---------------------------------------------------------------- what does not fit


def faults(table: Mapping[str, Any], struct: type[msgspec.Struct], path: Path = ()) -> Iterator[Fault]:
    """Everything in `table`, which stands at `path`, that does not fit the type."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for key, value in table.items():
        if key in fields:
            yield from value_faults(value, fields[key].type, (*path, key))
        else:
            where = f" in `[{dotted(path)}]`" if path else ""
            yield Fault((*path, key), True, f"unknown key `{key}`{where}", did_you_mean(key, fields))
    for key, field in fields.items():
        if field.required and key not in table:
            yield Fault(path, False, f"`{dotted(path)}` has no `{key}`", None)


def value_faults(value: Any, kind: Any, path: Path) -> Iterator[Fault]:
    kind = present(kind)
    if is_table(kind) and isinstance(value, dict):
        yield from faults(value, kind, path)
    elif get_origin(kind) is dict and isinstance(value, dict):
        for key, each in value.items():
            yield from value_faults(each, get_args(kind)[1], (*path, key))
    elif get_origin(kind) is list and isinstance(value, list):
        for number, each in enumerate(value):
            yield from value_faults(each, get_args(kind)[0], (*path, number))
    elif get_origin(kind) is Literal and isinstance(value, str):
        if value not in get_args(kind):
            yield Fault(path, False, f"`{value}` is no `{dotted(path)}`", did_you_mean(value, get_args(kind)))
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError:
            yield Fault(path, False, f"`{dotted(path)}` is to be {_in_words(kind)}, not {_in_words(type(value))}", None)


_WORDS = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "`true` or `false`",
    dict: "a table",
    list: "an array",
    dt.datetime: "a date and time",
    dt.date: "a date",
    dt.time: "a time",
}
"""The types that TOML has, in its words."""


def _in_words(kind: Any) -> str:
    if is_table(kind):
        return _WORDS[dict]
    plain = get_origin(kind) or kind
    return _WORDS[str] if plain is Literal else _WORDS[plain]


def did_you_mean(word: str, known: Mapping[str, Any] | tuple[str, ...] | frozenset[str]) -> str:
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else "known are " + ", ".join(f"`{k}`" for k in sorted(known))


def dotted(path: Path) -> str:
    """`channels.email.port`, `relay.listen[0]`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")
