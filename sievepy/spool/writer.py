"""The writer thread: requests queue, each batch is one transaction, and nobody is told before COMMIT has returned.

While one batch waits for the disk the next one gathers, so one sync serves as many letters as came in meanwhile
(group commit); a lone request is committed at once. Inside a batch each request has a savepoint: one that fails
leaves the others alone. Reads go first, outside the transaction: they see what is committed, and do not wait for a
sync.

What an error means: - a full disk: the ballast is given back, letters at the door get SpoolFull, and the batch's
other steps run once more; - an error of the disk, a failed sync above all: SpoolBroken for everybody in the batch
and everybody after. The kernel may have dropped the pages that it could not write, and a second fsync(2) would
report success without them, so there is no second one: no retry, no checkpoint, none on closing. The process is to
exit; the next one replays the log; - anything else: that request's SpoolError, or, where the transaction could not
begin or end, the whole batch's.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import apsw

from sievepy.spool.database import Database
from sievepy.spool.port import SpoolBroken, SpoolError, SpoolFull
from sievepy.spool.room import NO_ROOM, Room

T = TypeVar("T")
Work = Callable[[Database], T]

MOST = 256  # requests a batch
HEAVIEST = 8 * 1024 * 1024  # bytes a batch: they lie in memory, and in the log, until its commit
LOG_PAGES = 2_000  # of the write-ahead log, after which it is copied into the file
UNUSED = 4_096  # pages a batch that a full disk gets back
_DISK_ERRORS = (apsw.IOError, apsw.CorruptError, apsw.NotADBError, apsw.ReadOnlyError)


class Kind(enum.Enum):
    READ = "read"  # committed state only; its own answer is immediate
    STEP = "step"
    ADMIT = "admit"  # a step that makes the queue longer: refused while the disk is full
    CHECKPOINT = "checkpoint"  # copy the log into the file, and cut it
    CLOSE = "close"


@dataclass(slots=True, eq=False)
class Request:
    work: Work[Any]
    kind: Kind
    weight: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell whom: a value, or an error."""

    request: Request
    value: Any = None
    error: SpoolError | None = None


class Writer:
    """One thread, one connection. `open` is called in the thread; `reach` is told the names of the places where a
    test may want to stop, raise or kill."""

    def __init__(self, open: Callable[[], Database], room: Room, reach: Callable[[str], None]) -> None:
        self._open, self._room, self._reach = open, room, reach
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._db: Database
        self._log_pages = 0
        self.broken: SpoolBroken | None = None
        self._closed = False

    # ------------------------------------------------------------ for the event loop

    async def start(self) -> None:
        """Open the queue. Raises what opening raises."""
        opened = self._request(_nothing, Kind.READ)
        self._first = opened
        self._thread.start()
        await opened.future

    async def read(self, work: Work[T]) -> T:
        return await self._ask(work, Kind.READ)

    async def step(self, work: Work[T], *, admits: bool = False, weight: int = 0) -> T:
        """Returns when the step is durable. A caller that is cancelled does not hear of it, and changes nothing."""
        return await self._ask(work, Kind.ADMIT if admits else Kind.STEP, weight)

    async def checkpoint(self) -> None:
        await self._ask(_nothing, Kind.CHECKPOINT)

    async def close(self) -> None:
        """After all that was asked before."""
        if self._closed:
            return
        request = self._request(_nothing, Kind.CLOSE)
        self._closed = True
        self._requests.put(request)
        await request.future
        await asyncio.to_thread(self._thread.join)

    async def _ask(self, work: Work[T], kind: Kind, weight: int = 0) -> T:
        if self._closed:
            raise SpoolError("the queue is closed")
        request = self._request(work, kind, weight)
        self._requests.put(request)
        answer: T = await request.future
        return answer

    def _request(self, work: Work[Any], kind: Kind, weight: int = 0) -> Request:
        loop = asyncio.get_running_loop()
        return Request(work, kind, weight, loop, loop.create_future())

    def fail(self, problem: BaseException) -> SpoolBroken:
        """The disk failed, here or at a letter's file: nothing is accepted any more."""
        if self.broken is None:
            self.broken = SpoolBroken(f"the disk failed: {problem}")
        return self.broken

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        try:
            self._db = self._open()
        except BaseException as problem:
            _tell_failure(self._first, problem)
            return
        _tell([Answer(self._first)])
        closing = None
        while closing is None:
            batch = self._gather()
            closing = next((request for request in batch if request.kind is Kind.CLOSE), None)
            self._serve(batch)
        try:
            self._db.close(broken=self.broken is not None)
        except apsw.Error as problem:
            self.fail(problem)
        _tell([Answer(closing)])

    def _gather(self) -> list[Request]:
        """Wait for a request, and take those that came with it."""
        batch = [self._requests.get()]
        weight = batch[0].weight
        with contextlib.suppress(queue.Empty):
            while len(batch) < MOST and weight < HEAVIEST and batch[-1].kind is not Kind.CLOSE:
                batch.append(self._requests.get_nowait())
                weight += batch[-1].weight
        return batch

    def _serve(self, batch: Sequence[Request]) -> None:
        """The database is in autocommit mode before and after."""
        _tell(self._answer_read(request) for request in batch if request.kind is Kind.READ)
        steps = [request for request in batch if request.kind in (Kind.STEP, Kind.ADMIT)]
        if steps:
            _tell(self._commit(steps))
            self._copy_log(truncate=False)
        for request in batch:
            if request.kind is Kind.CHECKPOINT:
                self._copy_log(truncate=True)
                _tell([Answer(request, error=_again(self.broken))])

    def _answer_read(self, request: Request) -> Answer:
        if self.broken is not None:
            return Answer(request, error=_again(self.broken))
        try:
            return Answer(request, request.work(self._db))
        except Exception as problem:
            if _is_disk_error(problem):
                self.fail(problem)
            return Answer(request, error=_again(self.broken) or _as_spool_error(problem))

    # ------------------------------------------------------------ batches

    def _commit(self, steps: Sequence[Request]) -> list[Answer]:
        """The answers to tell: a commit that is in doubt is no commit."""
        if self.broken is not None:
            return [Answer(request, error=_again(self.broken)) for request in steps]
        try:
            return self._transaction(steps)
        except Exception as problem:
            if _is_full(problem):
                return self._make_room(steps)
            if _is_disk_error(problem):
                self.fail(problem)
            error = self.broken or _as_spool_error(problem)
            return [Answer(request, error=_again(error)) for request in steps]

    def _transaction(self, steps: Sequence[Request]) -> list[Answer]:
        self._reach("db.begin")
        self._db.begin()
        try:
            answers = [self._attempt(request) for request in steps]
            self._reach("db.commit")
            self._db.commit()
        except BaseException:
            self._abandon()
            raise
        return answers

    def _abandon(self) -> None:
        """A transaction that failed must not stay open, whatever the disk says to that."""
        try:
            self._db.roll_back()
        except apsw.Error as problem:
            self.fail(problem)

    def _attempt(self, request: Request) -> Answer:
        """One request of a batch. Raises only what concerns them all."""
        try:
            if request.kind is Kind.ADMIT:
                self._room.admit()
            self._db.save()
            try:
                value = request.work(self._db)
            except BaseException:
                self._db.undo()
                raise
            self._db.keep()
        except Exception as problem:
            if _is_full(problem) or _is_disk_error(problem) or not self._db.connection.in_transaction:
                raise
            return Answer(request, error=_as_spool_error(problem))
        return Answer(request, value)

    def _make_room(self, steps: Sequence[Request]) -> list[Answer]:
        """The disk is full: what makes the queue longer is refused, all else is tried once more without the
        ballast."""
        refused = [Answer(r, error=SpoolFull("the disk is full")) for r in steps if r.kind is Kind.ADMIT]
        others = [request for request in steps if request.kind is not Kind.ADMIT]
        try:
            self._room.release()
            self._copy_log(truncate=True)
            if self.broken is not None:
                raise self.broken
            return refused + (self._transaction(others) if others else [])
        except Exception as problem:
            if _is_full(problem):
                return refused + [Answer(r, error=SpoolFull("the disk is full")) for r in others]
            if _is_disk_error(problem):
                self.fail(problem)
            error = self.broken or _as_spool_error(problem)
            return refused + [Answer(request, error=_again(error)) for request in others]

    def _copy_log(self, *, truncate: bool) -> None:
        """Checkpoint when the log has grown long, after the batch has been answered. While room is scarce the file
        shrinks as well: what a deleted letter leaves free inside it is no room that a letter could be promised."""
        scarce = self._room.scarce
        if self.broken is not None or not (truncate or scarce or self._db.log_pages >= LOG_PAGES):
            return
        try:
            if scarce:
                self._db.shrink(UNUSED)
            self._db.checkpoint(truncate=truncate)
        except Exception as problem:
            if _is_full(problem):
                self._give_ballast()
            elif _is_disk_error(problem):
                self.fail(problem)

    def _give_ballast(self) -> None:
        try:
            self._room.release()
        except OSError as problem:
            self.fail(problem)


# ---------------------------------------------------------------- errors


def _is_full(problem: BaseException) -> bool:
    if isinstance(problem, OSError):
        return problem.errno in NO_ROOM
    return isinstance(problem, apsw.FullError)


def _is_disk_error(problem: BaseException) -> bool:
    if isinstance(problem, OSError):
        return problem.errno not in NO_ROOM
    return isinstance(problem, _DISK_ERRORS)


def _as_spool_error(problem: BaseException) -> SpoolError:
    if isinstance(problem, SpoolError):
        return problem
    error = SpoolError(f"{type(problem).__name__}: {problem}")
    error.__cause__ = problem
    return error


def _again(error: SpoolError | None) -> SpoolError | None:
    """A fresh one for each waiter: an exception collects the traceback of everyone it is raised to."""
    return None if error is None else type(error)(*error.args)


# ---------------------------------------------------------------- answers


def _nothing(db: Database) -> None:
    return None


def _tell(answers: Iterable[Answer]) -> None:
    """One wake-up of the event loop for all of a batch."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for answer in answers:
        by_loop.setdefault(answer.request.loop, []).append(answer)
    for loop, told in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_resolve, told)


def _resolve(answers: Sequence[Answer]) -> None:
    for answer in answers:
        if answer.request.future.done():
            continue  # its caller was cancelled
        if answer.error is not None:
            answer.request.future.set_exception(answer.error)
        else:
            answer.request.future.set_result(answer.value)


def _tell_failure(request: Request, problem: BaseException) -> None:
    def resolve() -> None:
        if not request.future.done():
            request.future.set_exception(problem)

    request.loop.call_soon_threadsafe(resolve)
