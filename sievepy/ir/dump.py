"""The canonical text of a script: equal scripts have equal text, whatever order their sets were built in.

It is JSON. Places in source files and what was merely written are left out, so that moving a rule's file changes
nothing. Phrases and the slots they are made of stand once, in tables in the order of their first use, because
thousands of rules share them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import json
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from sievepy.ir.conditions import Phrase, Slot
from sievepy.ir.script import Script

FORMAT = 2
T = TypeVar("T", Phrase, Slot)


def dump(script: Script) -> str:
    """The canonical text of `script`."""
    tables = _Tables()
    body = _plain(script, tables)
    whole = {
        "format": FORMAT, "phrases": tables.phrases.entries, "slots": tables.slots.entries, "script": body
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def digest(script: Script) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(dump(script).encode("utf-8", "surrogatepass")).hexdigest()


class _Table(Generic[T]):
    """Values of one class, each once. Equal ones that are two objects are one entry."""

    def __init__(self, tables: _Tables) -> None:
        self.entries: list[Any] = []
        self._tables = tables
        self._numbers: dict[T, int] = {}
        self._by_identity: dict[int, int] = {}

    def number(self, value: T) -> int:
        number = self._by_identity.get(id(value))
        if number is None:
            number = self._numbers.setdefault(value, len(self._numbers))
            if number == len(self.entries):
                self.entries.append(None)  # its number is taken while what is in it gets its own
                self.entries[number] = _fields(value, self._tables)
            self._by_identity[id(value)] = number
        return number


class _Tables:
    def __init__(self) -> None:
        self.phrases: _Table[Phrase] = _Table(self)
        self.slots: _Table[Slot] = _Table(self)


def _plain(value: Any, table: _Tables) -> Any:
    """The value in JSON's terms: a dataclass becomes an object that names its class, a set a sorted list."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Phrase():
            return {"phrase": table.phrases.number(value)}
        case Slot():
            return {"slot": table.slots.number(value)}
        case tuple():
            return [_plain(item, table) for item in value]
        case frozenset():
            return sorted(value) if _all_text(value) else sorted(_plain(item, table) for item in value)
        case dt.date():
            return value.isoformat()
        case ipaddress.IPv4Network() | ipaddress.IPv6Network():
            return str(value)
    if is_dataclass(value):
        return {"is": type(value).__name__, **_fields(value, table)}
    raise TypeError(f"a script holds no {type(value).__name__}")


def _all_text(values: frozenset[Any]) -> bool:
    """Word forms, by the hundred: nothing in them needs a closer look."""
    return all(type(value) is str for value in values)


def _fields(value: Any, table: _Tables) -> dict[str, Any]:
    return {name: _plain(getattr(value, name), table) for name in _compared(type(value))}  # type: ignore[arg-type]  # a class is hashable


@cache
def _compared(kind: type) -> tuple[str, ...]:
    """The fields by which values of a class are compared; `origin` and `written` are not among them."""
    return tuple(f.name for f in fields(kind) if f.compare)
