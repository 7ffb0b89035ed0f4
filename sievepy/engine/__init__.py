"""The engine: from the meaning of rules (`ir`) to a `Program` that turns letters into plans.

The names below are fetched on first use: `check` asks only for triggers and required literals, which know no letters,
and must not wait for everything that reads one.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sievepy.engine.context import EvalContext
    from sievepy.engine.program import Program, build
    from sievepy.engine.tracing import Trace

__all__ = ["EvalContext", "Program", "Trace", "build"]

_HOMES = {"EvalContext": "context", "Program": "program", "Trace": "tracing", "build": "program"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
