"""From accepted letters to stored plans: by rules, and the letters that no rule is asked about."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from sievepy.ir.conditions import Field, Match
from sievepy.ir.dump import digest
from sievepy.ir.script import Channel, Department, Person, Rule, Script
from sievepy.mail.edit import Trace, trace_field, verp
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.mail.trust import NO_TRUST
from sievepy.plan import Assign, Notify, Plan, Planned, Quarantine, Triage
from sievepy.relay.deliveries import Directory
from sievepy.relay.dispatcher import Offer
from sievepy.relay.judge import _AT_ONCE, Decided, Generation, Judge
from sievepy.relay.judging import Verdict
from sievepy.relay.notices import subject_of
from sievepy.relay.pacing import Destination
from sievepy.relay.passing import ALARM, RETURNED
from sievepy.relay.refusing import Refusing
from sievepy.relay.seeing import MakeSee, Seen
from sievepy.relay.settings import Place, Settings
from sievepy.relay.workers import Died
from sievepy.spool.port import Arrival, Delivery, DeliveryState, Lease, NewDelivery, Outcome, Settlement
from tests.unit.relay.spools import MemorySpool, steps

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
SECRET = b"k" * 32
LEASE = dt.timedelta(minutes=30)
SETTINGS = Settings("mx.x.kz", "x.kz", SECRET, {"triage": Place("maildir", "Triage")})
SCRIPT = Script(
    (
        Rule("Акты", Match(Field("subject"), "contains", ("акт",)), (Assign("buh"),)),
        Rule("Анна", Match(Field("subject"), "contains", ("told",)), (Notify("anna", with_subject=True),)),
        Rule("Спам", Match(Field("subject"), "contains", ("spam",)), (Quarantine("реклама"),)),
    ),
    (Triage(),),
    departments=(Department("buh", None, (Channel("email", "buh@x.kz"),)),),
    persons=(Person("anna", None, "anna@x.kz"),),
)
ACT = "From: a@b.kz\r\nSubject: акт\r\n\r\nx\r\n".encode()


class Told:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.letters: list[Decided] = []

    def decided(self, decided: Decided) -> None:
        self.letters.append(decided)

    def worker_died(self, letter: str, how: str) -> None:
        self.said.append(f"died: {how}")

    async def came_back(self, delivery: Delivery, codes: str) -> None:
        self.said.append(f"back: {delivery.id} {codes}")

    def came_round(self, letter: str, why: str) -> None:
        self.said.append(f"round: {why}")

    async def unread(self, letter: str, why: str) -> None:
        self.said.append(f"unread: {why}")

    def internal(self, what: str, error: BaseException) -> None:
        self.said.append(f"internal: {what} {error}")


class Here:
    """Workers without processes."""

    def __init__(self, see: Callable[[Any, Envelope, float], Seen]) -> None:
        self._see = see

    async def judge(self, letter: bytes, envelope: Envelope, timestamp: float) -> Seen:
        return self._see(letter, envelope, timestamp)


class Bench:
    """A judge over a queue in memory."""

    def __init__(self, see: Callable[[Any, Envelope, float], Seen] | None = None) -> None:
        self.spool, self.told, self.planned = MemorySpool(), Told(), 0
        self.free: set[Destination] = set()
        self.offered: list[list[Destination]] = []
        self.begun: list[Sequence[Delivery]] = []
        workers: Any = Here(see or MakeSee(SCRIPT, digest(SCRIPT), dt.UTC, NO_TRUST, SECRET)())
        refusing = Refusing.of(SCRIPT, dt.UTC, NO_TRUST)
        self.generation = Generation("p", Directory.of(SCRIPT.departments, SCRIPT.persons), refusing, workers)
        self.judge = Judge(
            self.spool, SETTINGS, lambda: self.generation, clock=lambda: NOON, dispatch=self, watch=self.told
        )

    # ---- as `Dispatch`

    def offer(self, destinations: Iterable[Destination]) -> Offer | None:
        self.offered.append([*destinations])
        places = [one for one in self.offered[-1] if one in self.free]
        return Offer(Lease(NOON + LEASE, len(places), {*self.offered[-1]} - {*places}), places) if places else None

    def take(self, offer: Offer, leased: Sequence[Delivery]) -> None:
        self.begun.append(leased)

    def wake(self) -> None:
        self.planned += 1

    async def accept(self, data: bytes = ACT, **envelope: Any) -> str:
        given = Envelope(**{"sender": "a@b.kz", "recipients": ("info@x.kz",), **envelope})
        arrival = Arrival(given, len(data), hashlib.sha256(data).digest(), data)
        return (await self.spool.accept(arrival, NOON)).letter

    async def run(self, letters: int = 1) -> None:
        """Until so many letters have a plan."""
        task = asyncio.create_task(self.judge.run())
        while len(self.told.letters) < letters:
            await asyncio.sleep(0.01)
        self.judge.stop()
        await task


def judged(data: bytes = ACT, **envelope: Any) -> tuple[Bench, Plan, list[Delivery], list[str]]:
    async def work() -> tuple[Bench, Plan, list[Delivery], list[str]]:
        bench = Bench()
        letter = await bench.accept(data, **envelope)
        await bench.run()
        deliveries = await bench.spool.deliveries(letter)
        return bench, bench.told.letters[0].plan, list(deliveries), steps(await bench.spool.journal(letter))

    return asyncio.run(work())


def test_deliveries_that_can_begin_at_once_are_leased_with_the_plan() -> None:
    async def work() -> tuple[Bench, list[str]]:
        bench = Bench()
        bench.free = {("email", "buh@x.kz")}
        letter = await bench.accept()
        await bench.run()
        return bench, steps(await bench.spool.journal(letter))

    bench, journal = asyncio.run(work())
    assert bench.offered == [[("email", "buh@x.kz")]]
    ((delivery,),) = bench.begun
    assert (delivery.target, delivery.attempts, delivery.next_at) == ("buh@x.kz", 1, NOON + LEASE)
    assert (journal, bench.planned) == (["accepted", "judging", "planned", "decided", "attempt"], 0)


def test_held_deliveries_are_not_offered() -> None:
    async def work() -> Bench:
        bench = Bench()
        bench.free = {("quarantine", "here")}
        await bench.accept(b"From: a@b.kz\r\nSubject: spam\r\n\r\nx\r\n")
        await bench.run()
        return bench

    bench = asyncio.run(work())
    assert (bench.offered, bench.begun, bench.planned) == ([[]], [], 1)


def test_a_letter_is_handed_over_claimed_only_while_none_waits() -> None:
    async def work() -> tuple[list[bool], int]:
        bench = Bench()
        judge, room = bench.judge, []
        room.append(judge.reserve())  # it has not looked yet
        task = asyncio.create_task(judge.run())
        while not judge._caught_up:
            await asyncio.sleep(0)
        room.append(judge.reserve())
        data = ACT
        arrival = Arrival(Envelope(recipients=("info@x.kz",)), len(data), hashlib.sha256(data).digest(), data)
        accepted = await bench.spool.accept(arrival, NOON, claim=True)
        judge.take(accepted.claimed)
        while not bench.told.letters:
            await asyncio.sleep(0)
        judge.wake()  # another is in the queue
        room.append(judge.reserve())
        judge.stop()
        room.append(judge.reserve())
        await task
        return room, len(bench.told.letters)

    assert asyncio.run(work()) == ([False, True, False, False], 1)


def test_room_that_was_kept_for_nothing_goes_to_whoever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sievepy.relay.judge._IDLE", 3600.0)  # nothing but the room itself wakes it

    async def work() -> list[str]:
        bench = Bench()
        judge = bench.judge
        task = asyncio.create_task(judge.run())
        while not judge._caught_up:
            await asyncio.sleep(0)
        assert all(judge.reserve() for _ in range(_AT_ONCE))
        letter = await bench.accept()
        judge.wake()
        for _ in range(100):
            await asyncio.sleep(0)
        assert bench.told.letters == []
        judge.take(None)
        for _ in range(1000):
            await asyncio.sleep(0)
        judge.stop()
        await task
        return [letter, *(one.letter.letter for one in bench.told.letters)]

    letter, *judged = asyncio.run(work())
    assert judged == [letter]


def test_no_more_letters_are_handed_over_than_are_judged_at_once() -> None:
    async def work() -> list[bool]:
        judge = Bench().judge
        task = asyncio.create_task(judge.run())
        while not judge._caught_up:
            await asyncio.sleep(0)
        room = [judge.reserve() for _ in range(_AT_ONCE + 1)]
        judge.take(None)
        room += [judge.reserve(), judge.reserve()]
        judge.stop()
        await task
        return room

    assert asyncio.run(work()) == [True] * _AT_ONCE + [False, True, False]


def test_a_letter_gets_its_plan_its_deliveries_and_a_journal_in_one_step() -> None:
    bench, plan, deliveries, journal = judged()
    assert plan.departments == ("buh",)
    assert [(d.channel, d.target, d.department, d.rules) for d in deliveries] == [
        ("email", "buh@x.kz", "buh", ("Акты",))
    ]
    assert journal == ["accepted", "judging", "planned", "decided"]
    assert bench.planned == 1
    stored = json.loads(asyncio.run(bench.spool.plan_of(deliveries[0].letter)) or b"")
    assert (stored["departments"], stored["program"]) == (["buh"], plan.program)
    assert stored["fired"][0]["hits"] == [["subject", "subject", 0, 3]]


def test_a_delivery_knows_what_it_needs_of_its_letter() -> None:
    _, _, (delivery,), _ = judged(sender="author@b.kz")
    assert delivery.options["sender"] == "author@b.kz"
    assert delivery.options["departments"] == "buh"
    assert delivery.options["headers"].startswith("Received: from ")
    assert "X-Sievepy-Rule: Акты" in delivery.options["headers"]


def test_quarantine_is_held_for_a_person() -> None:
    _, _, (delivery,), _ = judged(b"Subject: spam\r\n\r\nx\r\n")
    assert (delivery.channel, delivery.state) == ("quarantine", DeliveryState.HELD)


def test_a_loop_is_held_and_no_rule_is_asked() -> None:
    name, value = trace_field(Trace("0h2b4k", "0" * 64), SECRET)
    bench, plan, (delivery,), _ = judged(f"{name}: {value}\r\n".encode() + ACT)
    assert (delivery.channel, delivery.state, plan.program) == ("quarantine", DeliveryState.HELD, "")
    assert bench.told.said == ["unread: held: it was here before"]


def test_an_automatic_letter_that_goes_round_is_held_without_an_alarm() -> None:
    """It may be an alarm of ours that triage forwards to us: an alarm about it would be the next."""
    name, value = trace_field(Trace("0h2b4k", "0" * 64), SECRET)
    bench, _, (delivery,), _ = judged(f"{name}: {value}\r\nAuto-Submitted: auto-generated\r\n".encode() + ACT)
    assert (delivery.channel, delivery.state) == ("quarantine", DeliveryState.HELD)
    assert bench.told.said == ["round: it was here before"]


def test_our_own_alarm_goes_to_triage_whatever_it_says() -> None:
    _, _, (delivery,), _ = judged(folder=ALARM)
    assert (delivery.channel, delivery.options["alarm"]) == ("triage", "yes")


SUBJECTS = [
    ("Акт сверки", "Акт сверки"),
    ("a\x1b[31mb\u202ec\u200d", "a [31mbc"),
    ("x" * 101, "x" * 99 + "…"),
    ("x" * 100, "x" * 100),
    ("", ""),
]


@pytest.mark.parametrize(("written", "told"), SUBJECTS)
def test_the_subject_for_a_notice_is_one_visible_short_line(written: str, told: str) -> None:
    encoded = f"=?utf-8?b?{base64.b64encode(written.encode()).decode()}?=" if written else ""
    notice = Plan((Planned(Notify("anna", with_subject=True), ("r",)),))
    message = Message(f"Subject: {encoded}\r\n\r\n".encode())
    assert subject_of(message, notice) == told
    assert subject_of(message, Plan((), kept=notice.actions)) == told
    assert subject_of(message, Plan((Planned(Notify("anna"), ("r",)),))) == ""


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ("Content-Type: image/jpeg", False),
        ("Content-Type: application/octet-stream", False),
        ("Content-Type: application/octet-stream\r\nContent-ID: <logo>", True),
        ("Content-Type: text/plain", True),
    ],
)
def test_a_letter_that_is_a_picture_itself_has_no_subject_to_tell(fields: str, is_told: bool) -> None:
    message = Message(f"Subject: x\r\n{fields}\r\n\r\n%PDF-1.7\r\n".encode())
    assert subject_of(message, Plan((Planned(Notify("anna", with_subject=True), ("r",)),))) == ("x" if is_told else "")


def test_the_subject_is_in_its_notice_and_in_no_other_delivery_nor_in_the_journal() -> None:
    async def work() -> tuple[list[Delivery], str]:
        bench = Bench()
        letter = await bench.accept(ACT.replace(b"Subject: ", b"Subject: told "))
        await bench.run()
        journal = await bench.spool.journal(letter)
        return list(await bench.spool.deliveries(letter)), f"{journal} {await bench.spool.plan_of(letter)!r}"

    deliveries, kept = asyncio.run(work())
    assert {d.target: "told" in str(d.options) for d in deliveries} == {"buh@x.kz": False, "anna@x.kz": True}
    assert "told" not in kept


# ---------------------------------------------------------------- what kills


def test_a_program_that_was_replaced_while_a_letter_s_bytes_were_fetched_judges_nothing() -> None:
    """Its workers may have gone home: nobody waited for them."""

    def gone(*_: object) -> Seen:
        raise AssertionError("its workers have gone home")

    async def work() -> list[str]:
        bench = Bench(gone)
        reloaded, content = Bench().generation, bench.spool.content

        async def slowly(letter: str) -> Any:
            bench.generation = reloaded
            return await content(letter)

        bench.spool.content = slowly  # type: ignore[method-assign]
        await bench.accept()
        await bench.run()
        return bench.told.said

    assert asyncio.run(work()) == []


def killing(*, times: int) -> Callable[[Any, Envelope, float], Seen]:
    left = [times]

    def see(data: Any, envelope: Envelope, timestamp: float) -> Seen:
        if b"poison" in data and left[0]:
            left[0] -= 1
            raise Died("ended by SIGKILL")
        return MakeSee(SCRIPT, digest(SCRIPT), dt.UTC, NO_TRUST, SECRET)()(data, envelope, timestamp)

    return see


def test_a_letter_that_killed_three_workers_goes_to_triage_unread_and_others_go_on() -> None:
    async def work() -> Bench:
        bench = Bench(killing(times=99))
        await bench.accept(b"Subject: poison\r\n\r\nx\r\n")
        await bench.accept()
        await bench.run(2)
        return bench

    bench = asyncio.run(work())
    assert bench.told.said.count("died: ended by SIGKILL") == 3
    assert bench.told.said[-1] == "unread: judging it ended 3 workers"
    act, poison = bench.told.letters
    assert act.plan.departments == ("buh",)
    assert (poison.plan.destination, poison.letter.attempts) == ("triage", 4)
    (delivery,) = asyncio.run(bench.spool.deliveries(poison.letter.letter))
    assert "X-Sievepy-Reason: not read: judging it ended 3 workers" in delivery.options["headers"]


def test_a_letter_that_killed_two_is_read_by_the_third() -> None:
    async def work() -> Bench:
        bench = Bench(killing(times=2))
        await bench.accept("Subject: poison акт\r\n\r\nx\r\n".encode())
        await bench.run()
        return bench

    assert asyncio.run(work()).told.letters[0].plan.departments == ("buh",)


def test_attempts_that_only_the_relay_s_own_death_cut_short_do_not_count() -> None:
    async def work() -> Bench:
        bench = Bench()
        await bench.accept()
        for _ in range(7):
            await bench.spool.claim_judgement(NOON, 9)
            await bench.spool.recover(NOON)
        await bench.run()
        return bench

    decided = asyncio.run(work()).told.letters[0]
    assert (decided.letter.attempts, decided.plan.departments) == (8, ("buh",))


def test_an_error_of_ours_while_judging_sends_the_letter_to_a_person() -> None:
    async def work() -> Bench:
        bench = Bench(lambda *_: Seen(Verdict(None, failure="internal error: KeyError at x.py:1")))
        await bench.accept()
        await bench.run()
        return bench

    bench = asyncio.run(work())
    assert bench.told.said == ["unread: internal error: KeyError at x.py:1"]
    assert bench.told.letters[0].plan.destination == "triage"


# ---------------------------------------------------------------- what comes back


def came_back(report: bytes, times: int = 1) -> tuple[Bench, str, str]:
    """A delivered letter, and a report that comes to its envelope sender: the bench, both letters' ids."""

    async def work() -> tuple[Bench, str, str]:
        bench = Bench()
        first = await bench.accept()
        (claimed,) = await bench.spool.claim_judgement(NOON, 1)
        new = [NewDelivery("email", "buh@x.kz", "buh")]
        (delivery,) = await bench.spool.plan(claimed.letter, b"{}", "p", new, (), NOON)
        await bench.spool.lease(NOON, NOON + dt.timedelta(minutes=1), 1)
        await bench.spool.settle(delivery, Settlement(Outcome.DELIVERED, "250 ok"), NOON)
        for _ in range(times):
            back = await bench.accept(report, sender="", recipients=(verp(delivery, SECRET, "x.kz"),), folder=RETURNED)
        await bench.run(times)
        return bench, first, back

    return asyncio.run(work())


FAILED = (
    b"From: mailer-daemon@y.kz\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; y.kz\r\n\r\nAction: failed\r\n"
    b"Status: 5.1.1\r\n\r\n--b--\r\n"
)


@pytest.mark.parametrize("times", [1, 2])
def test_a_failure_that_comes_back_is_a_dead_letter_and_is_never_routed(times: int) -> None:
    bench, first, back = came_back(FAILED, times)
    (dead,) = asyncio.run(bench.spool.deliveries(first))
    assert dead.state is DeliveryState.FAILED
    assert asyncio.run(bench.spool.deliveries(back)) == []
    assert bench.told.said == [f"back: {dead.id} 5.1.1"]


def test_a_delay_that_is_reported_changes_nothing() -> None:
    bench, first, back = came_back(FAILED.replace(b"failed", b"delayed"))
    (delivery,) = asyncio.run(bench.spool.deliveries(first))
    assert delivery.state is DeliveryState.DELIVERED
    assert "came-back" in steps(asyncio.run(bench.spool.journal(back)))
    assert bench.told.said == []
