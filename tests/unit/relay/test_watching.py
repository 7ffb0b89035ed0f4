"""Who hears of what happens: the metrics, the log, and where a person must act, a letter to triage."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sievepy.mail.edit import Author
from sievepy.mail.envelope import Envelope
from sievepy.plan import Assign, Fired, Plan, Planned, Tag
from sievepy.relay.alarms import Alarms
from sievepy.relay.compiling import Compiled
from sievepy.relay.dispatcher import Settled
from sievepy.relay.judge import Decided
from sievepy.relay.log import open_log
from sievepy.relay.metrics import Metrics
from sievepy.relay.watching import Watching
from sievepy.sources.smtp.port import Event, Received, Session
from sievepy.spool.port import (
    Accepted,
    Delivery,
    DeliveryState,
    LetterState,
    Outcome,
    Queued,
    Settlement,
    SpoolBroken,
    SpoolFull,
)
from tests.unit.relay.spools import MemorySpool

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
SESSION = Session("192.0.2.7", helo="client.b.kz")
CANARY = "сверка"
DELIVERY = Delivery(
    "d1", "l1", "email", "buh@x.kz", "buh", False, ("Акты",), {}, DeliveryState.LEASED, 3, NOON, NOON, None
)


class Desk:
    """A Watching, its log and a queue for its alarms."""

    def __init__(self) -> None:
        self.out, self.spool, self.now = io.StringIO(), MemorySpool(), NOON
        self.watching = Watching(open_log(lambda: self.now, self.out), Metrics())
        self.watching.alarms = Alarms(
            self.spool,
            Author("postmaster@x.kz"),
            dt.timedelta(hours=1),
            clock=lambda: self.now,
            token=iter("abcdef").__next__,
            woken=lambda: None,
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    def counted(self, name: str, **labels: str) -> float:
        return self.watching.metrics.registry.get_sample_value(f"sievepy_{name}", labels) or 0.0

    def alarms(self) -> list[str]:
        async def read() -> list[str]:
            return [(await self.spool.read(one.letter)).decode() for one in await self.spool.letters()]

        return asyncio.run(read())


def after(happens: Callable[[Watching], Awaitable[None] | None], desk: Desk | None = None) -> Desk:
    desk = desk or Desk()

    async def run() -> None:
        if (waiting := happens(desk.watching)) is not None:
            await waiting

    asyncio.run(run())
    return desk


def settled(outcome: Outcome, reply: str = "550 5.1.1 no such user", delivery: Delivery = DELIVERY) -> Settled:
    return Settled(delivery, Settlement(outcome, reply), 0.5)


# ---------------------------------------------------------------- clients and letters


def test_clients_that_misbehave_are_logged_and_the_others_only_counted() -> None:
    desk = Desk()
    for event in Event:
        desk.watching.event(event, SESSION)
        assert desk.counted("smtp_events_total", event=event) == 1
    quiet = {Event.CONNECTED, Event.HUNG_UP, Event.NORMALIZED}
    assert [line["what"] for line in desk.lines] == [event for event in Event if event not in quiet]
    assert {(line["client"], line["level"]) for line in desk.lines} == {("192.0.2.7", "warning")}


def test_a_letter_that_came_before_is_counted_apart_and_its_bytes_not_at_all() -> None:
    received = Received(SESSION, "a@b.kz", ("info@x.kz",), b"x" * 70, 70, b"")
    desk = Desk()
    for duplicate in (False, True, True):
        desk.watching.accepted(Accepted("l1", duplicate), received)
    assert desk.counted("letters_accepted_total", duplicate="false") == 1
    assert desk.counted("letters_accepted_total", duplicate="true") == 2
    assert desk.counted("letters_bytes_total") == 70


def test_refusals_are_counted_by_their_codes() -> None:
    desk = Desk()
    desk.watching.refused(452, "4.3.1")
    assert desk.counted("replies_refused_total", code="452", status="4.3.1") == 1
    assert desk.lines == []


def test_a_letter_has_one_line_of_ids_and_names_and_none_of_its_words() -> None:
    envelope = Envelope(sender="author@b.kz", recipients=("info@x.kz", "buh@x.kz"))
    queued = Queued("l1", LetterState.ACCEPTED, envelope, 700, f"<{CANARY}@b.kz>", NOON, 1)
    plan = Plan(
        (Planned(Assign("buh"), ("Акты",)), Planned(Tag("money"), ("Акты",))), fired=(Fired("Акты"),), program="p"
    )
    desk = after(lambda watching: watching.decided(Decided(queued, plan, 1, 0.00123)))
    (line,) = desk.lines
    assert {name: line[name] for name in ("event", "id", "bytes", "recipients", "departments", "rules", "ms")} == {
        "event": "letter",
        "id": "l1",
        "bytes": 700,
        "recipients": 2,
        "departments": ["buh"],
        "rules": ["Акты"],
        "ms": 1.23,
    }
    assert CANARY not in desk.out.getvalue()
    assert "author" not in desk.out.getvalue()
    assert desk.counted("letters_decided_total", destination="assign") == 1
    assert desk.counted("departments_assigned_total", department="buh") == 1
    assert desk.counted("rules_fired_total", rule="Акты") == 1
    assert desk.counted("judging_seconds_count") == 1


def test_a_letter_without_any_action_has_no_destination() -> None:
    queued = Queued("l1", LetterState.ACCEPTED, Envelope(), 700, None, NOON, 1)
    desk = after(lambda watching: watching.decided(Decided(queued, Plan(()), 0, 0.1)))
    assert desk.counted("letters_decided_total", destination="none") == 1


def test_an_unread_letter_is_an_alarm() -> None:
    desk = after(lambda watching: watching.unread("l1", "judging it ended 3 workers"))
    assert (desk.lines[0]["event"], desk.lines[0]["level"]) == ("unread", "error")
    (alarm,) = desk.alarms()
    assert "Letter: l1" in alarm and "judging it ended 3 workers" in alarm
    assert desk.counted("letters_unread_total") == 1
    assert desk.counted("letters_accepted_total", duplicate="false") == 1  # the alarm is one, too


def test_a_worker_s_death_is_counted_and_logged() -> None:
    desk = after(lambda watching: watching.worker_died("l1", "ended by SIGXCPU"))
    assert (desk.lines[0]["letter"], desk.lines[0]["how"]) == ("l1", "ended by SIGXCPU")
    assert desk.counted("worker_deaths_total") == 1


# ---------------------------------------------------------------- deliveries


@pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.DEFERRED])
def test_what_is_delivered_or_waits_is_counted_and_nobody_is_troubled(outcome: Outcome) -> None:
    desk = after(lambda watching: watching.settled(settled(outcome)))
    assert desk.counted("deliveries_settled_total", outcome=outcome, channel="email") == 1
    assert (desk.lines, desk.alarms()) == ([], [])


@pytest.mark.parametrize(("outcome", "event"), [(Outcome.FAILED, "dead"), (Outcome.HELD, "held")])
def test_what_is_dead_or_held_is_an_error_and_an_alarm(outcome: Outcome, event: str) -> None:
    desk = after(lambda watching: watching.settled(settled(outcome, "550 no\r\nsuch user")))
    (line,) = desk.lines
    assert (line["event"], line["level"], line["letter"], line["delivery"]) == (event, "error", "l1", "d1")
    (alarm,) = desk.alarms()
    for text in ("Letter: l1", "Delivery: d1", "Department: buh", "Why: 550 no such user", "sievepy queue retry d1"):
        assert text in alarm


def test_about_one_destination_there_is_one_alarm_in_a_while_and_the_others_are_counted() -> None:
    desk = Desk()
    for _ in range(50):
        after(lambda watching: watching.settled(settled(Outcome.FAILED)), desk)
    assert len(desk.lines) == 50
    assert len(desk.alarms()) == 1
    assert desk.counted("alarms_total", told="yes") == 1
    assert desk.counted("alarms_total", told="quiet") == 49
    assert desk.counted("deliveries_settled_total", outcome="failed", channel="email") == 50


def test_what_came_back_is_an_alarm_with_its_codes() -> None:
    desk = after(lambda watching: watching.came_back(DELIVERY, "5.1.1"))
    assert desk.lines[0]["event"] == "returned"
    assert "It came back after it had been delivered (5.1.1)." in desk.alarms()[0]
    assert desk.counted("deliveries_returned_total") == 1


@pytest.mark.parametrize("problem", [SpoolFull("the disk is full"), SpoolBroken("the disk failed")])
def test_an_alarm_that_cannot_be_stored_is_in_the_log(problem: SpoolFull | SpoolBroken) -> None:
    desk = Desk()
    desk.spool.fail = problem
    after(lambda watching: watching.settled(settled(Outcome.FAILED)), desk)
    assert [line["event"] for line in desk.lines] == ["dead", "internal"]
    assert desk.lines[1]["why"] == str(problem)
    assert desk.counted("alarms_total", told="yes") == 0
    after(lambda watching: watching.settled(settled(Outcome.FAILED)), desk)
    assert len(desk.alarms()) == 1  # the next one is told at once


def test_before_there_is_a_queue_there_are_no_alarms() -> None:
    desk = Desk()
    desk.watching.alarms = None
    after(lambda watching: watching.unread("l1", "x"), desk)
    assert [line["event"] for line in desk.lines] == ["unread"]


# ---------------------------------------------------------------- ourselves


def test_an_error_of_ours_is_named_without_its_words() -> None:
    desk = after(lambda watching: watching.internal("send", KeyError(CANARY)))
    assert (desk.lines[0]["where"], desk.lines[0]["error"], desk.lines[0]["why"]) == ("send", "KeyError", "")
    desk.watching.failure(ValueError(CANARY), SESSION)
    assert CANARY not in desk.out.getvalue()
    assert desk.counted("internal_errors_total", where="send") == 1
    assert desk.counted("internal_errors_total", where="smtp") == 1


@pytest.mark.parametrize(
    ("compiled", "changed", "result", "level"),
    [
        (Compiled(None, "", ("main.rules:1:1: error",)), False, "refused", "error"),
        (Compiled(object(), "p2", (), 3), True, "changed", "info"),  # type: ignore[arg-type]
        (Compiled(object(), "p2", (), 3), False, "unchanged", "info"),  # type: ignore[arg-type]
    ],
)
def test_a_reload_says_what_it_came_to(compiled: Compiled, changed: bool, result: str, level: str) -> None:
    desk = Desk()
    desk.watching.metrics.show_program("p1")
    desk.watching.reloaded(compiled, changed)
    (line,) = desk.lines
    assert (line["event"], line["result"], line["level"]) == ("rules", result, level)
    assert line.get("problems", []) == list(compiled.problems)
    assert desk.counted("reloads_total", result=result) == 1
    in_force = "p1" if compiled.script is None else "p2"
    assert desk.counted("program", hash=in_force) == 1


# ---------------------------------------------------------------- what must not go round


def test_each_letter_too_large_for_its_sink_has_an_alarm_that_says_where_it_lies() -> None:
    desk = Desk()
    for number in (1, 2):
        delivery = dataclasses.replace(DELIVERY, id=f"d{number}", letter=f"l{number}")
        held = settled(Outcome.HELD, "it is too large for its sink: 552 5.3.4 no", delivery)
        asyncio.run(desk.watching.settled(dataclasses.replace(held, is_too_large=True)))
    first, second = desk.alarms()
    assert "Letter: l1\r\n" in first
    assert "`sievepy queue export l1`" in first
    assert "Why: it is too large for its sink: 552 5.3.4 no" in first
    assert "`sievepy queue export l2`" in second


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.HELD])
def test_an_alarm_that_cannot_be_delivered_raises_no_other(outcome: Outcome) -> None:
    alarm = dataclasses.replace(DELIVERY, options={"alarm": "yes"})
    desk = after(lambda watching: watching.settled(settled(outcome, delivery=alarm)))
    assert desk.alarms() == []
    assert [line["level"] for line in desk.lines] == ["error"]


def test_what_goes_round_by_itself_is_logged_and_raises_no_alarm() -> None:
    desk = after(lambda watching: watching.came_round("l1", "it was here before"))
    assert desk.alarms() == []
    assert desk.counted("letters_unread_total") == 1
    assert [(line["event"], line["letter"], line["level"]) for line in desk.lines] == [("unread", "l1", "error")]
