"""Where a delivery goes is looked up when its turn comes."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from sievepy.ir.script import Away, Channel, Department, Person
from sievepy.relay.deliveries import Directory
from sievepy.relay.routing import Route, Routes
from sievepy.relay.settings import Place
from sievepy.spool.port import Delivery, DeliveryState

ALMATY = dt.timezone(dt.timedelta(hours=5))
NOON = dt.datetime(2026, 12, 10, 12, 0, tzinfo=dt.UTC)


def day(number: int) -> dt.date:
    return dt.date(2026, 12, number)


DIRECTORY = Directory.of(
    (Department("buh", None, (Channel("email", "buh@new.kz"), Channel("maildir", "Buh", "also"))),),
    (
        Person("boss", None, "Boss@x.kz", (Away(day(10), day(14), "deputy"),)),
        Person("deputy", None, "deputy@x.kz", (Away(day(12), day(12), "buh"),)),
    ),
)
ROUTES = Routes(
    DIRECTORY,
    {"triage": Place("email", "d@x.kz"), "file": Place("maildir", "Filed"), "quarantine": Place("maildir", "Q")},
    ALMATY,
)


def delivery(channel: str, target: str, department: str | None = None) -> Delivery:
    return Delivery("d1", "l1", channel, target, department, False, (), {}, DeliveryState.LEASED, 1, NOON, NOON)


def route(channel: str, target: str, department: str | None = None, now: dt.datetime = NOON) -> Route | str:
    return ROUTES.of(delivery(channel, target, department), now)


@pytest.mark.parametrize(
    ("channel", "target", "department", "expected"),
    [
        ("email", "r@x.kz", None, Route("email", "r@x.kz")),
        ("email", "buh@new.kz", "buh", Route("email", "buh@new.kz")),
        ("email", "buh@old.kz", "buh", Route("email", "buh@new.kz")),
        ("maildir", "Old", "buh", Route("maildir", "Buh")),
        ("email", "gone@x.kz", "gone", Route("email", "gone@x.kz")),
        ("notify", "buh@old.kz", "buh", Route("email", "buh@new.kz")),
        ("triage", "here", None, Route("email", "d@x.kz")),
        ("quarantine", "here", None, Route("maildir", "Q")),
        ("file", "Авто/Ответы", None, Route("maildir", "Filed/Авто/Ответы")),
        ("file", "../../etc", None, Route("maildir", "Filed/%2E./%2E./etc")),
    ],
)
def test_the_route_of_each_kind(channel: str, target: str, department: str | None, expected: Route) -> None:
    assert route(channel, target, department) == expected


@pytest.mark.parametrize("channel", ["bitrix", "imap", "discard"])
def test_without_a_way_there_is_a_reason(channel: str) -> None:
    assert route(channel, "x") == f"nothing here delivers by {channel}"


def test_who_is_away_is_stood_in_for_on_those_days_of_the_zone() -> None:
    before = dt.datetime(2026, 12, 9, 18, 59, tzinfo=dt.UTC)
    assert route("email", "boss@x.kz", "boss", before) == Route("email", "boss@x.kz")
    assert route("email", "boss@x.kz", "boss", before + dt.timedelta(minutes=1)) == Route("email", "deputy@x.kz")
    assert route("notify", "boss@x.kz", "boss") == Route("email", "deputy@x.kz")


def test_what_a_person_redirected_goes_there() -> None:
    redirected = dataclasses.replace(delivery("email", "other@x.kz", "buh"), options={"planned": "buh@new.kz"})
    assert ROUTES.of(redirected, NOON) == Route("email", "other@x.kz")


def test_a_department_can_stand_in_for_a_person() -> None:
    twelfth = dt.datetime(2026, 12, 12, 3, 0, tzinfo=dt.UTC)
    assert route("email", "boss@x.kz", "boss", twelfth) == Route("email", "buh@new.kz")


def test_a_notice_goes_by_the_channel_it_was_planned_for() -> None:
    notice = dataclasses.replace(delivery("notify", "Buh", "buh"), options={"by": "maildir", "planned": "Buh"})
    assert ROUTES.of(notice, NOON) == Route("maildir", "Buh")
