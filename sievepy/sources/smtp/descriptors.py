"""Room for as many connections as the limits allow: each is a descriptor of the process, and its letter may be another.

A system gives a process few descriptors unless it asks for more (`setrlimit`). Without them the server would stop
taking clients long before its own limit, and letters of those inside would find no file.
"""

from __future__ import annotations

import resource

_OTHERS = 512  # of the queue, the workers, the sinks, the log
_EACH = 2


def need(connections: int) -> int:
    """How many descriptors a process needs that serves so many clients."""
    return _EACH * connections + _OTHERS


def may_have(connections: int) -> str | None:
    """Why the process cannot have them, or None."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY or need(connections) <= most:
        return None
    return (
        f"{connections} connections need {need(connections)} descriptors, and the system allows {most}: lower "
        "`[limits] connections`, or raise the limit (`LimitNOFILE=` of systemd, `ulimit -Hn`)"
    )


def ask_for(connections: int) -> None:
    """Raise our own limit as far as that needs. Only after `may_have`."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now != resource.RLIM_INFINITY and now < need(connections):
        resource.setrlimit(resource.RLIMIT_NOFILE, (need(connections), most))
