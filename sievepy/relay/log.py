"""The service's log: one JSON object a line, or lines for people where standard error is a terminal.

The only door to structlog. A letter has one line, when its plan is made: ids, sizes, departments, rules; nothing that
it says, and no address of a person outside. What fails has a line at `error`.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from typing import TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

Log = FilteringBoundLogger


def open_log(clock: Callable[[], dt.datetime], stream: TextIO | None = None) -> Log:
    """A logger that writes to `stream` (default: standard error)."""
    out = stream if stream is not None else sys.stderr

    def stamp(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["at"] = clock().isoformat(timespec="milliseconds")
        return event

    processors: list[Processor] = [structlog.processors.add_log_level, stamp]
    if out.isatty():
        processors.append(structlog.dev.ConsoleRenderer(timestamp_key="at"))
    else:
        processors.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    logger: Log = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(20),  # INFO
    )
    return logger


def named(error: BaseException) -> str:
    """An error in the log: its kind and place. Its text is left out unless it is ours: it may hold a letter's words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
