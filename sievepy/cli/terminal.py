"""What is shown to a person at a terminal, and plain to a program."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click


def coloured(stream: TextIO) -> bool:
    """Whether to write in colours: to a terminal, unless NO_COLOR is set, whatever to."""
    return stream.isatty() and "NO_COLOR" not in os.environ


def show_diff(name: str, before: str, after: str) -> None:
    """What changes in a file, on standard output."""
    from sievepy.text.diff import unified

    click.echo(unified(name, before, after, coloured(sys.stdout)), nl=False)
