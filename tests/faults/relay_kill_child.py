"""`sievepy relay` to which something happens at a fail point, for the kill loop.

    python -c PROGRAM --server one.kz=PORT … [--at POINT --do kill|raise|sleep --passing N]

It runs in its configuration's folder. Letters for a `--server`'s domain go to that port. When the point is passed for
the Nth time a line says so on standard output, and then it happens. The point `worker` is in the middle of the Nth
letter of a worker, which is then killed. `--defect` is one of `DEFECTS`, a planted mistake.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sievepy.cli.relay import _fast_loop
from sievepy.cli.service import make_sinks, prepare, serve
from sievepy.cli.wiring import Unusable
from sievepy.config import Config
from sievepy.disk.fail_points import Reach
from sievepy.mail.envelope import Envelope
from sievepy.relay import intake, reload
from sievepy.relay.seeing import Bytes, Known, MakeSee, See, Seen
from sievepy.sinks.port import Parcel, Result, Sink, Takes
from sievepy.sinks.smtp import Settings, SmtpSink
from sievepy.spool.port import SpoolBroken
from sievepy.wire.smtp_client import Peer
from sievepy.wire.tls import Security

PROGRAM = "import sys; from tests.faults.relay_kill_child import main; sys.exit(main())"
"""No module of ours is `__main__` then: the relay's own processes would import it, and start later."""
WORKER = "worker"
NAP = 0.3  # seconds
_WRITTEN = frozenset({"after-250", "sink.sent"})
"""What has been written there is with the system only when the event loop's turn ends."""


class Planted(Exception):
    """An error that nobody expects."""


def tell(point: str) -> None:
    os.write(1, f"{point}\n".encode())  # one write: a line is whole or not there


# ---------------------------------------------------------------- at a fail point


class Fault:
    """The `reach` of a relay: what happens when a point is passed for the Nth time, from whatever thread."""

    def __init__(self, point: str, happen: Callable[[str], None], passing: int) -> None:
        self._point, self._happen, self._passing = point, happen, passing
        self._passed = itertools.count(1)

    def __call__(self, point: str) -> None:
        if point == self._point and next(self._passed) == self._passing:
            tell(point)
            self._happen(point)


def kill(point: str) -> None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # a thread of the queue or of a maildir: what it has written is with the system
        die()
    else:
        if point in _WRITTEN:
            loop.call_soon(loop.call_soon, die)
        else:
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(point: str) -> None:
    raise Planted(point)


def sleep(point: str) -> None:
    time.sleep(NAP)


HAPPENINGS = {"kill": kill, "raise": fail, "sleep": sleep}


@dataclass(frozen=True, slots=True)
class MakeMortal(MakeSee):
    """As the real one, but the first worker that comes to its Nth letter is killed in the middle of it; picklable."""

    passing: int

    def __call__(self) -> See:
        judge, letters = MakeSee.__call__(self), itertools.count(1)
        grave = Path(f"died-{os.getppid()}")

        def see(data: Bytes, envelope: Envelope, timestamp: float, known: Known) -> Seen:
            seen = judge(data, envelope, timestamp, known)
            if next(letters) == self.passing and not grave.exists():
                grave.touch()
                tell(WORKER)
                die()
            return seen

        return see


# ---------------------------------------------------------------- planted defects


class Hasty:
    """A sink that says `delivered` before it has asked anybody."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._tasks: set[asyncio.Task[Result]] = set()

    @property
    def kind(self) -> str:
        return self._sink.kind

    @property
    def takes(self) -> Takes | None:
        return self._sink.takes

    async def deliver(self, parcel: Parcel) -> Result:
        task = asyncio.create_task(self._later(parcel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Result("delivered", "surely")

    async def _later(self, parcel: Parcel) -> Result:
        await asyncio.sleep(2 * NAP)  # enough for the queue to believe it
        return await self._sink.deliver(parcel)

    async def probe(self) -> str | None:
        return await self._sink.probe()

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._sink.close()


def early() -> None:
    """The commit comes after it."""
    from tests.faults.spool_child import plant

    plant()


def forget_clients() -> None:
    """A client's retry is never known for one."""
    intake.identity = lambda envelope, digest: os.urandom(32)


DEFECTS: Mapping[str, Callable[[], None]] = {
    "early-250": early,
    "hasty-sink": lambda: None,  # planted where the sinks are made
    "forgets-clients": forget_clients,
}


# ---------------------------------------------------------------- the relay


class Servers:
    """Several mail servers as one sink: which of them follows from the address's domain."""

    kind = "smtp"
    takes = Takes()

    def __init__(self, by_domain: Mapping[str, Sink]) -> None:
        self._by_domain = by_domain

    async def deliver(self, parcel: Parcel) -> Result:
        return await self._by_domain[parcel.target.rpartition("@")[2]].deliver(parcel)

    async def probe(self) -> str | None:
        found = [await sink.probe() for sink in self._by_domain.values()]
        return next((problem for problem in found if problem is not None), None)

    async def close(self) -> None:
        for sink in self._by_domain.values():
            await sink.close()


def sinks_to(servers: Mapping[str, int], hasty: bool, config: Config, reach: Reach) -> dict[str, Sink]:
    peers = {domain: Peer("127.0.0.1", port, Security.NONE) for domain, port in servers.items()}
    email = Servers({domain: SmtpSink(Settings(peer), reach) for domain, peer in peers.items()})
    sinks: dict[str, Sink] = {**make_sinks(config, reach), "email": email}
    return {name: Hasty(sink) for name, sink in sinks.items()} if hasty else sinks


def server(text: str) -> tuple[str, int]:
    domain, _, port = text.partition("=")
    return domain, int(port)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", type=server, action="append", default=[])
    parser.add_argument("--at", default="")
    parser.add_argument("--do", choices=HAPPENINGS, default="kill")
    parser.add_argument("--passing", type=int, default=1)
    parser.add_argument("--defect", choices=DEFECTS)
    options = parser.parse_args()
    if options.defect is not None:
        DEFECTS[options.defect]()
    if options.at == WORKER:
        reload.MakeSee = partial(MakeMortal, passing=options.passing)  # type: ignore[attr-defined,assignment]
    reach = Fault(options.at, HAPPENINGS[options.do], options.passing)
    sinks = partial(sinks_to, dict(options.server), options.defect == "hasty-sink")
    try:
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(serve(prepare(None), reach=reach, sinks=sinks))
    except (SpoolBroken, Unusable) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0
