"""Where an answer goes: what the ledger keeps of a letter, whom it is asked for, and what that costs."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sievepy.engine.context import asks_for_known
from sievepy.ir.conditions import Fact, Field, Match
from sievepy.ir.dump import digest
from sievepy.ir.script import Channel, Department, Person, Rule, Script
from sievepy.mail.edit import Trace, trace_field
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.mail.trust import NO_TRUST
from sievepy.plan import Action, Assign, AssignSame, Discard, FileInto, Plan, Planned, Propose, Quarantine, Tag, Triage
from sievepy.relay.deliveries import Directory
from sievepy.relay.judge import Generation, Judge
from sievepy.relay.passing import RETURNED, message_id
from sievepy.relay.refusing import Refusing
from sievepy.relay.seeing import Known, MakeSee, Seen
from sievepy.relay.threads import begun, home, key, keys_of
from sievepy.relay.workers import Died
from sievepy.spool.port import Arrival, Delivery, SpoolError, Thread
from tests.unit.relay.test_judge import NOON, SECRET, SETTINGS, Bench

DEPARTMENTS = tuple(
    Department(name, None, (Channel("email", f"{name}@x.kz"),), restricted=name == "activ")
    for name in ("buh", "abon", "activ")
)
DIRECTORY = Directory.of(DEPARTMENTS, (Person("director", None, "r@x.kz"),))


def containing(word: str, *actions: Action) -> Rule:
    return Rule(word, Match(Field("subject"), "contains", (word,)), actions)


TOPICS = (
    containing("акт", Assign("buh")),
    containing("паспорт", Assign("activ"), Assign("buh")),
    containing("тариф", Assign("abon")),
    containing("spam", Quarantine()),
)
ANSWERS = Rule("Ответ", Fact("reply-to-known"), (AssignSame(),))
WITH, WITHOUT = (Script((*rules, *TOPICS), (Triage(),), departments=DEPARTMENTS) for rules in ((ANSWERS,), ()))


# ---------------------------------------------------------------- what is kept of a letter


def planned(*actions: Action) -> Plan:
    return Plan(tuple(Planned(action, ("r",)) for action in actions))


@pytest.mark.parametrize(
    ("actions", "names"),
    [
        ((Assign("buh"),), ("buh",)),
        ((Assign("buh"), Assign("ip", also=True), Tag("x")), ("buh", "ip")),
        ((Assign("activ"), Assign("buh", with_content=True)), ("activ", "buh")),
    ],
)
def test_a_letter_lives_with_those_who_got_it(actions: tuple[Action, ...], names: tuple[str, ...]) -> None:
    assert begun("<1@b.kz>", planned(*actions)) == (Thread(key("1@b.kz"), names),)


@pytest.mark.parametrize(
    "actions",
    [
        (),
        (Triage(),),
        (Quarantine(),),
        (Discard(),),
        (FileInto("Автоответы"),),
        (Propose("buh"),),
        (Assign("ip", also=True), Triage("unknown")),
    ],
)
def test_of_what_a_person_decides_or_nobody_got_nothing_is_kept(actions: tuple[Action, ...]) -> None:
    assert begun("<1@b.kz>", planned(*actions)) == ()


@pytest.mark.parametrize("raw", [None, "", "no identifier", "<", "<" + "x" * 997])
def test_a_letter_without_an_identifier_begins_no_thread(raw: str | None) -> None:
    assert begun(raw, planned(Assign("buh"))) == ()


@given(st.from_regex(r"[!-;=?-~]{1,40}@[a-z0-9.]{1,20}", fullmatch=True), st.sampled_from(["{}", "<{}>", " <{}> (x)"]))
def test_the_answer_to_a_letter_finds_its_key(identifier: str, form: str) -> None:
    raw = message_id(Message(f"Message-ID: {form.format(identifier)}\r\n\r\n".encode()))
    (thread,) = begun(raw, planned(Assign("buh")))
    assert keys_of(Message(f"In-Reply-To: <{identifier}>\r\n\r\n".encode())) == (thread.key,)


# ---------------------------------------------------------------- where a thread lives


@pytest.mark.parametrize(
    ("found", "lives"),
    [
        ({}, ()),
        ({b"2": ("abon",)}, ("abon",)),
        ({b"1": ("buh", "director"), b"2": ("abon",)}, ("buh", "director")),  # the nearest
        ({b"1": ("gone", "buh")}, ("buh",)),
        ({b"1": ("gone",), b"2": ("abon",)}, ("abon",)),
        ({b"1": ("gone",)}, ()),
        ({b"1": ()}, ()),
    ],
)
def test_a_thread_lives_with_the_nearest_letter_whose_departments_there_are(
    found: Mapping[bytes, Sequence[str]], lives: tuple[str, ...]
) -> None:
    assert home((b"1", b"2", b"3"), found, DIRECTORY) == lives


# ---------------------------------------------------------------- judging


class Counting:
    """Workers without processes; `asked` is where the thread lived, once for each time a letter was handed in."""

    def __init__(self, script: Script) -> None:
        self.asked: list[Known] = []
        self._see = MakeSee(script, digest(script), dt.UTC, NO_TRUST, SECRET)()

    async def judge(self, letter: bytes, envelope: Envelope, timestamp: float, known: Known = None) -> Seen:
        self.asked.append(known)
        return self._see(letter, envelope, timestamp, known)


class Threads(Bench):
    """A judge, its rules, and what it asks the ledger for."""

    def __init__(self, script: Script = WITH) -> None:
        super().__init__()
        self.read: list[Sequence[bytes]] = []
        self.ledger = self.spool.threads
        self.spool.threads = self._look  # type: ignore[method-assign]
        self.put(script)

    def put(self, script: Script, directory: Directory = DIRECTORY) -> None:
        """The rules from now on."""
        self.workers: Any = Counting(script)
        refusing = Refusing.of(script, dt.UTC, NO_TRUST)
        self.generation = Generation(digest(script), directory, refusing, self.workers, asks_for_known(script))

    async def _look(self, keys: Sequence[bytes]) -> Mapping[bytes, tuple[str, ...]]:
        self.read.append(keys)
        return await self.ledger(keys)

    async def send(self, number: int, subject: str, *answered: int, **envelope: Any) -> str:
        """Accepted, with the Message-ID of its number."""
        fields = [f"Message-ID: <{number}@b.kz>", f"Subject: {subject}"]
        if answered:
            fields.append("References: " + " ".join(f"<{one}@b.kz>" for one in answered))
        data = "\r\n".join([*fields, "", "text", ""]).encode()
        given = Envelope(**{"sender": "a@b.kz", "recipients": ("info@x.kz",), **envelope})
        arrival = Arrival(given, len(data), hashlib.sha256(data).digest(), data, message_id=f"<{number}@b.kz>")
        return (await self.spool.accept(arrival, NOON)).letter

    async def judged(self, number: int, subject: str, *answered: int, **envelope: Any) -> Plan:
        await self.send(number, subject, *answered, **envelope)
        await self.empty()
        return self.told.letters[-1].plan

    async def empty(self) -> None:
        """Until nothing waits to be judged. A judge runs once."""
        letters = len(self.told.letters) + (await self.spool.counts())["letter.accepted"]
        self.judge = Judge(
            self.spool, SETTINGS, lambda: self.generation, clock=lambda: NOON, dispatch=self, watch=self.told
        )
        await self.run(letters)


def bench(script: Script = WITH) -> Callable[[Callable[[Threads], Awaitable[None]]], None]:
    def run(test: Callable[[Threads], Awaitable[None]]) -> None:
        async def whole() -> None:
            await test(Threads(script))

        asyncio.run(whole())

    return run


def test_an_answer_goes_where_the_letter_went_and_so_does_the_answer_to_it() -> None:
    async def test(bench: Threads) -> None:
        assert (await bench.judged(1, "акт")).departments == ("buh",)
        answer = await bench.judged(2, "Re: hello", 1)
        assert (answer.departments, answer.rules) == (("buh",), ("Ответ",))
        assert (await bench.judged(3, "Re: Re: hello", 77, 2)).departments == ("buh",)
        assert [note.text for note in answer.notes] == ["the thread lives in buh"]

    bench()(test)


def test_the_nearest_of_several_threads_counts() -> None:
    async def test(bench: Threads) -> None:
        await bench.judged(1, "акт")
        await bench.judged(2, "тариф")
        assert (await bench.judged(3, "hello", 1, 2)).departments == ("abon",)
        assert (await bench.judged(4, "hello", 2, 1)).departments == ("buh",)

    bench()(test)


def test_an_unknown_thread_leaves_the_letter_to_the_other_rules() -> None:
    async def test(bench: Threads) -> None:
        assert (await bench.judged(1, "тариф", 7)).departments == ("abon",)
        assert (await bench.judged(2, "hello", 7)).destination == "triage"

    bench()(test)


@pytest.mark.parametrize("subject", ["spam", "hello"])
def test_answers_to_what_nobody_got_are_unknown(subject: str) -> None:
    async def test(bench: Threads) -> None:
        await bench.judged(1, subject)
        assert (await bench.judged(2, "hello", 1)).destination == "triage"

    bench()(test)


def test_who_repeats_a_message_id_does_not_lead_the_thread_elsewhere() -> None:
    async def test(bench: Threads) -> None:
        await bench.judged(1, "акт")
        assert (await bench.judged(1, "тариф")).departments == ("abon",)
        assert (await bench.judged(2, "hello", 1)).departments == ("buh",)

    bench()(test)


def test_a_stranger_in_a_restricted_thread_writes_to_it_and_learns_nothing() -> None:
    async def test(bench: Threads) -> None:
        await bench.judged(1, "паспорт", sender="client@b.kz")
        plan = await bench.judged(2, "hello", 1, sender="stranger@c.kz")
        assert [(p.action, p.reference) for p in plan.actions] == [(Assign("activ"), False), (Assign("buh"), True)]

    bench()(test)


def test_loops_and_what_came_back_are_not_looked_up() -> None:
    async def test(bench: Threads) -> None:
        name, value = trace_field(Trace("0h2b4k", "0" * 64), SECRET)
        await bench.judged(1, f"акт\r\n{name}: {value}", 7)
        await bench.judged(2, "акт", 7, folder=RETURNED, sender="")
        assert bench.read == []
        assert await bench.ledger([key("1@b.kz"), key("2@b.kz")]) == {}

    bench()(test)


# ---------------------------------------------------------------- what it costs


def test_rules_that_do_not_ask_cost_nothing() -> None:
    async def test(bench: Threads) -> None:
        assert (await bench.judged(1, "акт")).departments == ("buh",)
        assert (await bench.judged(2, "hello", 1)).destination == "triage"
        assert (bench.read, bench.workers.asked) == ([], [None, None])
        assert await bench.ledger([key("1@b.kz")]) == {}

    bench(WITHOUT)(test)


def test_a_letter_that_answers_costs_one_look_and_another_none() -> None:
    async def test(bench: Threads) -> None:
        await bench.judged(1, "акт")
        assert (bench.read, bench.workers.asked) == ([], [None])
        await bench.judged(2, "hello", *range(300), 1)
        assert len(bench.read) == 1 and len(bench.read[0]) == 100
        assert bench.workers.asked == [None, None, ("buh",)]

    bench()(test)


# ---------------------------------------------------------------- what happens meanwhile


def test_a_program_that_was_replaced_during_the_look_judges_nothing_any_more() -> None:
    """Its workers may have gone home: nobody waited for them. The new one judges, by its own departments."""

    async def test(bench: Threads) -> None:
        await bench.judged(1, "паспорт")

        async def slowly(keys: Sequence[bytes]) -> Mapping[bytes, tuple[str, ...]]:
            found = await bench.ledger(keys)
            bench.put(WITH, Directory.of(DEPARTMENTS[:1], ()))
            return found

        old = bench.workers
        bench.spool.threads = slowly  # type: ignore[method-assign]
        assert (await bench.judged(2, "hello", 1)).departments == ("buh",)
        assert (old.asked, bench.workers.asked) == ([None, None], [("buh",)])

    bench()(test)


def test_rules_that_begin_to_ask_know_no_letters_from_before() -> None:
    async def test(bench: Threads) -> None:
        await bench.judged(1, "акт")
        bench.put(WITH)
        assert (await bench.judged(2, "hello", 1)).destination == "triage"

    bench(WITHOUT)(test)


def test_a_ledger_that_cannot_be_read_puts_the_letter_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sievepy.relay.judge._PAUSE", 0.0)

    async def test(bench: Threads) -> None:
        await bench.judged(1, "акт")
        left = [SpoolError("busy")]

        async def once(keys: Sequence[bytes]) -> Mapping[bytes, tuple[str, ...]]:
            if left:
                raise left.pop()
            return await bench.ledger(keys)

        bench.spool.threads = once  # type: ignore[method-assign]
        assert (await bench.judged(2, "hello", 1)).departments == ("buh",)
        assert bench.told.said == ["internal: judge busy"]

    bench()(test)


def test_a_letter_that_kills_its_worker_after_the_look_is_counted_as_any_other() -> None:
    async def test(bench: Threads) -> None:
        await bench.judged(1, "акт")
        judge = bench.workers.judge

        async def mortal(letter: bytes, envelope: Envelope, timestamp: float, known: Known = None) -> Seen:
            if known:
                raise Died("ended by SIGKILL")
            seen: Seen = await judge(letter, envelope, timestamp, known)
            return seen

        bench.workers.judge = mortal
        assert (await bench.judged(2, "hello", 1)).destination == "triage"
        assert bench.told.said.count("died: ended by SIGKILL") == 3

    bench()(test)


def test_what_was_looked_up_before_a_death_is_looked_up_again() -> None:
    """The ledger is asked once an attempt: nothing of an attempt that died is believed."""

    async def test(bench: Threads) -> None:
        await bench.judged(1, "акт")
        await bench.send(2, "hello", 1)
        await bench.spool.claim_judgement(NOON, 9)
        await bench.spool.recover(NOON)
        await bench.empty()
        assert bench.told.letters[-1].plan.departments == ("buh",)

    bench()(test)


def test_an_answer_beside_its_letter_is_not_lost() -> None:
    """Both are judged at once, and the ledger may not know the letter yet: then the other rules decide."""

    async def test(bench: Threads) -> None:
        ids = [await bench.send(1, "акт"), await bench.send(2, "hello", 1)]
        await bench.empty()
        plans = {decided.letter.letter: decided.plan for decided in bench.told.letters}
        assert plans[ids[0]].departments == ("buh",)
        assert plans[ids[1]].departments == ("buh",) or plans[ids[1]].destination == "triage"
        found: list[Delivery] = [*await bench.spool.deliveries(ids[1])]
        assert len(found) == 1

    bench()(test)
