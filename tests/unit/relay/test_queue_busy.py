"""A queue that cannot write just now (another process keeps it busy, the disk is full) takes the same step later: no
letter stays claimed, and no delivery leased, because of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sievepy.relay import dispatcher, judge
from sievepy.sinks.port import Parcel, Result
from sievepy.spool.port import DeliveryState, SpoolError, SpoolRefused
from tests.unit.relay.spools import steps
from tests.unit.relay.test_dispatcher import BUH, Post
from tests.unit.relay.test_judge import Bench


def refusing(step: Callable[..., Awaitable[Any]], *problems: SpoolError) -> Callable[..., Awaitable[Any]]:
    """The step, which raises these first."""
    left = list(problems)

    async def refused(*arguments: Any) -> Any:
        if left:
            raise left.pop(0)
        return await step(*arguments)

    return refused


BUSY = SpoolError("BusyError: database is locked")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "_PAUSE", 0)
    monkeypatch.setattr(judge, "_PAUSE", 0)


def test_a_delivery_is_settled_when_the_queue_can_write_again() -> None:
    async def work() -> None:
        post = Post()
        post.spool.settle = refusing(post.spool.settle, BUSY, BUSY)  # type: ignore[method-assign]
        await post.plan(BUH)
        await post.run(1)
        (delivery,) = await post.spool.deliveries()
        assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
        assert len(post.sink.parcels) == 1
        assert post.errors == [f"settle: {BUSY}"] * 2

    asyncio.run(work())


def test_what_the_queue_refuses_is_not_tried_again() -> None:
    async def work() -> None:
        post, asked = Post(), asyncio.Event()

        def behave(parcel: Parcel) -> Result:
            asked.set()
            return Result("delivered", "250 ok")

        post.sink.behave = behave
        problem = SpoolRefused("delivery 1 is delivered, not leased")
        post.spool.settle = refusing(post.spool.settle, problem)  # type: ignore[method-assign]
        await post.plan(BUH)
        task = asyncio.create_task(post.dispatcher.run())
        await asked.wait()
        post.dispatcher.stop()
        await task
        assert post.errors == [f"deliver: {problem}"]
        assert await post.states() == ["leased"]

    asyncio.run(work())


def test_a_letter_whose_plan_is_not_stored_is_given_back_and_judged_again() -> None:
    async def work() -> None:
        bench = Bench()
        bench.spool.plan = refusing(bench.spool.plan, BUSY)  # type: ignore[method-assign]
        bench.spool.unclaim = refusing(bench.spool.unclaim, BUSY, BUSY)  # type: ignore[method-assign]
        letter = await bench.accept()
        await bench.run()
        assert bench.told.said == [f"internal: judge {BUSY}", *[f"internal: unclaim {BUSY}"] * 2]
        story = steps(await bench.spool.journal(letter))
        assert story[:5] == ["accepted", "judging", "unclaimed", "judging", "planned"]

    asyncio.run(work())
