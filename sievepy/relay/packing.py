"""Verdicts on their way from the process that judged to the one that asked, as pickles.

Frozen dataclasses with slots are pickled one attribute at a time through Python code, which takes longer than to judge
a letter. Here each is the call that makes it (`Fired(title, hits, observed)`), and what several letters of one pack
share, such as the actions of a rule, is in it once.
"""

from __future__ import annotations

import dataclasses
import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sievepy.plan import ACTION_NAMES, Fired, Hit, Note, Plan, Planned
from sievepy.relay.judging import Verdict

Answer = tuple[Verdict, bytes | None]
"""What came of a letter, and its bytes where they were asked for."""

_Reduced = tuple[type, tuple[Any, ...]]


def _reducer(kind: type) -> Callable[[Any], _Reduced]:
    names = tuple(field.name for field in dataclasses.fields(kind))
    return lambda value: (kind, tuple([getattr(value, name) for name in names]))


_REDUCERS: Mapping[type, Callable[[Any], _Reduced]] = {
    kind: _reducer(kind) for kind in (Verdict, Plan, Planned, Fired, Hit, Note, *ACTION_NAMES)
}


def pack(answers: Sequence[Answer]) -> bytes:
    packed = io.BytesIO()
    pickler = pickle.Pickler(packed, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(answers)
    return packed.getvalue()


def unpack(packed: bytes) -> Sequence[Answer]:
    """Of bytes that `pack` made in a process of ours."""
    answers: Sequence[Answer] = pickle.loads(packed)
    return answers
