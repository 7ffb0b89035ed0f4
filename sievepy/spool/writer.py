"""The writer thread: requests queue, each batch is one transaction, and nobody is told before COMMIT has returned.

While one batch waits for the disk the next one gathers, so one sync serves as many letters as came in meanwhile
(group commit); a lone request is committed at once. Inside a batch the requests simply follow each other. When one of
them fails, what the batch did is taken back, and all of it is run once more, each request behind a savepoint of its
own: then the one that fails leaves the others alone. So the work of a request may run twice, and only its last run
counts: it must have no effect outside the transaction. Reads go first, outside the transaction: they see what is
committed, and do not wait for a sync.

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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import apsw

from sievepy.spool.database import Database
from sievepy.spool.faults import again, as_spool_error, is_disk_error, is_full
from sievepy.spool.port import SpoolBroken, SpoolError, SpoolFull
from sievepy.spool.room import Room

T = TypeVar("T")
Work = Callable[[Database], T]

MOST = 256  # requests a batch
HEAVIEST = 8 * 1024 * 1024  # bytes a batch: they lie in memory, and in the log, until its commit
LOG_PAGES = 2_000  # of the write-ahead log, after which it is copied into the file
UNUSED = 4_096  # pages a batch that a full disk gets back


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
    future: asyncio.Future[Any]


class Answer(NamedTuple):
    """What to tell whom: a value, or an error."""

    request: Request
    value: Any = None
    error: SpoolError | None = None


class _Spoilt(Exception):
    """A request failed among others, and what they did cannot be told from what it did."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem


class Writer:
    """One thread, one connection, for one event loop: that of `start`. `open` is called in the thread; `reach` is told
    the names of the places where a test may want to stop, raise or kill."""

    def __init__(self, open: Callable[[], Database], room: Room, reach: Callable[[str], None]) -> None:
        self._open, self._room, self._reach = open, room, reach
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._db: Database
        self._loop: asyncio.AbstractEventLoop
        self.broken: SpoolBroken | None = None
        self._closed = False

    # ------------------------------------------------------------ for the event loop

    async def start(self) -> None:
        """Open the queue. Raises what opening raises."""
        self._loop = asyncio.get_running_loop()
        self._first = self._request(_nothing, Kind.READ)
        self._thread.start()
        await self._first.future

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
        return Request(work, kind, weight, self._loop.create_future())

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
            self._tell_failure(self._first, problem)
            return
        self._tell([Answer(self._first)])
        closing = None
        while closing is None:
            batch = self._gather()
            closing = next((request for request in batch if request.kind is Kind.CLOSE), None)
            self._serve(batch)
        try:
            self._db.close(broken=self.broken is not None)
        except apsw.Error as problem:
            self.fail(problem)
        self._tell([Answer(closing)])

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
        reads = [request for request in batch if request.kind is Kind.READ]
        if reads:
            self._tell([self._answer_read(request) for request in reads])
        steps = [request for request in batch if request.kind in (Kind.STEP, Kind.ADMIT)]
        if steps:
            self._tell(self._commit(steps))
            self._copy_log(truncate=False)
        for request in batch:
            if request.kind is Kind.CHECKPOINT:
                self._copy_log(truncate=True)
                self._tell([Answer(request, error=again(self.broken))])

    def _answer_read(self, request: Request) -> Answer:
        if self.broken is not None:
            return Answer(request, error=again(self.broken))
        try:
            return Answer(request, request.work(self._db))
        except Exception as problem:
            if is_disk_error(problem):
                self.fail(problem)
            return Answer(request, error=again(self.broken) or as_spool_error(problem))

    # ------------------------------------------------------------ batches

    def _commit(self, steps: Sequence[Request]) -> list[Answer]:
        """The answers to tell: a commit that is in doubt is no commit."""
        if self.broken is not None:
            return [Answer(request, error=again(self.broken)) for request in steps]
        try:
            return self._transaction(steps)
        except Exception as problem:
            if is_full(problem):
                return self._make_room(steps)
            if is_disk_error(problem):
                self.fail(problem)
            error = self.broken or as_spool_error(problem)
            return [Answer(request, error=again(error)) for request in steps]

    def _transaction(self, steps: Sequence[Request]) -> list[Answer]:
        """In one go, and, where a request fails, once more with each of them apart."""
        try:
            return self._run_batch(steps, self._attempt)
        except _Spoilt as spoilt:
            if self.broken is not None:
                raise self.broken from spoilt
            if len(steps) == 1:  # nobody else's work was taken back with it
                return [Answer(steps[0], error=as_spool_error(spoilt.problem))]
        return self._run_batch(steps, self._attempt_apart)

    def _run_batch(self, steps: Sequence[Request], attempt: Callable[[Request], Answer]) -> list[Answer]:
        self._reach("db.begin")
        self._db.begin()
        try:
            answers = [attempt(request) for request in steps]
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
        """One request of a batch. Raises what concerns them all, or _Spoilt."""
        try:
            return self._refusal(request) or Answer(request, request.work(self._db))
        except Exception as problem:
            if self._concerns_all(problem):
                raise
            raise _Spoilt(problem) from problem

    def _attempt_apart(self, request: Request) -> Answer:
        """One request of a batch that was spoilt. Raises only what concerns them all."""
        try:
            return self._refusal(request) or Answer(request, self._saved(request.work))
        except Exception as problem:
            if self._concerns_all(problem):
                raise
            return Answer(request, error=as_spool_error(problem))

    def _refusal(self, request: Request) -> Answer | None:
        """Before anything is written for it. Raises OSError."""
        try:
            if request.kind is Kind.ADMIT:
                self._room.admit()
        except SpoolFull as full:
            return Answer(request, error=full)
        return None

    def _saved(self, work: Work[T]) -> T:
        self._db.save()
        try:
            value = work(self._db)
        except BaseException:
            self._db.undo()
            raise
        self._db.keep()
        return value

    def _concerns_all(self, problem: Exception) -> bool:
        """The disk's errors, and those by which SQLite itself ended the transaction."""
        return is_full(problem) or is_disk_error(problem) or not self._db.connection.in_transaction

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
            if is_full(problem):
                return refused + [Answer(r, error=SpoolFull("the disk is full")) for r in others]
            if is_disk_error(problem):
                self.fail(problem)
            error = self.broken or as_spool_error(problem)
            return refused + [Answer(request, error=again(error)) for request in others]

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
            if is_full(problem):
                self._give_ballast()
            elif is_disk_error(problem):
                self.fail(problem)

    def _give_ballast(self) -> None:
        try:
            self._room.release()
        except OSError as problem:
            self.fail(problem)

    # ------------------------------------------------------------ answers

    def _tell(self, answers: Sequence[Answer]) -> None:
        """One wake-up of the event loop for all of a batch."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            self._loop.call_soon_threadsafe(_resolve, answers)

    def _tell_failure(self, request: Request, problem: BaseException) -> None:
        def resolve() -> None:
            if not request.future.done():
                request.future.set_exception(problem)

        self._loop.call_soon_threadsafe(resolve)


# ---------------------------------------------------------------- answers


def _nothing(db: Database) -> None:
    return None


def _resolve(answers: Sequence[Answer]) -> None:
    """In the event loop."""
    for request, value, error in answers:
        if request.future.done():
            continue  # its caller was cancelled
        if error is not None:
            request.future.set_exception(error)
        else:
            request.future.set_result(value)
