"""The contract of `port.Spool`: leases, settlements and fallbacks."""

from __future__ import annotations

import dataclasses

import pytest

from sievepy.spool.port import DeliveryState, SpoolRefused
from tests.ports.spools import DAY, HOUR, MINUTE, NOW, arrival, ended, leased, letter, planned, states, story, to


def test_a_lease_counts_its_attempt_and_excludes_others(run) -> None:
    async def test(spool) -> None:
        _, (id,) = await planned(spool, to("a"))
        (one,) = await spool.lease(NOW, NOW + HOUR, 10)
        assert (one.id, one.attempts, one.state, one.next_at) == (id, 1, DeliveryState.LEASED, NOW + HOUR)
        assert list(await spool.lease(NOW + MINUTE, NOW + HOUR, 10)) == []

    run(test)


def test_a_lease_that_ran_out_is_due_again(run) -> None:
    async def test(spool) -> None:
        await planned(spool, to("a"))
        await spool.lease(NOW, NOW + MINUTE, 10)
        (again,) = await spool.lease(NOW + HOUR, NOW + 2 * HOUR, 10)
        assert again.attempts == 2

    run(test)


def test_leases_of_a_dead_process_are_recovered(run) -> None:
    async def test(spool) -> None:
        await planned(spool, to("a"))
        waiting = await spool.accept(arrival(letter(2)), NOW)
        await spool.claim_judgement(NOW, 10)
        await spool.lease(NOW, NOW + HOUR, 10)
        assert await spool.recover(NOW + MINUTE) == 1
        assert (await leased(spool, NOW + MINUTE))["a"].attempts == 2
        (again,) = await spool.claim_judgement(NOW, 10)
        assert (again.letter, again.attempts) == (waiting.letter, 2)

    run(test)


def test_destinations_are_skipped_and_probed(run) -> None:
    async def test(spool) -> None:
        for number in range(3):
            await planned(spool, to("a"), to("b"), to("a", channel="maildir"), data=letter(number))
        skipped = await spool.lease(NOW, NOW + HOUR, 100, skip=[("email", "a"), ("maildir", "a")])
        assert [one.target for one in skipped] == ["b"] * 3
        (probe,) = await spool.lease(NOW, NOW + HOUR, 1, only=("email", "a"))
        assert (probe.channel, probe.target) == ("email", "a")

    run(test)


def test_a_deferred_delivery_waits_and_can_be_woken(run) -> None:
    async def test(spool) -> None:
        await planned(spool, to("a"), to("b"))
        for one in (await leased(spool)).values():
            await spool.settle(one.id, ended("deferred", NOW + HOUR), NOW)
        assert await leased(spool, NOW + MINUTE) == {}
        assert await spool.wake(NOW + MINUTE, ("email", "a")) == 1
        assert set(await leased(spool, NOW + MINUTE)) == {"a"}
        assert await spool.wake(NOW + MINUTE) == 1
        assert (await leased(spool, NOW + MINUTE))["b"].last_reply == "deferred, said the sink"

    run(test)


@pytest.mark.parametrize("outcome", ["delivered", "failed"])
def test_what_is_finished_is_never_finished_twice(run, outcome) -> None:
    async def test(spool) -> None:
        letter_id, (id,) = await planned(spool, to("a"))
        with pytest.raises(SpoolRefused):
            await spool.settle(id, ended(outcome), NOW)  # not leased
        await spool.lease(NOW, NOW + HOUR, 1)
        await spool.settle(id, ended(outcome), NOW)
        for second in ("delivered", "failed"):
            with pytest.raises(SpoolRefused):
                await spool.settle(id, ended(second), NOW)
        assert list(await spool.lease(NOW + DAY, NOW + 2 * DAY, 10)) == []
        assert await spool.counts() == {"letter.done": 1, f"delivery.{outcome}": 1}
        assert await story(spool, letter_id) == ["accepted", "planned", "attempt", outcome]

    run(test)


def test_a_deferral_says_until_when(run) -> None:
    async def test(spool) -> None:
        _, (id,) = await planned(spool, to("a"))
        await spool.lease(NOW, NOW + HOUR, 1)
        with pytest.raises(SpoolRefused):
            await spool.settle(id, ended("deferred"), NOW)

    run(test)


def test_a_letter_is_done_only_when_nothing_of_it_is_pending(run) -> None:
    async def test(spool) -> None:
        id, _ = await planned(spool, to("a"), to("b"))
        due = await leased(spool)
        await spool.settle(due["a"].id, ended("delivered"), NOW)
        assert (await spool.counts())["letter.planned"] == 1
        await spool.settle(due["b"].id, ended("held"), NOW)
        assert (await spool.counts())["letter.held"] == 1
        await spool.release(id, "anna", "looked at it", NOW)
        due = await leased(spool)
        assert set(due) == {"b"}
        await spool.settle(due["b"].id, ended("delivered"), NOW)
        assert await spool.counts() == {"letter.done": 1, "delivery.delivered": 2}

    run(test)


def test_what_comes_back_is_dead(run) -> None:
    async def test(spool) -> None:
        id, (first,) = await planned(spool, to("a"))
        with pytest.raises(SpoolRefused):
            await spool.returned(first, "550 no such user", NOW)
        await spool.settle((await leased(spool))["a"].id, ended("delivered"), NOW)
        dead = await spool.returned(first, "550 no such user", NOW)
        assert (dead.id, dead.state) == (first, DeliveryState.FAILED)
        assert (await story(spool, id))[-1] == "returned"

    run(test)


# ---------------------------------------------------------------- fallbacks


def test_a_fallback_takes_over_when_its_delivery_fails(run) -> None:
    async def test(spool) -> None:
        id, _ = await planned(spool, to("b", fallback_of=1), to("a"))
        due = await leased(spool)
        assert set(due) == {"a"}
        await spool.settle(due["a"].id, ended("failed"), NOW)
        assert await states(spool, id) == {"a": "replaced", "b": "queued"}
        await spool.settle((await leased(spool))["b"].id, ended("delivered"), NOW)
        assert (await spool.counts())["letter.done"] == 1

    run(test)


def test_fallbacks_of_what_was_delivered_are_not_needed(run) -> None:
    async def test(spool) -> None:
        id, _ = await planned(spool, to("a"), to("b", fallback_of=0), to("c", fallback_of=1))
        await spool.settle((await leased(spool))["a"].id, ended("delivered"), NOW)
        assert await states(spool, id) == {"a": "delivered", "b": "replaced", "c": "replaced"}
        assert (await spool.counts())["letter.done"] == 1

    run(test)


def test_releasing_a_letter_does_not_wake_fallbacks(run) -> None:
    async def test(spool) -> None:
        id, _ = await planned(spool, to("a", held=True), to("b", fallback_of=0))
        await spool.release(id, "anna", "", NOW)
        assert await states(spool, id) == {"a": "queued", "b": "held"}

    run(test)


@pytest.mark.parametrize(
    "deliveries",
    [
        [to("a", fallback_of=1), to("b", fallback_of=0)],
        [to("a", fallback_of=4)],
        [to("a", channel="e mail")],
    ],
)
def test_impossible_plans_are_refused_whole(run, deliveries) -> None:
    async def test(spool) -> None:
        with pytest.raises(SpoolRefused):
            await planned(spool, *deliveries)
        assert await spool.counts() == {"letter.accepted": 1}

    run(test)


# ---------------------------------------------------------------- together, later, and perhaps again


def test_what_waits_is_not_due_before_its_time(run) -> None:
    async def test(spool) -> None:
        await planned(spool, to("anna", "notify", wait=30 * MINUTE), to("buh"))
        assert set(await leased(spool)) == {"buh"}
        assert await leased(spool, NOW + 29 * MINUTE) == {}
        assert set(await leased(spool, NOW + 30 * MINUTE)) == {"anna"}

    run(test)


def test_what_waits_for_the_same_place_is_gathered_with_the_first_due_or_not(run) -> None:
    async def test(spool) -> None:
        notice = {"channel": "notify", "department": "anna", "options": {"digest": "600"}, "wait": 10 * MINUTE}
        ids = [(await planned(spool, to("a", **notice), now=NOW + n * MINUTE))[1][0] for n in range(3)]
        others = [
            to("a", "notify", department="anna"),  # without the option
            to("a", **{**notice, "department": "boss"}),
            to("b", **notice),
            to("a", **{**notice, "channel": "email"}),
            to("a", **{**notice, "held": True, "channel": "other"}),
        ]
        for other in others:
            await planned(spool, other, now=NOW + HOUR)
        now = NOW + 10 * MINUTE
        (first,) = await spool.lease(now, now + HOUR, 10)
        gathered = await spool.gather(first.id, "digest", now, now + HOUR, 10)
        assert [first.id, *(one.id for one in gathered)] == ids
        assert [(one.attempts, one.next_at) for one in gathered] == [(1, now + HOUR)] * 2
        assert await spool.gather(first.id, "digest", now, now + HOUR, 10) == []

    run(test)


def test_several_are_settled_all_or_none(run) -> None:
    async def test(spool) -> None:
        letter_id, (a, b) = await planned(spool, to("a"), to("b"))
        await leased(spool)
        done, later = ended("delivered"), ended("deferred", NOW + HOUR)
        with pytest.raises(SpoolRefused):
            await spool.settle_all({a: done, "nobody": done}, NOW)
        assert await states(spool, letter_id) == {"a": "leased", "b": "leased"}
        await spool.settle_all({a: done, b: later}, NOW)
        assert await states(spool, letter_id) == {"a": "delivered", "b": "queued"}

    run(test)


async def _lost(spool, id) -> None:
    await spool.settle(id, dataclasses.replace(ended("deferred", NOW), may_have_arrived=True), NOW)


async def _given_up_and_retried(spool, id) -> None:
    await spool.settle(id, dataclasses.replace(ended("failed"), may_have_arrived=True), NOW)
    await spool.change(id, DeliveryState.QUEUED, "anna", "", NOW)


async def _killed(spool, id) -> None:
    await spool.recover(NOW)


async def _never_settled(spool, id) -> None:
    """Its lease ends."""


@pytest.mark.parametrize("how", [_lost, _given_up_and_retried, _killed, _never_settled])
def test_an_attempt_after_one_that_may_have_arrived_is_one_redelivery(run, how) -> None:
    """Promise 9, from the journal: one mark for each attempt whose end nobody knows, and no other."""

    async def test(spool) -> None:
        letter_id, (id,) = await planned(spool, to("a"))
        assert not (await leased(spool))["a"].may_have_arrived
        await how(spool, id)
        assert (await leased(spool, NOW + HOUR))["a"].may_have_arrived
        await spool.settle(id, ended("deferred", NOW + HOUR), NOW)
        assert not (await leased(spool, NOW + HOUR))["a"].may_have_arrived
        assert (await story(spool, letter_id)).count("redelivery") == 1
        assert (await story(spool, letter_id)).count("attempt") == 3

    run(test)


def test_an_attempt_after_a_plain_refusal_is_no_redelivery(run) -> None:
    async def test(spool) -> None:
        letter_id, (id,) = await planned(spool, to("a"))
        for _ in range(3):
            await leased(spool, NOW)
            await spool.settle(id, ended("deferred", NOW), NOW)
        assert "redelivery" not in await story(spool, letter_id)

    run(test)
