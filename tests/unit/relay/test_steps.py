"""What each action of a plan means where one folder stands in for every channel and place."""

from __future__ import annotations

import itertools

import pytest

from sievepy.plan import (
    Action,
    Assign,
    AssignSame,
    Bitrix,
    Copy,
    Discard,
    FileInto,
    Forward,
    Notify,
    Pipe,
    Plan,
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
from sievepy.relay.journal import Deliver, Enter, SetAside, Step
from sievepy.relay.steps import described, headers_of, place, steps_of
from tests.unit.relay.batches import plan, planned


def steps(of: Plan, aside: str | None = "Processed/x") -> tuple[Step, ...]:
    count = itertools.count(1)
    return steps_of(of, "id", lambda: f"name{next(count)}", aside)


@pytest.mark.parametrize(
    ("action", "where"),
    [
        (Assign("buh"), "buh"),
        (Assign("Бухгалтерия"), "Бухгалтерия"),
        (Assign("Triage"), "%54riage"),
        (Assign("pending.jsonl"), "%70ending.jsonl"),
        (Assign("../up"), "%2E.%2Fup"),
        (Triage(), "Triage"),
        (Propose("buh"), "Triage"),
        (Quarantine(), "Quarantine"),
        (Discard(), "Quarantine"),
        (FileInto("Автоответы/2026"), "Filed/Автоответы/2026"),
        (FileInto("a/new"), "Filed/a/%6Eew"),
        (FileInto("../../etc"), "Filed/%2E./%2E./etc"),
        (Forward("boss@x-com.kz"), "Forward/boss@x-com.kz"),
    ],
)
def test_where_a_destination_leads(action: Action, where: str) -> None:
    assert place(action) == tuple(where.split("/"))


@pytest.mark.parametrize("action", [Tag("a"), Copy("a@b.kz"), Notify("a"), AssignSame(), Sla(4, "h")])
def test_what_delivers_nothing(action: Action) -> None:
    assert place(action) is None


def test_the_steps_of_a_letter_in_order() -> None:
    assert steps(plan(*planned(Assign("buh"), Assign("ip"), Print("front")))) == (
        Deliver(("buh",), "name1"),
        Deliver(("ip",), "name2"),
        Enter(({"id": "id.1", "letter": "id", "action": "print", "queue": "front", "departments": ["buh", "ip"],
                "rules": ["Правило"]},)),
        SetAside("Processed/x"),
    )  # fmt: skip


def test_a_letter_that_stays_is_not_set_aside() -> None:
    assert steps(plan(*planned(Assign("buh"))), None) == (Deliver(("buh",), "name1"),)


def test_no_letter_goes_nowhere() -> None:
    assert steps(plan(*planned(Tag("a"), AssignSame())), None) == (Deliver(("Triage",), "name1"),)


def test_one_place_gets_one_letter_with_content_if_any_action_says_so() -> None:
    twice = plan(*planned(Triage(), reference=True), *planned(Propose("buh")))
    assert steps(twice, None) == (Deliver(("Triage",), "name1", reference=False),)
    both = plan(*planned(Quarantine(), reference=True), *planned(Discard(), reference=True))
    assert steps(both, None) == (Deliver(("Quarantine",), "name1", reference=True),)


def test_all_that_waits_elsewhere_becomes_lines() -> None:
    actions = (Notify("a"), Copy("b@c.kz"), Print("q"), Bitrix("item", None, (("TITLE", "x"),)), Pipe("p"), Reply("f"))
    (_, enter) = steps(plan(*planned(Assign("buh"), *actions, Sla(4, "h"), Tag("t"))), None)
    assert isinstance(enter, Enter)
    assert [line["action"] for line in enter.lines] == ["notify", "copy", "print", "bitrix", "pipe", "reply"]
    assert [line["id"] for line in enter.lines] == [f"id.{n}" for n in range(1, 7)]


def test_what_a_quarantine_holds_back_is_marked_held() -> None:
    held = plan(*planned(Quarantine()), kept=tuple(planned(Notify("buh"), Tag("x"))))
    (_, enter) = steps(held, None)
    assert isinstance(enter, Enter)
    assert [(line["action"], line["held"]) for line in enter.lines] == [("notify", True)]


def test_headers_say_who_decided_and_what_was_said() -> None:
    said = plan(*planned(Triage("why"), Tag("a"), Tag("b"), SubjectPrefix("[!]"), Sla(4, "h", "office"), Propose("ip")))
    assert headers_of(said, "id") == (
        ("X-Sievepy-ID", "id"),
        ("X-Sievepy-Program", "0123abcd"),
        ("X-Sievepy-Rule", "Правило"),
        ("X-Sievepy-Reason", "why"),
        ("X-Sievepy-Tag", "a"),
        ("X-Sievepy-Tag", "b"),
        ("X-Sievepy-Subject-Prefix", "[!]"),
        ("X-Sievepy-SLA", "4h in office"),
        ("X-Sievepy-Proposed", "ip"),
    )


def test_an_action_as_data_has_its_word_and_all_its_fields() -> None:
    assert described(Planned(Assign("buh", also=True), ("a",))) == {
        "action": "assign", "department": "buh", "also": True, "with_content": False,
    }  # fmt: skip
    assert described(Planned(Bitrix("task", "main", (("A", "b"),)), (), reference=True)) == {
        "action": "bitrix", "kind": "task", "portal": "main", "fields": [["A", "b"]], "with_content": False,
        "reference": True,
    }  # fmt: skip
    assert described(Planned(SubjectPrefix("[!]"), ())) == {"action": "subject prefix", "text": "[!]"}
