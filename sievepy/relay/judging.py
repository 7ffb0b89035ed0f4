"""Judge the letters of a source, in order; a letter that cannot be judged is an answer too, never the end of the
run."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from sievepy.mail.envelope import Envelope
from sievepy.plan import Plan
from sievepy.sources.port import Letter, Source

Judge = Callable[[bytes, Envelope], Plan]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A plan, or why there is none: the name of an error and its place in the code, nothing of the letter."""

    plan: Plan | None
    seconds: float = 0.0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """`data` are the very bytes that were judged, so that these are delivered whatever happens to the file."""

    letter: Letter
    data: bytes
    verdict: Verdict

    @property
    def plan(self) -> Plan | None:
        return self.verdict.plan


class Judging(Protocol):
    """Where letters are judged. `ahead`: how many may be handed in before the first answer is asked for."""

    @property
    def ahead(self) -> int: ...

    def submit(self, data: bytes, envelope: Envelope) -> Callable[[], Verdict]:
        """Hand in a letter; the result, when called, waits for its verdict."""


@dataclass(frozen=True, slots=True)
class Here:
    """In this process, one letter at a time."""

    judge: Judge
    ahead: int = 0

    def submit(self, data: bytes, envelope: Envelope) -> Callable[[], Verdict]:
        return lambda: verdict_of(self.judge, data, envelope)


def verdict_of(judge: Judge, data: bytes, envelope: Envelope) -> Verdict:
    """Judge one letter and take the time. Whatever is wrong with our code, the other letters go on."""
    start = time.perf_counter()
    try:
        plan = judge(data, envelope)
    except Exception as problem:
        return Verdict(None, time.perf_counter() - start, _named(problem))
    return Verdict(plan, time.perf_counter() - start)


def _named(problem: Exception) -> str:
    """Which error and where; not its text, which may hold words of the letter."""
    frame = traceback.extract_tb(problem.__traceback__)[-1]
    return f"internal error: {type(problem).__name__} at {PurePath(frame.filename).name}:{frame.lineno}"


def judge_letters(source: Source, letters: Iterable[Letter], judging: Judging) -> Iterator[Judged]:
    """Every letter with its verdict, in the order given. Letters that cannot be read are failures."""
    waiting: deque[tuple[Letter, bytes, Callable[[], Verdict]]] = deque()
    for letter in letters:
        waiting.append((letter, *_submitted(source, letter, judging)))
        if len(waiting) > judging.ahead:
            yield _taken(*waiting.popleft())
    while waiting:
        yield _taken(*waiting.popleft())


def _submitted(source: Source, letter: Letter, judging: Judging) -> tuple[bytes, Callable[[], Verdict]]:
    try:
        data = source.read(letter)
    except OSError as problem:
        failure = Verdict(None, failure=f"cannot be read: {problem.strerror}")
        return b"", lambda: failure
    return data, judging.submit(data, source.envelope(data))


def _taken(letter: Letter, data: bytes, verdict: Callable[[], Verdict]) -> Judged:
    return Judged(letter, data, verdict())
