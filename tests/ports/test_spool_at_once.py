"""The contract of `port.Spool`: two steps of a letter's life as one, by whoever goes on with it at once."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from sievepy.spool.port import DeliveryState, JournalEntry, Lease, SpoolRefused, Thread
from tests.ports.spools import (
    HOUR,
    MINUTE,
    NOW,
    arrival,
    ended,
    incoming,
    leased,
    letter,
    planned,
    states,
    story,
    to,
)

LEASE = Lease(NOW + HOUR, limit=10)


async def at_once(spool, *deliveries, lease: Lease = LEASE, data: bytes | None = None):
    """A letter on its way without a detour: its id, and what was leased of it, by target."""
    accepted = await spool.accept(arrival(data or letter()), NOW, claim=True)
    found = await spool.plan_and_lease(accepted.letter, b"plan", "program", deliveries, [], NOW, lease)
    return accepted.letter, {one.target: one for one in found}


# ---------------------------------------------------------------- claimed with its arrival


def test_a_letter_can_be_claimed_with_its_arrival(run) -> None:
    """As if `claim_judgement` had come just after."""

    async def test(spool) -> None:
        first = await spool.accept(arrival(letter(1), message_id="<1@x>"), NOW)
        assert first.claimed is None
        (claimed,) = await spool.claim_judgement(NOW, 10)
        second = await spool.accept(arrival(letter(2), message_id="<1@x>"), NOW, claim=True)
        assert second.claimed == dataclasses.replace(claimed, letter=second.letter)
        assert await spool.claim_judgement(NOW, 10) == []
        assert await spool.content(second.letter) == letter(2)
        assert await story(spool, second.letter) == await story(spool, first.letter) == ["accepted", "judging"]
        assert list(await spool.find(second.letter)) == [second.claimed]

    run(test)


def test_a_letter_in_a_file_is_claimed_as_well(run) -> None:
    async def test(spool) -> None:
        accepted = await spool.accept(incoming(spool, letter(1, 300_000)), NOW, claim=True)
        assert (accepted.claimed.letter, accepted.claimed.attempts) == (accepted.letter, 1)
        assert await spool.claim_judgement(NOW, 10) == []

    run(test)


def test_a_letter_that_came_before_is_not_claimed_again(run) -> None:
    async def test(spool) -> None:
        first = await spool.accept(arrival(letter(), identity=b"a"), NOW)
        again = await spool.accept(arrival(letter(), identity=b"a"), NOW, claim=True)
        assert (again.duplicate, again.claimed) == (True, None)
        assert [one.letter for one in await spool.claim_judgement(NOW, 10)] == [first.letter]

    run(test)


def test_what_was_claimed_with_its_arrival_can_be_given_back(run) -> None:
    async def test(spool) -> None:
        ids = [(await spool.accept(arrival(letter(n)), NOW, claim=True)).letter for n in range(2)]
        await spool.unclaim(ids[0], "its worker died", NOW)
        (again,) = await spool.claim_judgement(NOW, 10)
        assert (again.letter, again.attempts) == (ids[0], 2)
        await spool.recover(NOW)  # the process that had both has died
        assert [(one.letter, one.attempts) for one in await spool.claim_judgement(NOW, 10)] == [
            (ids[0], 3),
            (ids[1], 2),
        ]

    run(test)


@pytest.mark.parametrize("large", [False, True])
def test_a_caller_that_goes_away_leaves_no_claim(run, large) -> None:
    """It never heard that the letter is its own."""

    async def test(spool) -> None:
        one = incoming(spool, letter(1, 300_000)) if large else arrival(letter(1))
        caller = asyncio.create_task(spool.accept(one, NOW, claim=True))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        assert caller.cancelled()
        async with asyncio.timeout(60):  # patience, not a limit
            while not (found := await spool.claim_judgement(NOW, 10)):
                await asyncio.sleep(0)
        assert found[0].attempts == 2
        assert await story(spool, found[0].letter) == ["accepted", "judging", "unclaimed", "judging"]

    run(test)


# ---------------------------------------------------------------- leased with its plan


def test_deliveries_can_be_leased_with_their_plan(run) -> None:
    """As if `lease` had come just after."""

    async def test(spool) -> None:
        to_a = to("a", department="buh", rules=("one", "two"), options={"k": "в"}, reference=True)
        entry = JournalEntry(NOW, "assigned", "rule 7", None, None, "subject", "abc")
        apart = (await spool.accept(arrival(letter(1)), NOW)).letter
        await spool.plan(apart, b"plan", "abc", [to_a, to("b")], [entry], NOW)
        first = list(await spool.lease(NOW, NOW + HOUR, 10))
        together = (await spool.accept(arrival(letter(2)), NOW)).letter
        threads = [Thread(b"key", ("buh",))]
        second = await spool.plan_and_lease(together, b"plan", "abc", [to_a, to("b")], [entry], NOW, LEASE, threads)
        nameless = [dataclasses.replace(one, id="", letter="") for one in second]
        assert nameless == [dataclasses.replace(one, id="", letter="") for one in first]
        assert list(second) == list(await spool.deliveries(together))
        assert (await spool.plan_of(together), await spool.threads([b"key"])) == (b"plan", {b"key": ("buh",)})
        assert (
            await story(spool, together) == await story(spool, apart) == ["accepted", "planned", "attempt", "attempt"]
        )
        assert list(await spool.lease(NOW, NOW + HOUR, 10)) == []
        await spool.settle_all({one.id: ended("delivered") for one in second}, NOW)
        assert (await spool.counts())["letter.done"] == 1

    run(test)


def test_only_what_is_due_and_allowed_is_leased_with_its_plan(run) -> None:
    async def test(spool) -> None:
        lease = Lease(NOW + HOUR, limit=2, skip={("email", "dead"), ("maildir", "a")})
        id, found = await at_once(
            spool,
            to("dead"),
            to("held", held=True),
            to("a"),
            to("fallback", fallback_of=2),
            to("later", wait=MINUTE),
            to("a", channel="maildir"),
            to("b"),
            to("a", rules=("again",)),
            to("one too many"),
            lease=lease,
        )
        assert set(found) == {"a", "b"}
        assert (found["a"].channel, found["a"].rules) == ("email", ("again",))
        assert [one.target for one in await spool.deliveries(id, [DeliveryState.LEASED])] == ["a", "b"]
        rest = await spool.lease(NOW, NOW + HOUR, 10)
        assert sorted((one.channel, one.target) for one in rest) == [
            ("email", "dead"),
            ("email", "one too many"),
            ("maildir", "a"),
        ]
        assert set(await leased(spool, NOW + MINUTE)) == {"later"}
        await spool.settle(found["a"].id, ended("failed"), NOW)
        assert (await states(spool, id))["fallback"] == "queued"

    run(test)


def test_with_no_room_nothing_is_leased_with_its_plan(run) -> None:
    async def test(spool) -> None:
        _, found = await at_once(spool, to("a"), lease=Lease(NOW + HOUR, limit=0))
        assert found == {}
        assert set(await leased(spool)) == {"a"}

    run(test)


@pytest.mark.parametrize(
    ("deliveries", "state"), [([], "done"), ([to("a", held=True)], "held"), ([to("a")], "planned")]
)
def test_a_letter_s_state_follows_from_its_plan(run, deliveries, state) -> None:
    async def test(spool) -> None:
        await at_once(spool, *deliveries)
        assert (await spool.counts())[f"letter.{state}"] == 1

    run(test)


async def _killed(spool) -> None:
    await spool.recover(NOW)


async def _never_settled(spool) -> None:
    """Its lease ends."""


@pytest.mark.parametrize("how", [_killed, _never_settled])
def test_an_attempt_after_one_that_nobody_settled_is_one_redelivery(run, how) -> None:
    async def test(spool) -> None:
        id, found = await at_once(spool, to("a"))
        assert not found["a"].may_have_arrived
        await how(spool)
        again = (await leased(spool, NOW + HOUR))["a"]
        assert (again.id, again.attempts, again.may_have_arrived) == (found["a"].id, 2, True)
        attempts = [what for what in await story(spool, id) if what in ("attempt", "redelivery")]
        assert attempts == ["attempt", "attempt", "redelivery"]

    run(test)


def test_a_plan_that_is_refused_leases_nothing(run) -> None:
    async def test(spool) -> None:
        id, _ = await planned(spool, to("a", held=True))
        with pytest.raises(SpoolRefused):
            await spool.plan_and_lease(id, b"", "p", [to("b")], [], NOW, LEASE)
        with pytest.raises(SpoolRefused):
            await spool.plan_and_lease("nothing", b"", "p", [to("b")], [], NOW, LEASE)
        assert await states(spool, id) == {"a": "held"}

    run(test)
