"""The interpreter, the libraries, the clock, the zone data."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sievepy.cli.health import Line, fail, ok

PYTHON = (3, 11)
LIBRARIES = (
    "ahocorasick_rs",
    "aiosmtpd",
    "apsw",
    "click",
    "email-validator",
    "google-re2",
    "idna",
    "lark",
    "msgspec",
    "prometheus-client",
    "pybase64",
    "pymorphy3",
    "pymorphy3-dicts-ru",
    "rich",
    "structlog",
    "tzdata",
    "uvloop",
)
"""What an installation has beside us; a test holds it against `pyproject.toml`."""
FOUNDED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""No version of sievepy is older, so that no true clock says less."""


def machine(python: Sequence[int], now: dt.datetime, zone: dt.tzinfo) -> Iterator[Line]:
    yield _python(python)
    yield libraries(LIBRARIES, importlib.metadata.version)
    yield clock(now, zone)
    yield _zone(zone, now)


def _python(version: Sequence[int]) -> Line:
    text = ".".join(map(str, version[:3]))
    if tuple(version[:2]) < PYTHON:
        return fail("Python", text, "install Python {}.{} or newer".format(*PYTHON))
    return ok("Python", text)


def libraries(names: Sequence[str], version: Callable[[str], str]) -> Line:
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return fail("libraries", f"{', '.join(missing)} missing", f"pip install {' '.join(missing)}")
    return ok("libraries", ", ".join(found))


def clock(now: dt.datetime, zone: dt.tzinfo) -> Line:
    """Retries, digests and working hours go by it."""
    text = now.astimezone(zone).isoformat(" ", "seconds")
    if now < FOUNDED:
        return fail("clock", f"it says {text}", "set the clock, and keep it with chrony or systemd-timesyncd")
    return ok("clock", text)


def _zone(zone: dt.tzinfo, now: dt.datetime) -> Line:
    name = getattr(zone, "key", str(zone))
    found = next((folder for folder in zoneinfo.TZPATH if (Path(folder) / name).is_file()), None)
    source = found or f"the package tzdata {importlib.metadata.version('tzdata')}"
    return ok("zone", f"{name}, {now.astimezone(zone):%z} now, by {source}")
