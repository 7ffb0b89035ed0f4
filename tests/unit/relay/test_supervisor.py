"""The service from its start to its end: in which order its parts begin and end, and what ends it."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sievepy.relay import supervisor
from sievepy.relay.compiling import Compiled
from sievepy.relay.deliveries import Directory
from sievepy.relay.health import Answer
from sievepy.relay.log import open_log
from sievepy.relay.metrics import Metrics
from sievepy.relay.settings import Place, Settings
from sievepy.relay.supervisor import NotReady, PartEnded, Parts, Supervisor
from sievepy.relay.watching import Watching
from sievepy.spool.port import DeliveryState, NewDelivery, SpoolBroken, SpoolError
from tests.ports.spools import arrival, letter
from tests.unit.relay.spools import MemorySpool, steps

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
SETTINGS = Settings(
    "mx.x.kz", "x.kz", b"k" * 32, {"triage": Place("maildir", "Triage")}, metrics=None, edge=True, drain=5.0
)
GOOD: Any = Compiled(object(), "p", ())  # type: ignore[arg-type]
BAD = Compiled(None, "", ("main.rules:1:1: error[E010]: what is this?", "main.rules:2:1: error[E010]: and this?"))


class Part:
    """Any part: writes down what is asked of it. `fails`: what raises, and which error."""

    def __init__(self, name: str, told: list[str], fails: dict[str, Exception]) -> None:
        self.name, self._told, self._fails = name, told, fails
        self._end = asyncio.Event()
        self.closed = False

    def note(self, what: str) -> None:
        self._told.append(f"{self.name}.{what}")
        if (problem := self._fails.get(self._told[-1])) is not None:
            raise problem

    async def start(self) -> None:
        self.note("start")

    async def drain(self, timeout: float) -> None:
        self.note("drain")

    async def close(self) -> None:
        self.note("close")

    async def run(self) -> None:
        self.note("run")
        await self._end.wait()
        self.note("ran")

    def stop(self) -> None:
        self.note("stop")
        self._end.set()

    def wake(self) -> None:
        self.note("wake")


class Loaded(Part):
    """Programs whose loads come to what the test says."""

    outcomes: list[Compiled]

    class current:
        directory = Directory.of((), ())

    async def load(self) -> Compiled:
        self.note("load")
        return self.outcomes.pop(0)


class Service:
    """A supervisor over parts that only write down what is asked of them, and a queue in memory."""

    def __init__(
        self, *loads: Compiled, settings: Settings = SETTINGS, fails: dict[str, Exception] | None = None
    ) -> None:
        self.told: list[str] = []
        self.log, self.spool, self.now = io.StringIO(), MemorySpool(), NOON
        made = [Part(name, self.told, fails or {}) for name in ("source", "judge", "dispatcher", "sink", "intake")]
        source, judge, dispatcher, sink, self.intake = made
        programs = Loaded("programs", self.told, fails or {})
        programs.outcomes = list(loads or (GOOD,))
        self.watching = Watching(open_log(lambda: self.now, self.log), Metrics())
        parts: Any = (self.spool, programs, self.intake, source, judge, dispatcher, {"email": sink}, self.watching)
        self.supervisor = Supervisor(Parts(*parts), settings, lambda: self.now)

    async def run(self, while_ready: Callable[[], object] | None = None) -> None:
        """Until `while_ready`, a step a turn of the loop, has come to its end; then SIGTERM."""
        ready = asyncio.Event()
        running = asyncio.create_task(self.supervisor.run(ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        if ready.is_set():
            if while_ready is not None:
                await while_ready()  # type: ignore[misc]
            self.supervisor.stop()
        waiting.cancel()
        await running

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.log.getvalue().splitlines()]

    def internal(self) -> list[str]:
        lines = (json.loads(line) for line in self.log.getvalue().splitlines())
        return [line["where"] for line in lines if line["event"] == "internal"]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


async def page(service: Service, path: str) -> Answer:
    return await service.supervisor._pages()[path]()


# ---------------------------------------------------------------- order


def test_rules_stand_before_letters_come_and_the_source_ends_before_those_who_work_on_letters() -> None:
    service = Service()
    asyncio.run(service.run())
    wanted = [
        "programs.load",
        "source.start",
        "source.drain",
        "judge.stop",
        "dispatcher.stop",
        "judge.ran",
        "dispatcher.ran",
        "source.close",
        "sink.close",
        "programs.close",
    ]
    assert [what for what in service.told if what in wanted] == wanted
    assert {"judge.run", "dispatcher.run"} <= set(service.told)
    assert service.intake.closed
    assert service.events() == ["ready", "draining", "stopped"]


def test_where_no_rule_is_asked_in_the_session_letters_may_come_while_rules_are_compiled() -> None:
    service = Service(settings=replace(SETTINGS, edge=False))
    asyncio.run(service.run())
    assert service.told[:2] == ["source.start", "programs.load"]


@pytest.mark.parametrize("edge", [True, False])
def test_rules_that_do_not_stand_are_no_start_and_whatever_had_begun_is_ended(edge: bool) -> None:
    service = Service(BAD, settings=replace(SETTINGS, edge=edge))
    with pytest.raises(NotReady) as raised:
        asyncio.run(service.run())
    assert str(raised.value).splitlines() == list(BAD.problems)
    assert "judge.run" not in service.told
    assert service.told[-1] == "programs.close"
    assert ("source.start" in service.told) is not edge
    assert {"source.drain", "source.close", "sink.close"} <= set(service.told)


def test_a_port_that_is_taken_is_no_start() -> None:
    service = Service(fails={"source.start": OSError("address in use")})
    with pytest.raises(OSError, match="in use"):
        asyncio.run(service.run())
    assert service.told[-1] == "programs.close"


@pytest.mark.parametrize("step", ["source.drain", "source.close", "sink.close", "programs.close"])
def test_whatever_one_step_of_the_end_meets_the_next_ones_are_taken(step: str) -> None:
    service = Service(fails={step: RuntimeError("secret")})
    asyncio.run(service.run())
    assert {"source.drain", "judge.ran", "dispatcher.ran", "source.close", "sink.close", "programs.close"} <= set(
        service.told
    )
    assert service.internal() == [{"programs.close": "workers"}.get(step, step.partition(".")[0])]
    assert service.events()[-1] == "stopped"
    assert "secret" not in service.log.getvalue()


# ---------------------------------------------------------------- leases


async def leased(spool: MemorySpool) -> str:
    accepted = await spool.accept(arrival(letter()), NOON)
    await spool.claim_judgement(NOON, 1)
    await spool.plan(accepted.letter, b"{}", "p", [NewDelivery("email", "buh@x.kz")], (), NOON)
    await spool.lease(NOON, NOON + dt.timedelta(hours=1), 1)
    return accepted.letter


def test_leases_of_a_process_that_died_are_due_again_at_the_start() -> None:
    async def work() -> None:
        service = Service()
        letter = await leased(service.spool)
        await service.run()
        assert steps(await service.spool.journal(letter))[-1] == "recovered"
        assert json.loads(service.log.getvalue().splitlines()[0])["recovered"] == 1

    asyncio.run(work())


def test_what_was_not_delivered_when_the_time_was_up_goes_back_at_the_end() -> None:
    async def work() -> None:
        service = Service()
        await service.run(lambda: leased(service.spool))
        (delivery,) = await service.spool.deliveries()
        assert delivery.state is DeliveryState.QUEUED

    asyncio.run(work())


# ---------------------------------------------------------------- what ends it


@pytest.mark.parametrize("part", ["judge", "dispatcher"])
def test_a_part_that_fails_ends_the_service_with_an_error(part: str) -> None:
    service = Service(fails={f"{part}.run": RuntimeError("secret")})
    with pytest.raises(PartEnded, match=r"RuntimeError at test_supervisor\.py"):
        asyncio.run(service.supervisor.run(lambda: None))
    assert service.internal() == ["task"]
    assert service.told[-1] == "programs.close"
    assert "secret" not in service.log.getvalue()


def test_a_broken_disk_ends_the_service_with_an_error_and_leases_are_left_to_the_next_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "_LOOK", 0.01)

    async def work() -> None:
        service = Service()
        await leased(service.spool)
        service.spool.recover = recovered(service.spool.recover)  # type: ignore[method-assign]
        with pytest.raises(SpoolBroken):
            await service.supervisor.run(lambda: setattr(service.spool, "broken", SpoolBroken("the disk failed")))
        assert service.told[-1] == "programs.close"
        assert service.internal() == []

    def recovered(recover: Any) -> Any:
        async def once(now: dt.datetime) -> int:
            calls.append(now)
            return await recover(now)

        return once

    calls: list[dt.datetime] = []
    asyncio.run(work())
    assert len(calls) == 1  # at the start


# ---------------------------------------------------------------- reload and upkeep


def test_each_signal_loads_the_rules_anew_and_a_load_that_breaks_off_is_logged() -> None:
    service = Service(GOOD, GOOD, GOOD)

    async def twice() -> None:
        for loads in (2, 3):
            service.supervisor.reload()
            await until(lambda loads=loads: service.told.count("programs.load") == loads)  # type: ignore[misc]
        service.supervisor.reload()  # there is no fourth outcome
        await until(lambda: service.internal() == ["reload"])

    asyncio.run(service.run(twice))
    assert service.told.count("programs.load") == 4
    assert service.events()[-1] == "stopped"


def test_upkeep_comes_again_and_an_error_of_it_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_UPKEEP", 0.0)
    service = Service()

    async def discarded() -> None:
        service.spool.fail = SpoolError("busy")
        await until(lambda: service.internal() == ["upkeep"])
        accepted = await service.spool.accept(arrival(letter()), NOON)
        await service.spool.plan(
            accepted.letter, b"{}", "p", [NewDelivery("discard", "here", held=True)], (), NOON - dt.timedelta(days=30)
        )
        while await service.spool.find(accepted.letter):
            await asyncio.sleep(0)

    asyncio.run(service.run(discarded))
    assert service.events() == ["ready", "internal", "draining", "stopped"]


# ---------------------------------------------------------------- pages


def test_pages_say_how_it_is() -> None:
    service = Service()

    async def look() -> None:
        assert (await page(service, "/readyz")).data == b"ready\n"
        assert (await page(service, "/healthz")).data == b"alive\n"
        await leased(service.spool)
        assert b'sievepy_queue{kind="delivery",state="leased"} 1.0' in (await page(service, "/metrics")).data

    async def work() -> None:
        assert ((await page(service, "/readyz")).status, (await page(service, "/readyz")).data) == (503, b"starting\n")
        await service.run(look)
        assert (await page(service, "/readyz")).data == b"draining\n"

    asyncio.run(work())


def test_dead_letters_are_named_and_do_not_make_it_less_ready() -> None:
    service = Service()

    async def look() -> None:
        await leased(service.spool)
        (delivery,) = await service.spool.deliveries()
        await service.spool.recover(NOON)
        await service.spool.change(delivery.id, DeliveryState.FAILED, "anna", "", NOON)
        answer = await page(service, "/readyz")
        assert (answer.status, answer.data) == (200, b"ready\ndead letters: 1\n")

    asyncio.run(service.run(look))


def test_a_broken_disk_is_said_without_asking_the_queue() -> None:
    async def work() -> None:
        service = Service()
        service.spool.broken = SpoolBroken("the disk failed")
        service.spool.fail = SpoolBroken("the disk failed")
        assert (await page(service, "/healthz")).status == 503
        assert (await page(service, "/readyz")).status == 503
        assert (await page(service, "/metrics")).status == 200

    asyncio.run(work())
