"""What an error means to the queue: the disk is full, the disk failed, or one request could not be done."""

from __future__ import annotations

import apsw

from sievepy.spool.port import SpoolError
from sievepy.spool.room import NO_ROOM

_DISK_ERRORS = (apsw.IOError, apsw.CorruptError, apsw.NotADBError, apsw.ReadOnlyError)


def is_full(problem: BaseException) -> bool:
    if isinstance(problem, OSError):
        return problem.errno in NO_ROOM
    return isinstance(problem, apsw.FullError)


def is_disk_error(problem: BaseException) -> bool:
    if isinstance(problem, OSError):
        return problem.errno not in NO_ROOM
    return isinstance(problem, _DISK_ERRORS)


def as_spool_error(problem: BaseException) -> SpoolError:
    if isinstance(problem, SpoolError):
        return problem
    error = SpoolError(f"{type(problem).__name__}: {problem}")
    error.__cause__ = problem
    return error


def again(error: SpoolError | None) -> SpoolError | None:
    """A fresh one for each waiter: an exception collects the traceback of everyone it is raised to."""
    return None if error is None else type(error)(*error.args)
