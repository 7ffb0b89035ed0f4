"""From plans to deliveries: a table of what each action becomes."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import pytest

from sievepy.ir.script import Channel, Department, Person
from sievepy.plan import (
    Action,
    Assign,
    AssignSame,
    Copy,
    Discard,
    FileInto,
    Forward,
    Notify,
    Plan,
    Planned,
    Propose,
    Quarantine,
    SubjectPrefix,
    Tag,
    Triage,
)
from sievepy.relay.deliveries import Directory, deliveries_of
from sievepy.spool.port import NewDelivery

Role = Literal["primary", "also", "fallback"]


def channel(target: str, role: Role = "primary", kind: str = "email", content: bool = False) -> Channel:
    return Channel(kind, target, role, with_content=content)


DIRECTORY = Directory.of(
    (
        Department("buh", None, (channel("buh@x.kz"),)),
        Department(
            "ip",
            None,
            (
                channel("ip-copy@x.kz", "also"),
                channel("ip@x.kz"),
                channel("Backup", "fallback", "maildir"),
            ),
        ),
        Department(
            "activ",
            None,
            (
                channel("activ@x.kz"),
                channel("boss@x.kz", "also"),
                channel("archive@x.kz", "also", content=True),
                channel("Activ", "fallback", "maildir"),
            ),
            restricted=True,
        ),
    ),
    (Person("anna", None, "Anna@X.kz"),),
)


def made(*actions: Action, reference: bool = False, kept: tuple[Action, ...] = ()) -> list[NewDelivery]:
    plan = Plan(
        tuple(Planned(action, ("rule",), reference) for action in actions),
        tuple(Planned(action, ("rule",)) for action in kept),
    )
    return list(deliveries_of(plan, DIRECTORY, {"key": "value"}))


def places(found: list[NewDelivery]) -> list[tuple[str, str]]:
    return [(one.channel, one.target) for one in found]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Assign("buh"), [("email", "buh@x.kz")]),
        (Assign("buh", also=True), [("email", "buh@x.kz")]),
        (Assign("anna"), [("email", "anna@x.kz")]),
        (Assign("ip"), [("email", "ip@x.kz"), ("email", "ip-copy@x.kz"), ("maildir", "Backup")]),
        (FileInto("Авто/Ответы"), [("file", "Авто/Ответы")]),
        (Triage(), [("triage", "here")]),
        (Propose("buh"), [("triage", "here")]),
        (Quarantine("why"), [("quarantine", "here")]),
        (Discard(), [("discard", "here")]),
        (Forward("R@X.kz"), [("email", "r@x.kz")]),
        (Forward("r@почта.kz"), [("email", "r@xn--80a1acny.kz")]),
    ],
)
def test_each_destination_has_its_deliveries(action: Action, expected: list[tuple[str, str]]) -> None:
    found = made(action)
    assert places(found) == expected
    assert all(one.rules == ("rule",) and one.options == {"key": "value", "planned": one.target} for one in found)


@pytest.mark.parametrize("action", [Tag("x"), SubjectPrefix("x"), AssignSame(), Assign("nobody"), Notify("anna")])
def test_a_plan_that_comes_to_nothing_goes_to_triage(action: Action) -> None:
    assert places(made(action))[-1] == ("triage", "here")


def test_additions_stand_beside_the_destination() -> None:
    found = made(Assign("buh"), Copy("Chef@x.kz"), Notify("anna"), Tag("money"))
    assert places(found) == [("email", "buh@x.kz"), ("email", "chef@x.kz"), ("notify", "anna@x.kz")]
    assert [one.department for one in found] == ["buh", None, "anna"]


def test_whoever_is_notified_twice_is_told_once_as_soon_and_as_much_as_anybody_asked() -> None:
    late, soon = Notify("anna", digest=600), Notify("anna", with_subject=True)
    for actions in [(late, soon), (soon, late)]:
        plan = Plan(tuple(Planned(action, (f"rule {n}",)) for n, action in enumerate((Assign("buh"), *actions))))
        _, notice = deliveries_of(plan, DIRECTORY, {}, "Акт сверки")
        assert notice.options == {"planned": "anna@x.kz", "subject": "Акт сверки"}
        assert (notice.wait, notice.rules) == (dt.timedelta(), ("rule 1", "rule 2"))


def test_a_digest_waits_and_only_who_asked_gets_the_subject() -> None:
    plan = Plan((Planned(Assign("buh"), ("r",)), Planned(Notify("anna", digest=600), ("r",))))
    delivery, notice = deliveries_of(plan, DIRECTORY, {}, "Акт сверки")
    assert notice.options == {"planned": "anna@x.kz", "digest": "600"}
    assert (delivery.wait, notice.wait) == (dt.timedelta(), dt.timedelta(minutes=10))


def test_a_department_with_a_maildir_is_notified_there() -> None:
    directory = Directory.of((Department("files", None, (channel("Files", kind="maildir"),)),), ())
    _, notice = deliveries_of(Plan((Planned(Triage(), ()), Planned(Notify("files"), ()))), directory, {})
    assert (notice.channel, notice.target, notice.options["by"]) == ("notify", "Files", "maildir")


def test_a_fallback_waits_behind_the_primary_channel_of_its_own_department() -> None:
    found = made(Assign("buh"), Assign("ip"))
    assert [one.fallback_of for one in found] == [None, None, None, 1]
    assert found[1].target == "ip@x.kz"


def test_quarantine_and_what_it_keeps_are_held() -> None:
    found = made(Quarantine(), kept=(Copy("chef@x.kz"),))
    assert [(one.channel, one.held) for one in found] == [("quarantine", True), ("email", True)]
    assert [one.held for one in made(Discard())] == [True]


def test_second_channels_of_a_restricted_department_get_a_reference_unless_with_content() -> None:
    found = made(Assign("activ"))
    assert {one.target: one.reference for one in found} == {
        "activ@x.kz": False,
        "boss@x.kz": True,
        "archive@x.kz": False,
        "Activ": False,
    }


def test_what_the_plan_makes_a_reference_is_one_by_every_channel() -> None:
    assert all(one.reference for one in made(Assign("ip"), reference=True))
    assert [one.reference for one in made(Copy("a@x.kz"), Triage(), reference=True)] == [True, True]
