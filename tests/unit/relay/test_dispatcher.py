"""What is due is delivered, settled, and tried again; no destination stands in another's way."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from sievepy.mail.edit import Author, read_verp
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.relay.deliveries import Directory
from sievepy.relay.dispatcher import Dispatcher, Settled
from sievepy.relay.pacing import Pacing, Policies, Policy
from sievepy.relay.parcels import Parcels
from sievepy.relay.routing import Routes
from sievepy.relay.settings import Place, Settings
from sievepy.sinks.port import ATTEMPT, Parcel, Result, Takes
from sievepy.spool.port import Arrival, Delivery, DeliveryState, NewDelivery, SpoolError
from tests.unit.relay.spools import MemorySpool, steps

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
SECRET = b"k" * 32
PLACES = {"triage": Place("maildir", "Triage")}
SETTINGS = Settings("mx.x.kz", "x.kz", SECRET, PLACES, each=2, together=10)
LETTER = b"X-Sievepy-Tag: forged\r\nFrom: a@b.kz\r\nSubject: secret\r\n\r\nhello\r\n"
HEADERS = "Received: from b.kz by mx.x.kz with ESMTP id 1; date\nX-Sievepy-ID: 1"
Behaviour = Callable[[Parcel], Result]


def ok(parcel: Parcel) -> Result:
    return Result("delivered", "250 ok")


def deferring(parcel: Parcel) -> Result:
    return Result("deferred", "450 later")


class ToldSink:
    """Does what the test says, and remembers what it was given."""

    kind = "test"
    takes = Takes()

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.parcels: list[Parcel] = []
        self.active: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def deliver(self, parcel: Parcel) -> Result:
        self.parcels.append(parcel)
        self.active[parcel.target] = self.active.get(parcel.target, 0) + 1
        self.most[parcel.target] = max(self.most.get(parcel.target, 0), self.active[parcel.target])
        await asyncio.sleep(0.001)
        self.active[parcel.target] -= 1
        return self.behave(parcel)

    async def probe(self) -> str | None:
        return None

    async def close(self) -> None:
        return None


class Post:
    """A dispatcher over a queue in memory."""

    def __init__(self, behave: Behaviour = ok, policy: Policy = Policy(), settings: Settings = SETTINGS) -> None:  # noqa: B008
        self.spool, self.sink, self.now = MemorySpool(), ToldSink(behave), NOON
        self.ended: list[Settled] = []
        self.errors: list[str] = []
        routes = Routes(Directory.of((), ()), PLACES, dt.UTC)
        self.dispatcher = Dispatcher(
            self.spool,
            settings,
            lambda: routes,
            {"email": self.sink, "maildir": self.sink},
            Parcels("x.kz", SECRET, Author("postmaster@x.kz")),
            Pacing(Policies(policy, policy), lambda: 1.0),
            clock=lambda: self.now,
            watch=self,
        )

    async def settled(self, settled: Settled) -> None:
        self.ended.append(settled)

    def internal(self, what: str, error: BaseException) -> None:
        self.errors.append(f"{what}: {error}")

    async def accept(self) -> str:
        envelope = Envelope(sender="a@b.kz", recipients=("info@x.kz",))
        accepted = await self.spool.accept(
            Arrival(envelope, len(LETTER), hashlib.sha256(LETTER).digest(), LETTER), self.now
        )
        await self.spool.claim_judgement(self.now, 1)
        return accepted.letter

    def made(self, delivery: NewDelivery, options: Mapping[str, str] | None = None) -> NewDelivery:
        given = {"sender": "a@b.kz", "headers": HEADERS, "departments": "activ", **(options or {})}
        return replace(delivery, options=given)

    async def plan(self, *deliveries: NewDelivery, options: Mapping[str, str] | None = None) -> str:
        letter = await self.accept()
        made = [self.made(one, options) for one in deliveries]
        await self.spool.plan(letter, b"{}", "p", made, (), self.now)
        return letter

    async def run(self, attempts: int) -> None:
        """Until so many attempts have ended."""
        self.dispatcher._stopping = False
        task = asyncio.create_task(self.dispatcher.run())
        while len(self.ended) < attempts:
            await asyncio.sleep(0.002)
        self.dispatcher.stop()
        await task

    async def states(self) -> list[str]:
        return [d.state for d in await self.spool.deliveries()]


def delivered(
    *deliveries: NewDelivery, behave: Behaviour = ok, attempts: int = 1, **options: str
) -> tuple[Post, Sequence[Delivery]]:
    async def work() -> tuple[Post, Sequence[Delivery]]:
        post = Post(behave)
        await post.plan(*deliveries, options=options)
        await post.run(attempts)
        return post, await post.spool.deliveries()

    return asyncio.run(work())


BUH = NewDelivery("email", "buh@x.kz", "buh", rules=("Акты",))

# ---------------------------------------------------------------- what is leased with its plan


def test_an_offer_keeps_places_until_it_is_taken() -> None:
    async def work() -> None:
        post = Post(settings=replace(SETTINGS, each=1, together=2))
        a, b, c = (("email", f"{name}@x.kz") for name in "abc")
        first = post.dispatcher.offer([a])
        assert first is not None
        assert (first.places, first.lease.limit, first.lease.skip) == ([a], 1, set())
        second = post.dispatcher.offer([a, b])
        assert second is not None
        assert (second.places, second.lease.limit, second.lease.skip) == ([b], 1, {a})
        assert post.dispatcher.offer([c]) is None  # together
        post.dispatcher.take(first, ())
        assert post.dispatcher.offer([b]) is None  # each
        third = post.dispatcher.offer([c])
        assert third is not None
        post.dispatcher.take(second, ())
        post.dispatcher.take(third, ())
        assert not post.dispatcher._active

    asyncio.run(work())


def test_what_was_leased_of_an_offer_is_delivered() -> None:
    async def work() -> tuple[Post, list[str]]:
        post = Post()
        offer = post.dispatcher.offer([("email", "buh@x.kz")])
        assert offer is not None
        letter = await post.accept()
        leased = await post.spool.plan_and_lease(letter, b"{}", "p", [post.made(BUH)], (), NOON, offer.lease)
        post.dispatcher.take(offer, leased)
        await post.run(1)
        return post, await post.states()

    post, states = asyncio.run(work())
    assert ([parcel.target for parcel in post.sink.parcels], states) == (["buh@x.kz"], ["delivered"])


def test_what_is_leased_while_we_stop_is_delivered_before_we_end() -> None:
    async def work() -> tuple[Post, list[str]]:
        post = Post()
        offer = post.dispatcher.offer([("email", "buh@x.kz")])
        assert offer is not None
        letter = await post.accept()
        running = asyncio.create_task(post.dispatcher.run())
        await asyncio.sleep(0.01)
        post.dispatcher.stop()
        leased = await post.spool.plan_and_lease(letter, b"{}", "p", [post.made(BUH)], (), NOON, offer.lease)
        await asyncio.sleep(0.01)
        assert not running.done()
        post.dispatcher.take(offer, leased)
        await running
        return post, await post.states()

    post, states = asyncio.run(work())
    assert (states, post.errors) == (["delivered"], [])


def test_nothing_is_offered_where_the_circuit_is_open_or_when_we_stop() -> None:
    async def work() -> None:
        post = Post(behave=lambda _: Result("deferred", "451 no"))
        place = ("email", "buh@x.kz")
        for _ in range(20):
            post.dispatcher._pacing.told(place, False, NOON)
        assert post.dispatcher.offer([place]) is None
        other = post.dispatcher.offer([place, ("email", "a@x.kz")])
        assert other is not None
        assert other.lease.skip == {place}
        post.dispatcher.stop()
        assert post.dispatcher.offer([("email", "b@x.kz")]) is None

    asyncio.run(work())


# ---------------------------------------------------------------- what is sent


def test_the_bytes_below_our_fields_are_those_received_without_forged_fields() -> None:
    post, (delivery,) = delivered(BUH)
    (parcel,) = post.sink.parcels
    assert isinstance(parcel.data, bytes)
    head, found, rest = parcel.data.partition(b"From: a@b.kz\r\n")
    assert found + rest == LETTER.partition(b"\r\n")[2]
    assert head.decode().splitlines() == [
        *HEADERS.splitlines(),
        f"X-Sievepy-Delivery-ID: {delivery.id}",
        "X-Sievepy-Department: buh",
    ]
    assert (parcel.target, parcel.size) == ("buh@x.kz", len(parcel.data))
    assert delivery.state is DeliveryState.DELIVERED


def test_the_envelope_sender_names_the_delivery_and_the_null_one_stays() -> None:
    post, (delivery,) = delivered(BUH)
    assert read_verp(post.sink.parcels[0].sender, SECRET) == delivery.id
    post, _ = delivered(BUH, sender="")
    assert post.sink.parcels[0].sender == ""


@pytest.mark.parametrize("delivery", [replace(BUH, reference=True), NewDelivery("notify", "anna@x.kz", "anna")])
def test_a_reference_and_a_notice_hold_no_byte_of_the_letter(delivery: NewDelivery) -> None:
    post, (made,) = delivered(delivery)
    data = post.sink.parcels[0].data
    assert isinstance(data, bytes)
    for word in (b"a@b.kz", b"secret", b"hello", b"b.kz", b"forged"):
        assert word not in data
    assert made.letter.encode() in data
    (text,) = [part.text().text for part in Message(data).parts() if part.type == "text/plain"]
    assert "Department: activ" in text


def test_a_reference_is_the_same_letter_at_every_attempt() -> None:
    async def work() -> list[Parcel]:
        post = Post(deferring)
        await post.plan(replace(BUH, reference=True))
        await post.run(1)
        post.now += dt.timedelta(hours=2)
        await post.run(2)
        return post.sink.parcels

    first, second = asyncio.run(work())
    assert (first.data, first.sender) == (second.data, second.sender)


# ---------------------------------------------------------------- how it ends


@pytest.mark.parametrize(
    ("outcome", "state"), [("delivered", "delivered"), ("deferred", "queued"), ("failed", "failed")]
)
def test_each_answer_has_its_state(outcome: str, state: str) -> None:
    post, (delivery,) = delivered(BUH, behave=lambda _: Result(outcome, "555 word"))  # type: ignore[arg-type]
    assert (delivery.state, delivery.last_reply) == (state, "555 word")
    assert post.errors == []


def test_a_letter_that_a_sink_cannot_take_is_wrapped_whole() -> None:
    def only_small(parcel: Parcel) -> Result:
        wrapped = isinstance(parcel.data, bytes) and b"letter.eml" in parcel.data
        return Result("delivered", "250 ok") if wrapped else Result("unsupported", "bare CR inside")

    post, (delivery,) = delivered(BUH, behave=only_small)
    assert (delivery.state, delivery.last_reply) == ("delivered", "250 ok (wrapped)")
    assert len(post.sink.parcels) == 2


def test_what_cannot_be_taken_wrapped_either_is_held() -> None:
    _, (delivery,) = delivered(BUH, behave=lambda _: Result("unsupported", "552 too large"))
    assert (delivery.state, delivery.last_reply) == ("held", "its sink cannot take it: 552 too large")


def test_a_letter_too_large_for_its_sink_is_held_unwrapped_and_a_person_is_told() -> None:
    post, (delivery,) = delivered(BUH, behave=lambda _: Result("unsupported", "552 5.3.4 no", is_too_large=True))
    assert (delivery.state, delivery.last_reply) == ("held", "it is too large for its sink: 552 5.3.4 no")
    assert [one.is_too_large for one in post.ended] == [True]
    assert len(post.sink.parcels) == 1


def test_a_lost_reply_is_one_marked_redelivery_with_the_same_id() -> None:
    async def work() -> tuple[Post, list[str]]:
        post = Post(lambda _: Result("deferred", "reply lost", may_have_arrived=True))
        letter = await post.plan(BUH)
        await post.run(1)
        post.now += dt.timedelta(hours=1)
        post.sink.behave = deferring
        await post.run(2)
        post.now += dt.timedelta(hours=1)
        post.sink.behave = ok
        await post.run(3)
        return post, steps(await post.spool.journal(letter))

    post, story = asyncio.run(work())
    assert [parcel.options[ATTEMPT] for parcel in post.sink.parcels] == ["1", "2", "3"]
    assert len({(parcel.delivery, parcel.data) for parcel in post.sink.parcels}) == 1
    assert story[3:] == ["attempt", "deferred", "attempt", "redelivery", "deferred", "attempt", "delivered"]


def test_what_an_error_of_ours_cut_off_may_have_arrived() -> None:
    def broken(parcel: Parcel) -> Result:
        raise KeyError

    _, (delivery,) = delivered(BUH, behave=broken)
    assert delivery.may_have_arrived


def test_what_was_never_sent_has_not_arrived() -> None:
    async def work() -> Sequence[Delivery]:
        async def gone(letter: str) -> bytes:
            raise SpoolError("its bytes are gone")

        post = Post()
        post.spool.content = gone  # type: ignore[method-assign]
        letter = await post.plan(BUH)
        await post.run(1)
        return await post.spool.deliveries(letter)

    (delivery,) = asyncio.run(work())
    assert (delivery.state, delivery.may_have_arrived) == ("queued", False)


def test_what_has_no_channel_here_is_held() -> None:
    _, (delivery,) = delivered(NewDelivery("bitrix", "x/lead"))
    assert (delivery.state, delivery.last_reply) == ("held", "nothing here delivers by bitrix")


def test_an_error_of_a_sink_is_a_deferral() -> None:
    def broken(parcel: Parcel) -> Result:
        raise KeyError("secret")

    post, (delivery,) = delivered(BUH, behave=broken)
    assert (delivery.state, delivery.last_reply) == ("queued", "internal error: KeyError")
    assert post.errors == ["send: 'secret'"]


def test_after_five_days_a_deferred_delivery_is_a_dead_letter() -> None:
    async def work() -> Sequence[Delivery]:
        post = Post(deferring)
        await post.plan(BUH)
        post.now += dt.timedelta(days=5)
        await post.run(1)
        return await post.spool.deliveries()

    (delivery,) = asyncio.run(work())
    assert (delivery.state, delivery.last_reply) == ("failed", "given up: 450 later")


def test_a_fallback_takes_over_only_when_the_primary_failed_for_good() -> None:
    fallback = NewDelivery("maildir", "Buh", "buh", fallback_of=0)
    _, states = delivered(BUH, fallback, behave=deferring)
    assert [d.state for d in states] == ["queued", "held"]
    _, states = delivered(
        BUH, fallback, behave=lambda p: ok(p) if p.target == "Buh" else Result("failed", "550 no"), attempts=2
    )
    assert [d.state for d in states] == ["replaced", "delivered"]


# ---------------------------------------------------------------- destinations


def test_a_destination_gets_a_few_at_a_time() -> None:
    async def work() -> Post:
        post = Post()
        for _ in range(12):
            await post.plan(BUH, NewDelivery("email", "ip@x.kz"))
        await post.run(24)
        return post

    post = asyncio.run(work())
    assert set(asyncio.run(post.states())) == {"delivered"}
    assert set(post.sink.most) == {"buh@x.kz", "ip@x.kz"}
    assert max(post.sink.most.values()) <= 3


def test_a_dead_destination_is_left_alone_and_drains_when_it_answers_again() -> None:
    def dead(parcel: Parcel) -> Result:
        return deferring(parcel) if parcel.target == "buh@x.kz" else ok(parcel)

    async def work() -> None:
        post = Post(dead, Policy(first=dt.timedelta(hours=1), failures=2, probe=dt.timedelta(minutes=5)))
        for _ in range(12):
            await post.plan(BUH)
        await post.plan(NewDelivery("email", "ip@x.kz"))
        await post.run(3)
        attempts = len(post.ended)
        assert attempts <= 6
        assert (await post.states())[-1] == "delivered"
        post.now += dt.timedelta(minutes=6)
        post.sink.behave = ok
        await post.run(attempts + 12)
        assert set(await post.states()) == {"delivered"}
        assert "woken" in steps(await post.spool.journal())

    asyncio.run(work())
