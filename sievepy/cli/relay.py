"""`sievepy relay`: take letters in by SMTP, judge them, deliver them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sievepy.cli.service import Prepared

_SWITCH = 0.0005
"""Seconds after which a thread that waits for the interpreter gets it. The queue's thread waits after each statement,
which with Python's 5 ms is a fifth of all letters a second."""


@click.command()
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="sievepy.toml; default: the project's.")
@click.option("--rules", type=click.Path(path_type=Path), help="The rules file; default: the project's.")
@click.option(
    "--check", is_flag=True, help="Look whether it would run: configuration, rules, tests, ports, queue, sinks."
)
def relay(config: str | None, rules: Path | None, check: bool) -> None:
    """Take letters in by SMTP, judge them by the rules, and deliver each to its department.

    A letter is acknowledged when it is durable, and is never lost after that. Without a configuration the relay listens
    on 127.0.0.1:2525 and delivers into maildirs below var/mail.

    \b
    sievepy relay --check          would it run?
    sievepy relay                  run until SIGTERM or SIGINT, which let it finish what it began
    kill -HUP PID                  take the changed rules, if they compile and all their tests pass

    `sievepy queue` looks after what waits, `sievepy trace ID` tells a letter's story.

    Exit status: 0 stopped as asked; 1 the queue's disk or a part of the relay failed, or --check found something; 2 it
    cannot start.
    """
    from sievepy.cli.service import prepare

    prepared = prepare(config, rules)
    sys.exit(_check(prepared) if check else _serve(prepared))


def _serve(prepared: Prepared) -> int:
    from sievepy.cli.service import serve
    from sievepy.relay.supervisor import PartEnded
    from sievepy.spool.port import SpoolBroken

    sys.setswitchinterval(_SWITCH)
    try:
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(serve(prepared))
    except SpoolBroken as problem:
        click.echo(f"Error: {problem}; start it again when the disk is whole", err=True)
        return 1
    except PartEnded as problem:
        click.echo(f"Error: {problem}; the log says more", err=True)
        return 1
    return 0


def _fast_loop() -> type[asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    loop: type[asyncio.AbstractEventLoop] = uvloop.Loop
    return loop


def _check(prepared: Prepared) -> int:
    from sievepy.cli.relay_check import findings

    status = 0
    for what, problem in asyncio.run(findings(prepared)):
        click.echo(f"{what}: {problem or 'good'}")
        status = status or int(problem is not None)
    return status
