"""Notices that wait for each other go in one letter: none is lost or told of twice, and no more than one in a while."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import pytest

from sievepy.mail.edit import TRACE, read_trace
from sievepy.mail.message import Message
from sievepy.relay.passing import looping
from sievepy.sinks.port import Parcel, Result
from sievepy.spool.port import Delivery, NewDelivery
from tests.unit.relay.spools import steps
from tests.unit.relay.test_dispatcher import SECRET, Post, deferring, ok

HALF_AN_HOUR = dt.timedelta(minutes=30)
MINUTE = dt.timedelta(minutes=1)


def notice(target: str = "anna@x.kz", seconds: int = 1800, **options: str) -> NewDelivery:
    wait = dt.timedelta(seconds=seconds)
    return NewDelivery(
        "notify", target, "anna", rules=("Акты",), options={"digest": str(seconds), **options}, wait=wait
    )


def text_of(parcel: Parcel) -> str:
    assert isinstance(parcel.data, bytes)
    (text,) = [part.text().text for part in Message(parcel.data).parts() if part.type == "text/plain"]
    return text


async def collected(post: Post, count: int, apart: dt.timedelta = MINUTE) -> list[str]:
    """The letters of so many notices."""
    letters = []
    for _ in range(count):
        letters.append(await post.plan(notice(), options=notice().options))
        post.now += apart
    return letters


def named(parcel: Parcel, letters: Sequence[str]) -> list[str]:
    return [letter for letter in letters if f"Queue id: {letter}\n" in text_of(parcel)]


def test_what_came_in_half_an_hour_is_one_letter_when_the_first_is_due() -> None:
    async def work() -> tuple[Post, list[str]]:
        post = Post()
        letters = await collected(post, 5)
        post.now += HALF_AN_HOUR - 5 * MINUTE
        await post.run(5)
        return post, letters

    post, letters = asyncio.run(work())
    (parcel,) = post.sink.parcels
    assert named(parcel, letters) == letters
    assert text_of(parcel).startswith("5 letters came.\n\nQueue id: ")
    assert isinstance(parcel.data, bytes)
    for word in (b"secret", b"hello", b"a@b.kz"):
        assert word not in parcel.data
    assert set(asyncio.run(post.states())) == {"delivered"}


def test_nothing_goes_before_its_time() -> None:
    async def work() -> list[Parcel]:
        post = Post()
        await collected(post, 2)
        await post.plan(NewDelivery("email", "buh@x.kz"))
        post.now += HALF_AN_HOUR - 3 * MINUTE
        await post.run(1)
        return post.sink.parcels

    assert [parcel.target for parcel in asyncio.run(work())] == ["buh@x.kz"]


def test_what_comes_after_a_letter_waits_anew() -> None:
    async def work() -> tuple[Post, list[str], list[dt.datetime]]:
        post, at, letters = Post(), [], []
        post.sink.behave = lambda parcel: (at.append(post.now), ok(parcel))[1]
        for _ in range(120):
            letters += await collected(post, 1)
            due = [d for d in await post.spool.deliveries() if d.state == "queued" and d.next_at <= post.now]
            if due:
                await post.run(len(post.ended) + 1)
        return post, letters, at

    post, letters, at = asyncio.run(work())
    assert len(at) >= 3
    assert all(later - earlier >= HALF_AN_HOUR for earlier, later in pairwise(at))
    told = [letter for parcel in post.sink.parcels for letter in named(parcel, letters)]
    assert sorted(told) == sorted(set(told))


def test_more_than_the_queue_hands_out_at_once_is_one_letter_still() -> None:
    """After a pause all are due, and leased in several goes."""

    async def work() -> Post:
        post = Post()
        await collected(post, 60)
        post.now += dt.timedelta(days=1)
        await post.run(60)
        return post

    post = asyncio.run(work())
    assert len(post.sink.parcels) == 1
    assert set(asyncio.run(post.states())) == {"delivered"}


def test_one_that_is_handed_out_when_the_letter_is_on_its_way_waits_for_the_next() -> None:
    async def work() -> tuple[Post, list[Delivery]]:
        post = Post()
        await collected(post, 2)
        post.now += HALF_AN_HOUR
        await post.run(2)
        late = await post.plan(notice(), options=notice().options)
        await post.spool.wake(post.now)
        post.now += MINUTE
        await post.plan(NewDelivery("email", "buh@x.kz"))
        await post.run(3)
        found = list(await post.spool.deliveries(late))
        post.now += HALF_AN_HOUR
        await post.run(4)
        return post, found

    post, (late,) = asyncio.run(work())
    assert (late.state, late.last_reply) == ("queued", "waits for the next digest")
    assert late.next_at == late.created_at + HALF_AN_HOUR
    assert [parcel.target for parcel in post.sink.parcels] == ["anna@x.kz", "buh@x.kz", "anna@x.kz"]
    assert post.errors == []


def test_a_person_who_wants_everything_tried_now_gets_it() -> None:
    async def work() -> Post:
        post = Post()
        for count in (1, 2):
            await collected(post, 1)
            await post.spool.wake(post.now)
            post.dispatcher.try_all()
            await post.run(count)
        return post

    assert len(asyncio.run(work()).sink.parcels) == 2


def test_those_that_were_deferred_go_together_again_with_what_has_come_since() -> None:
    async def work() -> tuple[Post, list[str]]:
        post = Post(deferring)
        letters = await collected(post, 3)
        post.now += HALF_AN_HOUR
        await post.run(3)
        assert len({d.next_at for d in await post.spool.deliveries()}) == 1
        letters += await collected(post, 1)
        post.sink.behave = ok
        post.now += dt.timedelta(minutes=5)
        await post.run(7)
        return post, letters

    post, letters = asyncio.run(work())
    first, second = post.sink.parcels
    assert named(first, letters) == letters[:3]
    assert named(second, letters) == letters
    assert message_id(first) != message_id(second)


def message_id(parcel: Parcel) -> str:
    assert isinstance(parcel.data, bytes)
    return Message(parcel.data).header("message-id").values[0]


def test_a_lost_reply_makes_the_same_letter_again_and_the_journal_says_so() -> None:
    async def work() -> tuple[Post, list[str]]:
        post = Post(lambda _: Result("deferred", "reply lost", may_have_arrived=True))
        letters = await collected(post, 3)
        post.now += HALF_AN_HOUR
        await post.run(3)
        post.sink.behave = ok
        post.now += dt.timedelta(minutes=5)
        await post.run(6)
        return post, [step for letter in letters for step in steps(await post.spool.journal(letter))]

    post, story = asyncio.run(work())
    first, second = post.sink.parcels
    assert first.data == second.data
    assert (first.delivery, first.sender) == (second.delivery, second.sender)
    assert (story.count("redelivery"), story.count("delivered")) == (3, 3)


def test_after_a_crash_the_whole_letter_goes_again() -> None:
    """Killed when the sink had it and the queue did not know: leases are recovered, and nothing is told of apart."""

    async def work() -> tuple[Post, list[str]]:
        post = Post()
        letters = await collected(post, 3)
        post.now += HALF_AN_HOUR
        leased = await post.spool.lease(post.now, post.now + HALF_AN_HOUR, 10)
        await post.spool.gather(leased[0].id, "digest", post.now, post.now + HALF_AN_HOUR, 10)
        await post.spool.recover(post.now)
        await post.run(3)
        return post, letters

    post, letters = asyncio.run(work())
    (parcel,) = post.sink.parcels
    assert named(parcel, letters) == letters


def test_the_oldest_is_given_up_and_the_others_go_on() -> None:
    async def work() -> list[str]:
        post = Post(deferring)
        await collected(post, 1)
        post.now += dt.timedelta(days=4)
        await collected(post, 1)
        await post.run(2)
        post.now += dt.timedelta(days=1)
        await post.run(4)
        return await post.states()

    assert asyncio.run(work()) == ["failed", "queued"]


def test_others_targets_and_plain_notices_stand_apart() -> None:
    async def work() -> Post:
        post = Post()
        await post.plan(notice("a@x.kz"), options=notice().options)
        await post.plan(notice("b@x.kz"), options=notice().options)
        await post.plan(NewDelivery("notify", "a@x.kz", "anna"))
        post.now += HALF_AN_HOUR
        await post.run(3)
        return post

    assert sorted(parcel.target for parcel in asyncio.run(work()).sink.parcels) == ["a@x.kz", "a@x.kz", "b@x.kz"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_notice_that_comes_back_to_us_ends_here(count: int) -> None:
    """Whoever forwards notices to an intake address would have another one for each."""

    async def work() -> Post:
        post = Post()
        await collected(post, count)
        post.now += HALF_AN_HOUR
        await post.run(count)
        return post

    (parcel,) = asyncio.run(work()).sink.parcels
    assert isinstance(parcel.data, bytes)
    message = Message(parcel.data)
    assert looping(message, SECRET) is not None
    (value,) = message.header(TRACE).values
    assert read_trace(value.encode(), SECRET) is not None
    assert message.header("auto-submitted").values == ("auto-generated",)
