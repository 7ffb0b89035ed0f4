"""What a worker answers arrives as it was."""

from __future__ import annotations

import dataclasses
import pickle

from sievepy.plan import ACTION_NAMES, Fired, Hit, Note, NoteKind, Plan, Planned
from sievepy.relay.judging import Verdict
from sievepy.relay.packing import pack, unpack
from tests.unit.relay.batches import PLANS

VALUES = {
    "str": "а",
    "bool": True,
    "int | None": 7,
    "int": 3,
    "str | None": "b",
    "tuple[tuple[str, str], ...]": (("k", "v"),),
}
ACTIONS = [kind(*(VALUES[str(field.type)] for field in dataclasses.fields(kind))) for kind in ACTION_NAMES]
FULL = Plan(
    actions=tuple(Planned(action, ("Правило",), reference=True) for action in ACTIONS),
    kept=(Planned(ACTIONS[0], ()),),
    fired=(Fired("Правило", (Hit("subject", "subject", 1, 2), Hit("size", "", -1, -1)), observed=True),),
    notes=tuple(Note(kind, "why", "rule") for kind in NoteKind),
    flags=("charset-guessed",),
    program="0123abcd",
)


def test_plans_words_failures_and_bytes() -> None:
    answers = [
        (Verdict(FULL, 0.25, words=(("акты", "сверки"),)), b"letter"),
        (Verdict(None, 0.5, "internal error: KeyError at x.py:1"), None),
        *((Verdict(plan), None) for plan in PLANS.values()),
    ]
    found = unpack(pack(answers))
    assert found == answers
    plan = found[0][0].plan
    assert plan is not None
    assert plan.program == "0123abcd"  # which equality does not look at
    assert {type(note.kind) for note in plan.notes} == {NoteKind}


def test_what_letters_share_is_packed_once() -> None:
    shared = PLANS["two"]
    one, many = (len(pack([(Verdict(shared), None)] * count)) for count in (1, 100))
    assert many < one + 100 * 20
    assert one < len(pickle.dumps([(Verdict(shared), None)]))
