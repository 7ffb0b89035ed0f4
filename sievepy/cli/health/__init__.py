"""What `sievepy doctor` looks at, one module a matter; what is found is a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Line:
    """`what` was looked at, and what was found; `fix`: what to do about a warning or a failure."""

    verdict: Verdict
    what: str
    found: str
    fix: str | None = None


def ok(what: str, found: str = "good") -> Line:
    return Line("ok", what, found)


def warn(what: str, found: str, fix: str) -> Line:
    return Line("warn", what, found, fix)


def fail(what: str, found: str, fix: str) -> Line:
    return Line("fail", what, found, fix)
