"""`sievepy relay --check`: each thing that a relay needs, and what is wrong with it. Nothing is started or changed, but
for folders and the secret where they are missing."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import TYPE_CHECKING

from sievepy.cli.service import make_sinks, serving
from sievepy.cli.wiring import now
from sievepy.config.build import spool_settings
from sievepy.disk.soundness import existing, is_there

if TYPE_CHECKING:
    from sievepy.cli.service import Prepared
    from sievepy.config import Config
    from sievepy.sinks.port import Sink
    from sievepy.spool.settings import Settings

Finding = tuple[str, str | None]
"""What was looked at, and what is wrong, or None."""

_PATIENCE = 20.0  # seconds for one sink


async def findings(prepared: Prepared) -> list[Finding]:
    """The configuration has been read already."""
    from sievepy.relay.compiling import compile_aside
    from sievepy.sources.smtp.descriptors import may_have

    compiled = await compile_aside(prepared.rules)
    found: list[Finding] = [("configuration", None)]
    found.append((f"rules and their {compiled.tests} tests", "\n  ".join(compiled.problems) or None))
    process = serving(spool_settings(prepared.config).folder)
    found += [_listener(one.host, one.port, process) for one in prepared.smtp.listeners]
    if problem := may_have(prepared.smtp.limits.connections):
        found.append(("connections", problem))
    if prepared.settings.metrics is not None:
        found.append(_listener(*prepared.settings.metrics, process))
    found.append(await queue(spool_settings(prepared.config)))
    for channel, sink in make_sinks(prepared.config).items():
        found.append((f"channel {channel}{_where(prepared.config, channel)}", await probe(sink)))
        await sink.close()
    return found


def _where(config: Config, channel: str) -> str:
    email = config.service.channels.email
    return f" by {email.host}:{email.port}" if channel == "email" and email is not None and email.host else ""


def _listener(host: str, port: int, process: int | None) -> Finding:
    problem = bind_problem(host, port)
    if problem is None:
        return f"port {host}:{port}", None
    if is_ours(problem, process):
        return f"port {host}:{port}, in use while process {process} serves the queue", None
    return f"port {host}:{port}", problem.strerror or str(problem)


def is_ours(problem: OSError, process: int | None) -> bool:
    """Whether the address is in use by the relay that runs already as `process`."""
    return problem.errno == errno.EADDRINUSE and process is not None


def bind_problem(host: str, port: int) -> OSError | None:
    """Why nothing can listen there. Bound and let go again."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as problem:
            return problem
    return None


async def queue(settings: Settings) -> Finding:
    """Opened as a guest: a schema that this program does not know, or a damaged file, is no queue."""
    from sievepy.spool.port import SpoolError
    from sievepy.spool.sqlite import FILE, SqliteSpool

    name = f"queue in {settings.folder}"
    if not is_there(settings.folder / FILE):
        parent = existing(settings.folder)
        return name, None if os.access(parent, os.W_OK | os.X_OK) else f"{parent} cannot be written to"
    try:
        spool = await SqliteSpool.open(settings, now(), own=False)
    except SpoolError as problem:
        return name, str(problem)
    await spool.close()
    return name, None


async def probe(sink: Sink) -> str | None:
    """What is wrong with a sink, or None."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await sink.probe()
    except TimeoutError:
        return "it does not answer"
