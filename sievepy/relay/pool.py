"""Judge in worker processes. Each builds its own judge from plain data; programs are never pickled.

A letter that kills its worker is judged once more, alone; if it kills that one too it has no verdict and stays where it
is.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import ClassVar

from sievepy.mail.envelope import Envelope
from sievepy.relay.judging import Judge, Verdict, verdict_of

_AHEAD = 4
"""Letters a worker that wait for it or for their turn: enough to keep all busy behind one slow letter."""


class Pool:
    """A context manager. `make_judge` must be picklable; it is called once in each worker."""

    def __init__(self, make_judge: Callable[[], Judge], workers: int) -> None:
        self._make_judge = make_judge
        self._workers = workers
        self._executor = self._start(workers)

    @property
    def ahead(self) -> int:
        return _AHEAD * self._workers

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(cancel_futures=True)

    def submit(self, data: bytes, envelope: Envelope) -> Callable[[], Verdict]:
        try:
            future = self._executor.submit(_judge, data, envelope)
        except BrokenProcessPool:
            self._executor = self._start(self._workers)
            future = self._executor.submit(_judge, data, envelope)
        return lambda: self._result(future, data, envelope)

    def _result(self, future: Future[Verdict], data: bytes, envelope: Envelope) -> Verdict:
        try:
            return future.result()
        except BrokenProcessPool:  # by this letter, or by one that was judged beside it
            return self._alone(data, envelope)

    def _alone(self, data: bytes, envelope: Envelope) -> Verdict:
        try:
            with self._start(1) as executor:
                return executor.submit(_judge, data, envelope).result()
        except BrokenProcessPool:
            return Verdict(None, failure="internal error: it killed the process that judged it")

    def _start(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, context, initializer=_Worker.start, initargs=(self._make_judge,))


class _Worker:
    """What a worker process keeps between letters."""

    judge: ClassVar[Judge]

    @classmethod
    def start(cls, make_judge: Callable[[], Judge]) -> None:
        obey_parent()
        cls.judge = staticmethod(make_judge())


def _judge(data: bytes, envelope: Envelope) -> Verdict:
    return verdict_of(_Worker.judge, data, envelope)


def obey_parent() -> None:
    """Called in a worker: the parent alone tells when to stop, and nobody outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
