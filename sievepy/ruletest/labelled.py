"""Labelled letters: JSON lines that say where each letter should go, and how well the rules do.

A line is an object with `id`, `expect` (departments, the main one first; `unsorted`: a person must look, or it is
filed aside; `spam`: quarantine), optionally `accept` (also tolerable), and either `file` (a raw letter, relative to
the JSON lines file) or what the letter is made of: `from`, `subject`, `body`, `headers` (name: value), `attachments`
([{`name`, `text`?, `mime`?}]).
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sievepy.ir.cases import CaseAttachment, CaseHeader, CaseLetter
from sievepy.plan import Assign, Discard, Plan, Quarantine
from sievepy.ruletest.compose import Read, compose

_REMARKS = ("lang", "hard", "manual_hint")  # for people
ALL_FIELDS = frozenset(
    ("id", "expect", "accept", "file", "from", "to", "subject", "body", "headers", "attachments", *_REMARKS)
)


class Score(enum.StrEnum):
    """A letter sent to a wrong department is worse than one left to a person."""

    EXACT = "exact"  # the very set of `expect`
    ACCEPTED = "accepted"  # a set within `expect` and `accept`
    TRIAGE = "triage"  # left to a person
    WRONG = "wrong"  # anything else


@dataclass(frozen=True, slots=True)
class Label:
    """What a line says of a letter. `file`: the path of the raw letter, where it names one."""

    id: str
    file: str | None
    expect: frozenset[str]
    accept: frozenset[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    id: str
    data: bytes
    expect: frozenset[str]
    accept: frozenset[str]


class LabelError(ValueError):
    """A line that is no labelled letter; the message says which and why."""


def read_labelled(path: str, read: Read, zone: dt.tzinfo, recipient: str) -> Iterator[Labelled]:
    """The letters of a JSON lines file at `path`. Raises LabelError naming path and row, or OSError."""
    for row, item in _items(path, read):
        try:
            label = _label(item)
            data = read(_beside(path, label.file)) if label.file is not None else _made(item, zone, recipient, read)
        except LabelError as problem:
            raise LabelError(f"{path}:{row}: {problem}") from None
        yield Labelled(label.id, data, label.expect, label.accept)


def read_labels(path: str, read: Read) -> Iterator[Label]:
    """The labels alone; `file` is a path as `path` is. Raises LabelError naming path and row, or OSError."""
    for row, item in _items(path, read):
        try:
            label = _label(item)
        except LabelError as problem:
            raise LabelError(f"{path}:{row}: {problem}") from None
        yield label if label.file is None else replace(label, file=_beside(path, label.file))


def _items(path: str, read: Read) -> Iterator[tuple[int, Any]]:
    import msgspec

    for row, line in enumerate(read(path).splitlines(), 1):
        if line.strip():
            try:
                yield row, msgspec.json.decode(line)
            except msgspec.DecodeError as problem:
                raise LabelError(f"{path}:{row}: not a JSON object: {problem}") from None


def _beside(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return folder + slash + name


def _label(item: Any) -> Label:
    if not isinstance(item, dict):
        raise LabelError("a labelled letter is a JSON object")
    if unknown := sorted(set(item) - ALL_FIELDS):
        raise LabelError(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(ALL_FIELDS))}")
    if not item.get("expect"):
        raise LabelError("`expect` is missing: the departments the letter belongs to, or `unsorted`, or `spam`")
    expect, accept = frozenset(item["expect"]), frozenset(item.get("accept", []))
    return Label(str(item.get("id", "?")), item.get("file"), expect, accept)


def _made(item: dict[str, Any], zone: dt.tzinfo, recipient: str, read: Read) -> bytes:
    letter = CaseLetter(
        sender=item.get("from", "user@test.example"),
        to=item.get("to"),
        subject=item.get("subject", ""),
        body=item.get("body", ""),
        headers=tuple(CaseHeader(k, v, untrusted=True) for k, v in item.get("headers", {}).items()),
        attachments=tuple(CaseAttachment(a["name"], a.get("mime"), a.get("text")) for a in item.get("attachments", ())),
    )
    return compose(letter, zone=zone, hops=1, to=recipient, read=read).data


@dataclass(frozen=True, slots=True)
class Scored:
    """A labelled letter of a `file`, where the rules send it, and how well that is. `rules`: those that fired."""

    file: str
    letter: Labelled
    got: frozenset[str]
    score: Score
    rules: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.score in (Score.EXACT, Score.ACCEPTED)


def scored(file: str, letter: Labelled, plan: Plan) -> Scored:
    got = outcome(plan)
    return Scored(file, letter, got, score(got, letter.expect, letter.accept), plan.rules)


def outcome(plan: Plan) -> frozenset[str]:
    """Where the plan sends the letter, in the words of labels: departments, or `spam`, or `unsorted`."""
    if any(isinstance(p.action, Quarantine | Discard) for p in plan.actions):
        return frozenset({"spam"})
    return frozenset(p.action.department for p in plan.actions if isinstance(p.action, Assign)) or frozenset(
        {"unsorted"}
    )


def score(got: frozenset[str], expect: frozenset[str], accept: frozenset[str]) -> Score:
    if got == expect:
        return Score.EXACT
    if got <= expect | accept:
        return Score.ACCEPTED
    if got == {"unsorted"}:
        return Score.TRIAGE
    return Score.WRONG
