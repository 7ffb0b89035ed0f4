"""Ports to listen at, names to be found, mail servers to be reached."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from sievepy.cli.health import Line, fail, ok, warn
from sievepy.cli.relay_check import bind_problem, is_ours, probe
from sievepy.sinks.port import Sink

Resolve = Callable[[str], Awaitable[list[str]]]
"""The addresses of a host. Raises OSError."""

_PATIENCE = 20.0  # seconds for the resolver


def port(host: str, number: int, process: int | None) -> Line:
    """`process`: the relay that serves the queue already, which then holds the port."""
    what, problem = f"port {host}:{number}", bind_problem(host, number)
    if problem is None:
        return ok(what, "free")
    if is_ours(problem, process):
        return ok(what, f"in use while process {process} serves the queue")
    return fail(what, problem.strerror or str(problem), _port_fix(problem, number))


def _port_fix(problem: OSError, number: int) -> str:
    match problem.errno:
        case errno.EADDRINUSE:
            return f"stop what listens there (`ss -ltnp 'sport = :{number}'`), or choose another port below `[relay]`"
        case errno.EACCES:
            return "ports below 1024 need CAP_NET_BIND_SERVICE (AmbientCapabilities= of the unit)"
        case errno.EADDRNOTAVAIL:
            return "no interface of this machine has that address: correct `[relay] listen`"
        case _:
            return "correct `[relay] listen`"


async def resolve(host: str) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return sorted({str(address[0]) for *_, address in found})


async def name(what: str, host: str, found_by: Resolve = resolve) -> Line:
    """That a host has an address; an address needs none."""
    what = f"{what} {host}"
    if _is_address(host):
        return ok(what, "an address, which needs no name")
    try:
        async with asyncio.timeout(_PATIENCE):
            return ok(what, ", ".join(await found_by(host)))
    except TimeoutError:
        return fail(what, "no name server answers", "look at /etc/resolv.conf")
    except OSError as problem:
        return fail(what, f"not found: {problem.strerror}", f"correct the name, or its DNS entry (`host {host}`)")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def hostname(configured: str) -> Line:
    """The name of the greeting: others look it up before they believe us."""
    if "." in configured.strip("."):
        return ok("hostname", configured)
    fix = "name this machine as DNS does, in `[relay] hostname`"
    return warn("hostname", f"{configured} is no name that others can look up", fix)


async def sink(what: str, checked: Sink) -> Line:
    try:
        problem = await probe(checked)
    finally:
        await checked.close()
    if problem is None:
        return ok(what, "answers")
    return fail(what, problem, "correct `[channels.email]`; what it could not take waits in the queue until then")
