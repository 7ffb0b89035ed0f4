"""Labelled letters: JSON lines that say where each letter should go, and how well the rules do.

A line is an object with `id`, `expect` (departments, the main one first; `unsorted`: a person must look, or it is
filed aside; `spam`: quarantine), optionally `accept` (also tolerable), and either `file` (a raw letter, relative to
the JSON lines file) or what the letter is made of: `from`, `subject`, `body`, `headers` (name: value), `attachments`
([{`name`, `text`?, `mime`?}]).
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
class Labelled:
    id: str
    data: bytes
    expect: frozenset[str]
    accept: frozenset[str]


class LabelError(ValueError):
    """A line that is no labelled letter; the message says which and why."""


def read_labelled(path: str, read: Read, zone: dt.tzinfo, recipient: str) -> Iterator[Labelled]:
    """The letters of a JSON lines file at `path`. Raises LabelError naming path and row, or OSError."""
    import msgspec

    for row, line in enumerate(read(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = msgspec.json.decode(line)
        except msgspec.DecodeError as problem:
            raise LabelError(f"{path}:{row}: not a JSON object: {problem}") from None
        try:
            yield _labelled(item, lambda name: read(_beside(path, name)), zone, recipient)
        except LabelError as problem:
            raise LabelError(f"{path}:{row}: {problem}") from None


def _beside(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return folder + slash + name


def _labelled(item: Any, read: Callable[[str], bytes], zone: dt.tzinfo, recipient: str) -> Labelled:
    if not isinstance(item, dict):
        raise LabelError("a labelled letter is a JSON object")
    if unknown := sorted(set(item) - ALL_FIELDS):
        raise LabelError(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(ALL_FIELDS))}")
    if not item.get("expect"):
        raise LabelError("`expect` is missing: the departments the letter belongs to, or `unsorted`, or `spam`")
    if "file" in item:
        data = read(item["file"])
    else:
        letter = CaseLetter(
            sender=item.get("from", "user@test.example"),
            to=item.get("to"),
            subject=item.get("subject", ""),
            body=item.get("body", ""),
            headers=tuple(CaseHeader(k, v, untrusted=True) for k, v in item.get("headers", {}).items()),
            attachments=tuple(
                CaseAttachment(a["name"], a.get("mime"), a.get("text")) for a in item.get("attachments", ())
            ),
        )
        data = compose(letter, zone=zone, hops=1, to=recipient, read=read).data
    accept = item.get("accept", [])
    return Labelled(str(item.get("id", "?")), data, frozenset(item["expect"]), frozenset(accept))


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
