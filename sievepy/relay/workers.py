"""Judge in worker processes that may be killed: each builds the program from the IR, and judges one letter at a time.

A letter made to hurt takes down its worker at most. The kernel ends a worker that uses too much processor time
(setrlimit(2)) and refuses it memory, we end one that does not answer; a new one takes its place,
and the letter's judging ends with `Died`.
Between the processes go plain values, pickled: what comes out of a worker is as trusted as the worker, which is our own
code; a program never is pickled.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from sievepy.mail.envelope import Envelope
from sievepy.relay.judging import Verdict
from sievepy.relay.pool import obey_parent
from sievepy.relay.seeing import Bytes, See, Seen
from sievepy.relay.settings import WorkerLimits

_LENGTH = struct.Struct("!I")
_PAUSE = 1.0  # seconds before another worker is hired where one could not be


class Died(Exception):
    """The worker did not come to the end of a letter; the text says how it ended."""


@dataclass(frozen=True, slots=True)
class _Job:
    letter: bytes | Path
    envelope: Envelope
    timestamp: float
    answer: asyncio.Future[Seen]


class Workers:
    """A pool. `make_see` must be picklable; it is called once in each worker. `start` before, `close` after."""

    def __init__(self, make_see: Callable[[], See], count: int, limits: WorkerLimits) -> None:
        self._make_see, self._count, self._limits = make_see, count, limits
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self) -> None:
        """Returns when one worker is ready; raises what stands in the way of that."""
        first = await self._hire()
        self._tasks.append(asyncio.create_task(self._serve(first)))
        self._tasks += [asyncio.create_task(self._serve(None)) for _ in range(self._count - 1)]

    async def judge(self, letter: bytes | Path, envelope: Envelope, timestamp: float) -> Seen:
        """Raises Died. A path is of a file that holds the letter."""
        answer: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._waiting += 1
        self._idle.clear()
        try:
            await self._jobs.put(_Job(letter, envelope, timestamp, answer))
            return await answer
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._idle.set()

    async def close(self) -> None:
        """Wait for the letters that were handed in, and send the workers home."""
        await self._idle.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ------------------------------------------------------------ one worker

    async def _hire(self) -> _Worker:
        worker = await asyncio.to_thread(_Worker.hire, self._make_see, self._limits)
        try:
            await worker.connect()
        except BaseException:
            await worker.dismiss()
            raise
        return worker

    async def _serve(self, worker: _Worker | None) -> None:
        try:
            while True:
                if worker is None and (worker := await self._hired()) is None:
                    continue
                job = await self._jobs.get()
                if job.answer.done():  # nobody waits for it any more
                    continue
                if (how := await self._ask(worker, job)) is not None:
                    worker = None
                    _tell(job.answer, Died(how))
        finally:
            if worker is not None:
                await worker.dismiss()

    async def _hired(self) -> _Worker | None:
        """A new worker; None, after a pause, if the machine has none to give: letters wait meanwhile."""
        try:
            return await self._hire()
        except (OSError, EOFError):
            await asyncio.sleep(_PAUSE)
            return None

    async def _ask(self, worker: _Worker, job: _Job) -> str | None:
        """Have a letter judged; None, or how the worker ended."""
        try:
            seen = await worker.judge(job)
        except TimeoutError:
            await worker.dismiss()
            return "took too long"
        except (OSError, EOFError):
            return await worker.dismiss()
        except BaseException:
            _tell(job.answer, Died("stopped"))
            raise
        if not job.answer.done():
            job.answer.set_result(seen)
        return None


def _tell(answer: asyncio.Future[Seen], problem: Exception) -> None:
    if not answer.done():
        answer.set_exception(problem)


class _Worker:
    """One process, from our side."""

    def __init__(self, process: BaseProcess, ours: socket.socket, wall: float) -> None:
        self._process, self._socket, self._wall = process, ours, wall
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    def hire(cls, make_see: Callable[[], See], limits: WorkerLimits) -> _Worker:
        """Blocks for some milliseconds."""
        ours, theirs = socket.socketpair()
        with theirs:
            context = multiprocessing.get_context("spawn")
            process = context.Process(target=_work, args=(theirs, make_see, limits), daemon=True)
            process.start()
        return cls(process, ours, limits.wall)

    async def connect(self) -> None:
        """Returns when the worker has built its program."""
        self._reader, self._writer = await asyncio.open_connection(sock=self._socket)
        if await self._receive() != "ready":
            raise EOFError

    async def judge(self, job: _Job) -> Seen:
        """Raises TimeoutError, EOFError (asyncio.IncompleteReadError is one) or OSError."""
        assert self._writer is not None
        message = pickle.dumps((job.letter, job.envelope, job.timestamp), pickle.HIGHEST_PROTOCOL)
        async with asyncio.timeout(self._wall):
            self._writer.writelines((_LENGTH.pack(len(message)), message))
            await self._writer.drain()
            seen = await self._receive()
        assert isinstance(seen, Seen)
        return seen

    async def _receive(self) -> object:
        assert self._reader is not None
        head = await self._reader.readexactly(_LENGTH.size)
        return pickle.loads(await self._reader.readexactly(*_LENGTH.unpack(head)))

    async def dismiss(self) -> str:
        """End the process; how it ended, if it had ended before."""
        if self._writer is not None:
            self._writer.close()
        else:
            self._socket.close()
        return await asyncio.shield(asyncio.to_thread(self._end))

    def _end(self) -> str:
        self._process.join(0.2)  # it may be about to end by itself, which tells more
        code = self._process.exitcode
        self._process.kill()
        self._process.join()
        self._process.close()
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
    with ours, ours.makefile("rwb") as stream:
        _send(stream, "ready")
        while (message := _next(stream)) is not None:
            letter, envelope, timestamp = message
            _limit(resource.RLIMIT_CPU, int(time.process_time()) + limits.cpu + 1)
            _send(stream, _seen(see, letter, envelope, timestamp))


def _seen(see: See, letter: bytes | Path, envelope: Envelope, timestamp: float) -> Seen:
    try:
        with _opened(letter) as data:
            return see(data, envelope, timestamp)
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


def _next(stream: io.BufferedRWPair) -> tuple[bytes | Path, Envelope, float] | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    found: tuple[bytes | Path, Envelope, float] = pickle.loads(stream.read(*_LENGTH.unpack(head)))
    return found


def _send(stream: io.BufferedRWPair, value: object) -> None:
    message = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(message)) + message)
    stream.flush()
