"""Programs of Debian packages, which are installed where they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PLACES = os.pathsep.join(("/usr/sbin", "/usr/bin", "/sbin", "/bin"))


class Missing(Exception):
    """A package that could not be installed; the text says which, and what said so."""


def program(name: str, package: str) -> str:
    """The path of a program. Raises Missing."""
    found = shutil.which(name, path=_PLACES)
    if found is None:
        install(package)
        found = shutil.which(name, path=_PLACES)
    if found is None:
        raise Missing(f"the package {package} brought no {name}")
    return found


def install(package: str) -> None:
    """Raises Missing."""
    command = ["sh", "-c", '. tools/apt.sh && apt_install "$1"', "sh", package]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"{package}: {done.stderr.strip()[-400:] or 'could not be installed'}")


def version(package: str) -> str:
    """Of an installed package; "none" if it is not installed."""
    command = ["dpkg-query", "-W", "-f", "${Version}", package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "none"
