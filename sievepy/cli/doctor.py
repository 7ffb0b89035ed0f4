"""`sievepy doctor`: whether everything around sievepy is as it must be, and what to do where it is not."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sievepy.cli.health import Line


@click.command()
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="sievepy.toml; default: the project's.")
@click.option("--rules", type=click.Path(path_type=Path), help="The rules file; default: the project's.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects: verdict, what, found, fix.")
def doctor(config: str | None, rules: Path | None, *, as_json: bool) -> None:
    """Look at everything that sievepy needs around it, and say what to do where something is wrong.

    Versions, settings, rules and their tests, folders and their disks, the queue, ports, mail servers, certificates,
    the clock. Run it as the relay's user, whether the relay runs or not: nothing is sent, started or kept. Each line is
    ok, warn (it works, and should not stay so) or fail, with the fix below.

    \b
    sievepy doctor
    sievepy doctor --config /etc/sievepy/sievepy.toml

    Exit status: 0; 1 if a line says fail; 2 if there is no reading the configuration file.
    """
    from sievepy.cli.examination import examine

    lines = asyncio.run(examine(config, rules))
    if as_json:
        click.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=2))
    else:
        _show(lines)
    sys.exit(1 if any(line.verdict == "fail" for line in lines) else 0)


def _show(lines: Iterable[Line]) -> None:
    from sievepy.text.width import shown

    counts: Counter[str] = Counter()
    for line in lines:
        counts[line.verdict] += 1
        click.echo(f"{line.verdict:<4}  {shown(line.what)}: {shown(line.found)}")
        if line.fix is not None:
            click.echo(f"      fix: {shown(line.fix)}")
    click.echo(", ".join(f"{counts[verdict]} {verdict}" for verdict in ("ok", "warn", "fail")))
