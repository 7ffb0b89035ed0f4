"""The canonical text of a script: equal scripts have equal text, whatever order their sets were built in.

It is JSON. Places in source files and what was merely written are left out, so that moving a rule's file changes
nothing. Phrases stand once, in a table in the order of their first use, because thousands of rules share them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import json
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from sievepy.ir.conditions import Phrase
from sievepy.ir.script import Script

FORMAT = 1


def dump(script: Script) -> str:
    """The canonical text of `script`."""
    table = _Phrases()
    body = _plain(script, table)
    whole = {"format": FORMAT, "phrases": table.entries, "script": body}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def digest(script: Script) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(dump(script).encode("utf-8", "surrogatepass")).hexdigest()


class _Phrases:
    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._numbers: dict[Phrase, int] = {}
        self._by_identity: dict[int, int] = {}

    def number(self, phrase: Phrase) -> int:
        number = self._by_identity.get(id(phrase))
        if number is None:
            number = self._numbers.setdefault(phrase, len(self.entries))
            if number == len(self.entries):
                self.entries.append(_fields(phrase, self))
            self._by_identity[id(phrase)] = number
        return number


def _plain(value: Any, table: _Phrases) -> Any:
    """The value in JSON's terms: a dataclass becomes an object that names its class, a set a sorted list."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Phrase():
            return {"phrase": table.number(value)}
        case tuple():
            return [_plain(item, table) for item in value]
        case frozenset():
            return sorted(_plain(item, table) for item in value)
        case dt.date():
            return value.isoformat()
        case ipaddress.IPv4Network() | ipaddress.IPv6Network():
            return str(value)
    if is_dataclass(value):
        return {"is": type(value).__name__, **_fields(value, table)}
    raise TypeError(f"a script holds no {type(value).__name__}")


def _fields(value: Any, table: _Phrases) -> dict[str, Any]:
    return {name: _plain(getattr(value, name), table) for name in _compared(type(value))}  # type: ignore[arg-type]  # a class is hashable


@cache
def _compared(kind: type) -> tuple[str, ...]:
    """The fields by which values of a class are compared; `origin` and `written` are not among them."""
    return tuple(f.name for f in fields(kind) if f.compare)
