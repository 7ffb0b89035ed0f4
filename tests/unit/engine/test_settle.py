"""Conflicts are settled on the finished set of actions, whatever their order; every step is a note."""

from __future__ import annotations

from itertools import permutations

import pytest

from sievepy.engine.settle import Proposal, Settled, settle
from sievepy.plan import (
    Action,
    Assign,
    Bitrix,
    Copy,
    Discard,
    FileInto,
    Forward,
    NoteKind,
    Notify,
    Pipe,
    Planned,
    Print,
    Propose,
    Quarantine,
    Reply,
    Sla,
    SubjectPrefix,
    Tag,
    Triage,
)

BUH, ABON, ACTIV = Assign("buh"), Assign("abon"), Assign("activ")
SOFTENED = Quarantine("discard beside a department")


def settled(*actions: Action, restricted: str | None = None) -> Settled:
    proposals = [Proposal(action, f"rule {n}") for n, action in enumerate(actions)]
    return settle(proposals, frozenset({restricted} if restricted else ()))


def left(made: Settled) -> list[Action]:
    return [planned.action for planned in made.actions]


@pytest.mark.parametrize(
    ("asked", "expected", "kinds"),
    [
        ([BUH, ABON], [BUH, ABON], []),
        ([BUH, Triage()], [BUH, Triage()], []),
        ([BUH, Propose("abon")], [BUH, Propose("abon")], []),
        ([BUH, FileInto("Архив")], [BUH], [NoteKind.SKIPPED]),
        ([BUH, Forward("a@b.kz")], [BUH], [NoteKind.SKIPPED]),
        ([Assign("ip", also=True), FileInto("Архив")], [Assign("ip", also=True)], [NoteKind.SKIPPED]),
        ([FileInto("Архив"), Forward("a@b.kz")], [FileInto("Архив"), Forward("a@b.kz")], []),
        ([BUH, Quarantine("спам")], [Quarantine("спам")], [NoteKind.REPLACED]),
        ([BUH, ABON, Quarantine()], [Quarantine()], [NoteKind.REPLACED] * 2),
        ([FileInto("Архив"), Quarantine()], [Quarantine()], [NoteKind.SKIPPED]),
        ([Triage(), Quarantine()], [Quarantine()], [NoteKind.SKIPPED]),
        ([Discard(), Quarantine("спам")], [Quarantine("спам")], [NoteKind.REPLACED]),
        ([Discard()], [Discard()], []),
        ([BUH, Discard()], [SOFTENED], [NoteKind.REPLACED] * 2),
        ([BUH, Discard(), FileInto("Архив")], [SOFTENED], [NoteKind.REPLACED] * 2 + [NoteKind.SKIPPED]),
    ],
)
def test_the_table_of_precedence(asked: list[Action], expected: list[Action], kinds: list[NoteKind]) -> None:
    for order in permutations(asked):
        made = settled(*order)
        assert sorted(map(repr, left(made))) == sorted(map(repr, expected))
        assert sorted(note.kind for note in made.notes) == sorted(kinds)


def test_a_note_names_what_was_skipped_beside_what_and_the_rule_that_asked() -> None:
    [note] = settled(BUH, FileInto("Архив")).notes
    assert note.text == 'file "Архив": skipped beside assign buh'
    assert note.rule == "rule 1"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (BUH, BUH, BUH),
        (BUH, Assign("buh", also=True), BUH),
        (BUH, Assign("buh", with_content=True), Assign("buh", with_content=True)),
        (Forward("A@x.kz"), Forward("a@X.kz"), Forward("A@x.kz")),
        (Copy("a@x.kz"), Copy("a@x.kz", with_content=True), Copy("a@x.kz", with_content=True)),
        (FileInto("А"), FileInto("А", with_content=True), FileInto("А", with_content=True)),
        (Bitrix("item"), Bitrix("item", with_content=True), Bitrix("item", with_content=True)),
        (Quarantine("а"), Quarantine("б"), Quarantine("а; б")),
        (Quarantine(), Quarantine(), Quarantine()),
        (Triage(), Triage("не прочитано"), Triage("не прочитано")),
        (Tag("т"), Tag("т"), Tag("т")),
    ],
)
def test_actions_with_one_target_are_one_with_the_titles_of_all_rules(
    one: Action, other: Action, expected: Action
) -> None:
    assert settled(one, other).actions == (Planned(expected, ("rule 0", "rule 1")),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FileInto("А"), FileInto("Б")),
        (Tag("а"), Tag("б")),
        (Notify("buh"), Notify("buh", digest=600)),
        (Bitrix("item"), Bitrix("task")),
        (Propose("buh"), Propose("abon")),
        (Forward("a@x.kz"), Copy("a@x.kz")),
    ],
)
def test_actions_with_two_targets_stay_two(one: Action, other: Action) -> None:
    assert len(settled(one, other).actions) == 2


def test_destinations_stand_first_in_the_order_asked_for() -> None:
    assert left(settled(Tag("т"), BUH, Reply("ok.txt"), ABON)) == [BUH, ABON, Tag("т"), Reply("ok.txt")]


@pytest.mark.parametrize("holding", [Quarantine(), Discard()])
def test_what_holds_a_letter_back_keeps_the_additions_for_its_release(holding: Action) -> None:
    additions: list[Action] = [Copy("a@x.kz"), Notify("buh"), Bitrix("item"), Print("п"), Pipe("p"), Sla(4, "h")]
    additions += [Reply("r"), SubjectPrefix("x")]
    made = settled(holding, *additions, Tag("спам"))
    assert left(made) == [holding, Tag("спам")]
    assert [planned.action for planned in made.kept] == additions


# ---------------------------------------------------------------- restricted departments


@pytest.mark.parametrize(
    "action",
    [BUH, Triage(), Propose("buh"), Copy("a@x.kz"), Bitrix("item"), Print("п"), Pipe("p"), Assign("buh", also=True)],
)
def test_beside_a_restricted_department_others_get_a_reference(action: Action) -> None:
    made = settled(ACTIV, action, restricted="activ")
    assert [planned.reference for planned in made.actions] == [False, True]
    assert [note.kind for note in made.notes] == [NoteKind.REFERENCE]


@pytest.mark.parametrize(
    "action",
    [
        Assign("buh", with_content=True),
        Copy("a@x.kz", with_content=True),
        Bitrix("item", with_content=True),
        Tag("т"),
        Notify("buh"),
        Sla(1, "wd"),
        Reply("ok.txt"),
    ],
)
def test_with_content_and_what_carries_none_stay_as_they_are(action: Action) -> None:
    made = settled(ACTIV, action, restricted="activ")
    assert not any(planned.reference for planned in made.actions)
    assert made.notes == ()


def test_a_notice_does_not_show_the_subject_of_a_restricted_letter() -> None:
    made = settled(ACTIV, Notify("buh", with_subject=True), restricted="activ")
    assert left(made) == [ACTIV, Notify("buh")]
    assert [note.kind for note in made.notes] == [NoteKind.REFERENCE]


def test_a_restricted_department_that_is_not_assigned_restricts_nothing() -> None:
    assert not any(p.reference for p in settled(BUH, Copy("a@x.kz"), Propose("activ"), restricted="activ").actions)


def test_what_is_kept_beside_a_quarantine_is_a_reference_if_a_restricted_department_was_asked_for() -> None:
    made = settled(ACTIV, Quarantine(), Copy("a@x.kz"), restricted="activ")
    assert made.kept == (Planned(Copy("a@x.kz"), ("rule 2",), reference=True),)
    assert not made.actions[0].reference
