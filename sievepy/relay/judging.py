"""Judge the letters of a source, in order; a letter that cannot be judged is an answer too, never the end of the
run."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from sievepy.mail.envelope import LateEnvelope
from sievepy.mail.message import Message
from sievepy.plan import Plan
from sievepy.sources.port import Letter, Source


@dataclass(frozen=True, slots=True)
class Verdict:
    """A plan, or why there is none: the name of an error and its place in the code, nothing of the letter.

    `words`: for each of the plan's `fired`, what its tests met in the letter; empty where nobody is to see it.
    """

    plan: Plan | None
    seconds: float = 0.0
    failure: str | None = None
    words: tuple[tuple[str, ...], ...] = ()


Judge = Callable[[Message, LateEnvelope], Verdict]
"""Answers with a plan, and the words to be shown. The time is taken by whoever asks."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`data`, where they were asked for, are the very bytes that were judged, so that these are delivered whatever
    happens to the file; None also if the letter could not be read."""

    letter: Letter
    verdict: Verdict
    data: bytes | None = None

    @property
    def plan(self) -> Plan | None:
        return self.verdict.plan


class Judging(Protocol):
    """Where the letters of a source are judged."""

    def judge(self, letters: Sequence[Letter], *, with_data: bool) -> Iterator[Judged]:
        """Every letter with its verdict, in the order given. Letters that cannot be read are failures."""


@dataclass(frozen=True, slots=True)
class Here:
    """In this process, one letter at a time: each is read when its turn comes."""

    source: Source
    judging: Judge

    def judge(self, letters: Sequence[Letter], *, with_data: bool) -> Iterator[Judged]:
        return (judge_letter(self.source, letter, self.judging, with_data=with_data) for letter in letters)


def judge_letter(source: Source, letter: Letter, judge: Judge, *, with_data: bool) -> Judged:
    """Read a letter and judge it, by the envelope that its source knows of it."""
    try:
        data = source.read(letter)
    except OSError as problem:
        return Judged(letter, Verdict(None, failure=f"cannot be read: {problem.strerror}"))

    def verdict() -> Verdict:
        message = Message(data)
        return judge(message, lambda: source.envelope(message))

    return Judged(letter, verdict_of(verdict), data if with_data else None)


def verdict_of(judge: Callable[[], Verdict]) -> Verdict:
    """Judge one letter and take the time. Whatever is wrong with our code, the other letters go on."""
    start = time.perf_counter()
    try:
        found = judge()
    except Exception as problem:
        return Verdict(None, time.perf_counter() - start, _named(problem))
    return Verdict(found.plan, time.perf_counter() - start, found.failure, found.words)


def _named(problem: Exception) -> str:
    """Which error and where; not its text, which may hold words of the letter."""
    frame = traceback.extract_tb(problem.__traceback__)[-1]
    return f"internal error: {type(problem).__name__} at {PurePath(frame.filename).name}:{frame.lineno}"
