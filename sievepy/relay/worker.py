"""One worker process: from our side a connection that letters are written to, from its own side a loop over them.

Between the processes go plain values, pickled, each behind its length: what comes out of a worker is as trusted as the
worker, which is our own code; a program never is pickled.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import mmap
import multiprocessing
import pickle
import resource
import signal
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from sievepy.mail.envelope import Envelope
from sievepy.relay.judging import Verdict
from sievepy.relay.pool import obey_parent
from sievepy.relay.seeing import Bytes, Known, See, Seen
from sievepy.relay.settings import WorkerLimits

_LENGTH = struct.Struct("!I")
_READY = "ready"
_LOOK = 0.5  # seconds between looks at how long a letter has taken
_SLOW = 1.0  # seconds after which the letters behind one need not wait for it
_BUFFER = 256 * 1024


@dataclass(slots=True, eq=False)
class Job:
    """A letter to judge: its bytes or the file that holds them. `answer` may be given by whoever is first."""

    letter: bytes | Path
    envelope: Envelope
    timestamp: float
    known: Known
    answer: asyncio.Future[Seen]


class Worker(asyncio.Protocol):
    """One process, from our side. `hire`, `connect`, `give` again and again until `ended` returns, `dismiss`.

    `jobs` are those that it has, the one it judges first. `wants` is called when it has answered one; `slow` with the
    jobs that lie behind one which takes long: it keeps them, and they may be given to others too.
    """

    def __init__(self, process: BaseProcess, ours: socket.socket, wall: float) -> None:
        self._process, self._socket, self._wall = process, ours, wall
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._end: asyncio.Future[bool] = self._loop.create_future()
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0
        self._told: Job | None = None
        self.jobs: deque[Job] = deque()
        self.wants: Callable[[], None] = lambda: None
        self.slow: Callable[[Sequence[Job]], None] = lambda jobs: None

    @classmethod
    async def hire(cls, make_see: Callable[[], See], limits: WorkerLimits) -> Worker:
        """A process that is about to start."""
        starting = asyncio.create_task(asyncio.to_thread(_start, make_see, limits))
        try:
            process, ours = await asyncio.shield(starting)
        except asyncio.CancelledError:
            process, ours = await starting
            ours.close()
            await asyncio.to_thread(_finish, process)
            raise
        return cls(process, ours, limits.wall)

    async def connect(self) -> None:
        """Returns when the worker has built its program. Raises EOFError if it cannot."""
        await self._loop.create_connection(lambda: self, sock=self._socket)
        await self._ready
        self._timer = self._loop.call_later(min(_LOOK, self._wall), self._look)

    def give(self, jobs: Iterable[Job]) -> None:
        """Written at once."""
        data = bytearray()
        for job in jobs:
            if not self.jobs:
                self._since = self._loop.time()
            self.jobs.append(job)
            data += _framed((job.letter, job.envelope, job.timestamp, job.known))
        if data and self._transport is not None:
            self._transport.write(data)

    async def ended(self) -> bool:
        """Returns when it takes no more letters; True if we do not wait for it any longer, False if it is gone."""
        return await asyncio.shield(self._end)

    async def dismiss(self) -> str:
        """End the process; how it ended, if it had ended before."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        else:
            self._socket.close()
        return await asyncio.shield(asyncio.to_thread(_finish, self._process))

    # ------------------------------------------------------------ time

    def _look(self) -> None:
        self._timer = self._loop.call_later(min(_LOOK, self._wall), self._look)
        if not self.jobs:
            return
        taken = self._loop.time() - self._since
        if taken >= self._wall:
            self._over(took_too_long=True)
        elif taken >= _SLOW and self._told is not self.jobs[0]:
            self._told = self.jobs[0]
            self.slow([*self.jobs][1:])

    # ------------------------------------------------------------ what comes from the worker

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            for value in self._values():
                self._take(value)
        except Exception:  # whatever that was, it was no answer
            self._over(took_too_long=False)

    def _values(self) -> Iterator[object]:
        received, at = self._received, 0
        while len(received) - at >= _LENGTH.size:
            behind = at + _LENGTH.size + _LENGTH.unpack_from(received, at)[0]
            if behind > len(received):
                break
            yield pickle.loads(received[at + _LENGTH.size : behind])
            at = behind
        del received[:at]

    def _take(self, value: object) -> None:
        if isinstance(value, Seen):
            job = self.jobs.popleft()
            self._since = self._loop.time()
            if not job.answer.done():
                job.answer.set_result(value)
            self.wants()
        elif value == _READY and not self._ready.done():
            self._ready.set_result(None)

    def connection_lost(self, problem: Exception | None) -> None:
        self._over(took_too_long=False)

    def _over(self, *, took_too_long: bool) -> None:
        if not self._end.done():
            self._end.set_result(took_too_long)
        if not self._ready.done():
            self._ready.set_exception(EOFError("the worker ended before it was ready"))


def _framed(value: object) -> bytes:
    message = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(message)) + message


# ---------------------------------------------------------------- the process


def _start(make_see: Callable[[], See], limits: WorkerLimits) -> tuple[BaseProcess, socket.socket]:
    """Blocks for some milliseconds."""
    ours, theirs = socket.socketpair()
    with theirs:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_work, args=(theirs, make_see, limits), daemon=True)
        process.start()
    return process, ours


def _finish(process: BaseProcess) -> str:
    process.join(0.2)  # it may be about to end by itself, which tells more
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    return _named(code)


def _named(code: int | None) -> str:
    if code is None:
        return "did not answer"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-code).name}"
    return f"ended with status {code}"


# ---------------------------------------------------------------- in the worker


def _work(ours: socket.socket, make_see: Callable[[], See], limits: WorkerLimits) -> None:
    obey_parent()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # of a process group: letters in progress are finished
    see = make_see()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, limits.memory)
    with contextlib.suppress(ConnectionError):  # the relay has gone home
        _serve(ours, see, limits)


def _serve(ours: socket.socket, see: See, limits: WorkerLimits) -> None:
    with ours, ours.makefile("rwb", buffering=0) as raw, io.BufferedRWPair(raw, raw, _BUFFER) as stream:
        _send(stream, _READY)
        while (message := _next(stream)) is not None:
            letter, envelope, timestamp, known = message
            _limit(resource.RLIMIT_CPU, int(time.process_time()) + limits.cpu + 1)
            _send(stream, _seen(see, letter, envelope, timestamp, known))


def _seen(see: See, letter: bytes | Path, envelope: Envelope, timestamp: float, known: Known) -> Seen:
    try:
        with _opened(letter) as data:
            return see(data, envelope, timestamp, known)
    except OSError as problem:
        return Seen(Verdict(None, failure=f"the letter's file cannot be read: {problem.strerror}"))
    except MemoryError:
        return Seen(Verdict(None, failure="it needs too much memory"))


@contextlib.contextmanager
def _opened(letter: bytes | Path) -> Iterator[Bytes]:
    """A file is mapped, not loaded; the map goes with its last view."""
    if isinstance(letter, bytes):
        yield letter
        return
    with letter.open("rb") as file:
        yield mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _limit(which: int, value: int) -> None:
    """A soft limit; the kernel acts on it alike."""
    resource.setrlimit(which, (value, resource.getrlimit(which)[1]))


def _next(stream: io.BufferedRWPair[Any, Any]) -> tuple[bytes | Path, Envelope, float, Known] | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    found: tuple[bytes | Path, Envelope, float, Known] = pickle.loads(stream.read(*_LENGTH.unpack(head)))
    return found


def _send(stream: io.BufferedRWPair[Any, Any], value: object) -> None:
    stream.write(_framed(value))
    stream.flush()
