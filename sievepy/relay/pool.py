"""Judge in worker processes, which read the letters themselves: to them go names, from them come plans.

They are forked from a process that has compiled the rules, so none of them builds a program or holds one of its own. A
worker is handed a chunk of letters at a time. If it dies over one, each letter of the chunk is handed out alone; one
that kills its worker then has no verdict and stays where it is.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType

from sievepy.relay.judging import Judge, Judged, Verdict, judge_letter
from sievepy.relay.packing import Answer, pack, unpack
from sievepy.sources.port import Letter, Source

_CHUNK = 128
"""Letters a worker is handed at most: enough that handing them out costs little beside judging them."""

_SHARES = 8
"""A worker gets the letters in this many chunks or more, so that none is left with much when the others are done."""

_AHEAD = 4
"""Letters a worker whose bytes may wait for their turn: enough to keep all busy behind one slow letter."""

_AHEAD_WITHOUT_DATA = 1_000
_KILLED = Verdict(None, failure="internal error: it killed the process that judged it")


class Pool:
    """A context manager. Workers are forked when it is entered, which is best done before this process has locks,
    threads or open files that a worker is not to share."""

    def __init__(self, source: Source, judge: Judge, workers: int) -> None:
        self._source, self._judge, self._count = source, judge, workers
        self._workers: list[_Worker] = []

    def __enter__(self) -> Pool:
        for _ in range(self._count):
            self._workers.append(_Worker(self._source, self._judge))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def judge(self, letters: Sequence[Letter], *, with_data: bool) -> Iterator[Judged]:
        """As `Judging` says. One letter a chunk where the bytes come back: few letters are in memory at a time."""
        run = _Run(letters, with_data, self._count)
        for place, letter in enumerate(letters):
            while place not in run.answers:
                self._go_on(run)
            verdict, data = run.answers.pop(place)
            run.taken = place + 1
            yield Judged(letter, verdict, data)

    def _go_on(self, run: _Run) -> None:
        """Give all who are idle something to do, and wait until one of those at work has answered."""
        self._hand_out(run)
        busy = {worker.connection: worker for worker in self._workers if worker.chunk is not None}
        for connection in multiprocessing.connection.wait(list(busy)):
            self._take(busy[connection])  # type: ignore[index]
        self._hand_out(run)

    def _hand_out(self, run: _Run) -> None:
        for worker in self._workers:
            if worker.chunk is None and (chunk := run.next()) is not None:
                worker.give(chunk)

    def _take(self, worker: _Worker) -> None:
        chunk = worker.chunk
        assert chunk is not None
        answers = worker.answers()
        if answers is not None:
            chunk.answered(answers)
            return
        chunk.killed()
        worker.end()
        self._workers[self._workers.index(worker)] = _Worker(self._source, self._judge)


class _Run:
    """Letters on their way to be judged. `answers` are those that came before their turn, by their place."""

    def __init__(self, letters: Sequence[Letter], with_data: bool, workers: int) -> None:
        self.answers: dict[int, Answer] = {}
        self.taken = 0
        self.again: deque[_Chunk] = deque()
        size = 1 if with_data else max(1, min(_CHUNK, len(letters) // (workers * _SHARES)))
        self._ahead = workers * (_AHEAD if with_data else _AHEAD_WITHOUT_DATA)
        self._chunks = (
            _Chunk(self, start, letters[start : start + size], with_data) for start in range(0, len(letters), size)
        )
        self._next = next(self._chunks, None)

    def next(self) -> _Chunk | None:
        """None if there is no more, or if what waits for its turn is enough."""
        if self.again:
            return self.again.popleft()
        chunk = self._next
        if chunk is None or chunk.start >= self.taken + self._ahead:
            return None
        self._next = next(self._chunks, None)
        return chunk


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Letters that are judged one behind the other. `start`: the place of the first. `alone`: of a chunk that killed
    its worker."""

    run: _Run = field(repr=False)
    start: int
    letters: Sequence[Letter]
    with_data: bool
    alone: bool = False

    def answered(self, answers: Sequence[Answer]) -> None:
        self.run.answers.update(enumerate(answers, self.start))

    def killed(self) -> None:
        if self.alone:
            self.answered([(_KILLED, None)])
            return
        for place, letter in enumerate(self.letters, self.start):
            self.run.again.append(_Chunk(self.run, place, [letter], self.with_data, alone=True))


class _Worker:
    """A process that judges, seen from the one that asks. `chunk`: what it is at; None if it is idle."""

    def __init__(self, source: Source, judge: Judge) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=_judge_chunks, args=(theirs, source, judge), daemon=True)
        self._process.start()
        theirs.close()  # so that the worker's death ends the connection
        self.chunk: _Chunk | None = None

    def give(self, chunk: _Chunk) -> None:
        """It is idle, so it reads: this does not wait for it."""
        self.chunk = chunk
        try:
            self.connection.send_bytes(_packed_letters(chunk))
        except OSError:  # it has died, which is seen when its answers are asked for
            return

    def answers(self) -> Sequence[Answer] | None:
        """Waits for them; None if it died."""
        self.chunk = None
        try:
            return unpack(self.connection.recv_bytes())
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """It holds nothing that could be lost."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


def _packed_letters(chunk: _Chunk) -> bytes:
    return pickle.dumps((chunk.with_data, [(each.name, each.key, each.span) for each in chunk.letters]))


def _judge_chunks(connection: Connection, source: Source, judge: Judge) -> None:
    """What a worker does until it is ended."""
    obey_parent()
    while True:
        with_data, letters = pickle.loads(connection.recv_bytes())
        judged = [judge_letter(source, Letter(*each), judge, with_data=with_data) for each in letters]
        connection.send_bytes(pack([(each.verdict, each.data) for each in judged]))


def obey_parent() -> None:
    """Called in a worker: the parent alone tells when to stop, and nobody outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
