"""The contract of `port.Spool`. Every adapter passes these; `OPENERS` lists them."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sievepy.spool.port import JOURNAL, DeliveryState, JournalEntry, LetterState, SpoolError, SpoolRefused, Thread
from tests.ports.spools import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Opener,
    arrival,
    ended,
    incoming,
    leased,
    letter,
    opened,
    planned,
    states,
    story,
    to,
)

OPENERS: list[Opener] = [opened]


@pytest.fixture(params=OPENERS, ids=["sqlite"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Callable[..., Awaitable[None]]], None]:
    def run(test: Callable[..., Awaitable[None]]) -> None:
        async def whole() -> None:
            async with request.param(tmp_path / "queue") as spool:
                await test(spool)

        asyncio.run(whole())

    return run


# ---------------------------------------------------------------- arrival


def test_a_letter_is_given_back_byte_by_byte(run) -> None:
    async def test(spool) -> None:
        accepted = await spool.accept(arrival(letter(1), message_id="<1@x>"), NOW)
        assert await spool.read(accepted.letter) == letter(1)
        assert await spool.content(accepted.letter) == letter(1)
        (found,) = await spool.letters()
        assert (found.state, found.size, found.attempts) == (LetterState.ACCEPTED, 200, 0)
        assert (found.envelope, found.message_id, found.accepted_at) == (arrival(b"").envelope, "<1@x>", NOW)

    run(test)


def test_a_large_letter_lies_in_a_file(run) -> None:
    async def test(spool) -> None:
        data = letter(1, 300_000)
        accepted = await spool.accept(incoming(spool, data), NOW)
        path = await spool.content(accepted.letter)
        assert isinstance(path, Path)
        assert path.read_bytes() == data == await spool.read(accepted.letter)
        assert list(spool.incoming.iterdir()) == []

    run(test)


def test_a_letter_that_comes_again_is_the_first_one(run) -> None:
    async def test(spool) -> None:
        first = await spool.accept(arrival(letter(), identity=b"a"), NOW)
        again = await spool.accept(arrival(letter(), identity=b"a"), NOW + HOUR)
        filed = await spool.accept(incoming(spool, letter(), identity=b"a"), NOW + HOUR)
        assert (first.duplicate, again.duplicate, filed.duplicate) == (False, True, True)
        assert first.letter == again.letter == filed.letter
        assert await spool.counts() == {"letter.accepted": 1}
        assert await story(spool, first.letter) == ["accepted", "duplicate-intake", "duplicate-intake"]

    run(test)


def test_an_identity_counts_for_its_window(run) -> None:
    async def test(spool) -> None:
        first = await spool.accept(arrival(letter(), identity=b"a"), NOW)
        later = await spool.accept(arrival(letter(), identity=b"a"), NOW + DAY + MINUTE)
        again = await spool.accept(arrival(letter(), identity=b"a"), NOW + DAY + HOUR)
        always = await spool.accept(arrival(letter(), identity=b"a", window=None), NOW + 300 * DAY)
        assert (later.duplicate, again.letter, always.letter) == (False, later.letter, later.letter)
        assert first.letter != later.letter

    run(test)


def test_letters_without_an_identity_are_never_merged(run) -> None:
    async def test(spool) -> None:
        ids = {(await spool.accept(arrival(letter()), NOW)).letter for _ in range(3)}
        assert len(ids) == 3

    run(test)


@pytest.mark.parametrize("wrong", [{"data": None}, {"digest": b"short"}, {"file": Path("/etc/passwd")}])
def test_half_an_arrival_is_refused(run, wrong) -> None:
    async def test(spool) -> None:
        with pytest.raises(SpoolError):
            await spool.accept(dataclasses.replace(arrival(letter()), **wrong), NOW)
        assert await spool.counts() == {}

    run(test)


def test_only_files_of_its_own_folder_are_taken_over(run, tmp_path: Path) -> None:
    async def test(spool) -> None:
        strange = tmp_path / "strange"
        strange.write_bytes(letter())
        with pytest.raises(SpoolRefused):
            await spool.accept(dataclasses.replace(arrival(letter()), data=None, file=strange), NOW)
        with pytest.raises(SpoolRefused):
            await spool.accept(dataclasses.replace(arrival(letter()), data=None, file=spool.incoming / "gone"), NOW)
        assert strange.read_bytes() == letter()
        assert spool.broken is None

    run(test)


# ---------------------------------------------------------------- judging


def test_judging_counts_before_it_begins_and_claims(run) -> None:
    async def test(spool) -> None:
        ids = [(await spool.accept(arrival(letter(n)), NOW)).letter for n in range(3)]
        assert [one.letter for one in await spool.claim_judgement(NOW, 2)] == ids[:2]
        (last,) = await spool.claim_judgement(NOW, 5)
        assert (last.letter, last.attempts) == (ids[2], 1)
        assert list(await spool.claim_judgement(NOW, 5)) == []
        await spool.unclaim(ids[0], "the worker died", NOW)
        (again,) = await spool.claim_judgement(NOW, 5)
        assert (again.letter, again.attempts) == (ids[0], 2)
        assert await story(spool, ids[0]) == ["accepted", "judging", "unclaimed", "judging"]

    run(test)


def test_nobody_unclaims_what_is_not_claimed(run) -> None:
    async def test(spool) -> None:
        accepted = await spool.accept(arrival(letter()), NOW)
        with pytest.raises(SpoolRefused):
            await spool.unclaim(accepted.letter, "?", NOW)

    run(test)


def test_a_plan_is_stored_once_with_its_journal(run) -> None:
    async def test(spool) -> None:
        entry = JournalEntry(NOW, "assigned", "rule 7", None, None, "subject", "abc")
        accepted = await spool.accept(arrival(letter()), NOW)
        ids = await spool.plan(accepted.letter, b"\x00plan", "abc", [to("a", options={"k": "v"})], [entry], NOW)
        with pytest.raises(SpoolRefused):
            await spool.plan(accepted.letter, b"other", "abc", [to("b")], [], NOW)
        assert await spool.plan_of(accepted.letter) == b"\x00plan"
        (delivery,) = await spool.deliveries()
        assert (delivery.id, delivery.target, delivery.options) == (ids[0], "a", {"k": "v"})
        assert entry in await spool.journal()

    run(test)


def test_a_letter_with_nowhere_to_go_is_done(run) -> None:
    async def test(spool) -> None:
        await planned(spool)
        assert await spool.counts() == {"letter.done": 1}

    run(test)


def test_deliveries_to_one_place_are_one(run) -> None:
    async def test(spool) -> None:
        id, ids = await planned(
            spool,
            to("a", rules=("one",), reference=True, held=True),
            to("b"),
            to("a", rules=("two", "one")),
            to("a", channel="maildir"),
        )
        assert ids[0] == ids[2] and len(set(ids)) == 3
        first = next(one for one in await spool.deliveries(id) if one.id == ids[0])
        assert (first.rules, first.reference, first.state) == (("one", "two"), False, DeliveryState.QUEUED)

    run(test)


# ---------------------------------------------------------------- threads


async def begun(spool, number: int, *threads: Thread, now: dt.datetime = NOW) -> str:
    """A letter whose plan begins threads."""
    accepted = await spool.accept(arrival(letter(number)), now)
    await spool.plan(accepted.letter, b"plan", "program", [to("a")], [], now, threads)
    return accepted.letter


def test_a_thread_is_known_by_its_key(run) -> None:
    async def test(spool) -> None:
        await begun(spool, 1, Thread(b"\x00\xff one", ("buh", "внешние")), Thread(b"two", ("abon",)))
        await begun(spool, 2)
        assert await spool.threads([b"two", b"nobody's", b"\x00\xff one", b"two"]) == {
            b"\x00\xff one": ("buh", "внешние"),
            b"two": ("abon",),
        }
        assert await spool.threads([b"nobody's"]) == await spool.threads([]) == {}

    run(test)


def test_who_repeats_a_key_changes_nothing(run) -> None:
    async def test(spool) -> None:
        await begun(spool, 1, Thread(b"one", ("buh",)))
        await begun(spool, 2, Thread(b"one", ("abon",)), Thread(b"two", ("ip",)), Thread(b"two", ("tech",)))
        assert await spool.threads([b"one", b"two"]) == {b"one": ("buh",), b"two": ("ip",)}

    run(test)


def test_a_thread_is_remembered_with_its_plan_or_not_at_all(run) -> None:
    async def test(spool) -> None:
        accepted = await spool.accept(arrival(letter()), NOW)
        impossible, thread = [to("a", fallback_of=4)], [Thread(b"one", ("buh",))]
        with pytest.raises(SpoolRefused):
            await spool.plan(accepted.letter, b"", "p", impossible, [], NOW, thread)
        assert await spool.threads([b"one"]) == {}
        await spool.plan(accepted.letter, b"", "p", [to("a")], [], NOW, thread)
        with pytest.raises(SpoolRefused):
            await spool.plan(accepted.letter, b"", "p", [to("a")], [], NOW, [Thread(b"two", ("buh",))])
        assert await spool.threads([b"one", b"two"]) == {b"one": ("buh",)}

    run(test)


def test_a_thread_outlives_its_letter_and_goes_with_the_journal(run) -> None:
    async def test(spool) -> None:
        life = {JOURNAL: 400 * DAY, "": 14 * DAY}
        first = await begun(spool, 1, Thread(b"one", ("buh",)))
        await begun(spool, 2, Thread(b"two", ("abon",)), now=NOW + 100 * DAY)
        await spool.delete(first, "anna", "asked to", NOW + DAY)
        await spool.expire(NOW + 400 * DAY, life)
        assert set(await spool.threads([b"one", b"two"])) == {b"one", b"two"}
        await spool.expire(NOW + 400 * DAY + MINUTE, life)
        assert set(await spool.threads([b"one", b"two"])) == {b"two"}
        await spool.expire(NOW + 500 * DAY + MINUTE, life)
        assert await spool.threads([b"one", b"two"]) == {}

    run(test)


def test_more_threads_than_a_step_drops_go(run) -> None:
    async def test(spool) -> None:
        keys = [b"%d" % number for number in range(1_200)]
        await begun(spool, 1, *(Thread(key, ("buh",)) for key in keys))
        await begun(spool, 2, Thread(b"young", ("buh",)), now=NOW + DAY)
        assert len(await spool.threads(keys)) == 1_200
        await spool.expire(NOW + 400 * DAY + MINUTE, {JOURNAL: 400 * DAY})
        assert await spool.threads([*keys, b"young"]) == {b"young": ("buh",)}

    run(test)


# ---------------------------------------------------------------- delivering


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


# ---------------------------------------------------------------- people


def test_a_person_holds_retries_and_gives_up(run) -> None:
    async def test(spool) -> None:
        id, (first,) = await planned(spool, to("a"))
        await spool.change(first, DeliveryState.HELD, "anna", "wait", NOW)
        assert await leased(spool) == {}
        await spool.change(first, DeliveryState.QUEUED, "anna", "go", NOW + DAY)
        with pytest.raises(SpoolRefused):
            await spool.change(first, DeliveryState.DELIVERED, "anna", "?", NOW)
        await spool.change(first, DeliveryState.FAILED, "anna", "stop", NOW)
        await spool.change(first, DeliveryState.QUEUED, "anna", "again", NOW + 9 * DAY)
        (one,) = await spool.lease(NOW + 9 * DAY, NOW + 10 * DAY, 1)
        assert (one.attempts, one.created_at) == (1, NOW + 9 * DAY)  # its five days begin anew
        with pytest.raises(SpoolRefused):
            await spool.change(first, DeliveryState.HELD, "anna", "too late", NOW)
        told = [(entry.what, entry.who) for entry in await spool.journal(id)]
        for word in ("held", "released", "given-up", "retried"):
            assert (word, "anna") in told

    run(test)


def test_redirecting_makes_new_deliveries(run) -> None:
    async def test(spool) -> None:
        id, ids = await planned(spool, to("a"), to("c", fallback_of=0))
        other, _ = await planned(spool, to("a"), to("b"), data=letter(2))
        assert await spool.redirect("a", "b", "anna", NOW) == 2
        assert await states(spool, id) == {"a": "replaced", "b": "queued", "c": "held"}
        assert await states(spool, other) == {"a": "replaced", "b": "queued"}
        new = next(one for one in await spool.deliveries(id) if one.target == "b")
        assert new.id not in ids
        due = await spool.lease(NOW, NOW + HOUR, 10)
        assert sorted(one.target for one in due) == ["b", "b"]
        await spool.settle(new.id, ended("failed"), NOW)
        assert (await states(spool, id))["c"] == "queued"  # the fallback is the new one's
        with pytest.raises(SpoolRefused):
            await spool.redirect("b", "b", "anna", NOW)

    run(test)


def test_redirecting_to_a_fallback_makes_it_the_delivery(run) -> None:
    async def test(spool) -> None:
        id, _ = await planned(spool, to("a"), to("b", fallback_of=0), to("c", fallback_of=1))
        assert await spool.redirect("a", "c", "anna", NOW) == 1
        assert await states(spool, id) == {"a": "replaced", "b": "held", "c": "queued"}
        await spool.settle((await leased(spool))["c"].id, ended("failed"), NOW)
        assert (await states(spool, id))["b"] == "queued"

    run(test)


def test_a_deleted_letter_leaves_its_journal_only(run) -> None:
    async def test(spool) -> None:
        accepted = await spool.accept(incoming(spool, letter(1, 300_000), identity=b"a"), NOW)
        path = await spool.content(accepted.letter)
        await spool.plan(accepted.letter, b"", "p", [to("a")], [], NOW)
        await spool.lease(NOW, NOW + HOUR, 1)
        with pytest.raises(SpoolRefused):
            await spool.delete(accepted.letter, "anna", "", NOW)
        await spool.recover(NOW)
        await spool.delete(accepted.letter, "anna", "asked to", NOW)
        assert await spool.counts() == {}
        assert not path.exists()
        assert (await story(spool, accepted.letter))[-1] == "deleted"
        assert not (await spool.accept(arrival(letter(), identity=b"a"), NOW)).duplicate

    run(test)


def test_letters_are_found_by_any_name(run) -> None:
    async def test(spool) -> None:
        accepted = await spool.accept(arrival(letter(), message_id="<1@x>"), NOW)
        (delivery,) = await spool.plan(accepted.letter, b"", "p", [to("a")], [], NOW)
        for key in (accepted.letter, delivery, "<1@x>"):
            assert [one.letter for one in await spool.find(key)] == [accepted.letter]
        assert list(await spool.find("nothing")) == []

    run(test)


def test_lists_are_by_state_and_limited(run) -> None:
    async def test(spool) -> None:
        for number in range(4):
            await planned(spool, to("a", held=number > 1), data=letter(number))
        assert len(await spool.letters(limit=3)) == 3
        assert len(await spool.letters([LetterState.HELD])) == 2
        assert len(await spool.deliveries(states=[DeliveryState.QUEUED])) == 2
        assert len(await spool.deliveries(limit=1)) == 1

    run(test)


@pytest.mark.parametrize(
    "ask",
    [
        lambda spool: spool.read("nothing"),
        lambda spool: spool.settle("nothing", ended("delivered"), NOW),
        lambda spool: spool.delete("nothing", "anna", "", NOW),
        lambda spool: spool.release("nothing", "anna", "", NOW),
        lambda spool: spool.plan("nothing", b"", "", [], [], NOW),
    ],
)
def test_unknown_ids_are_refused(run, ask) -> None:
    async def test(spool) -> None:
        with pytest.raises(SpoolRefused):
            await ask(spool)

    run(test)


# ---------------------------------------------------------------- upkeep


KEEP = {"": 14 * DAY, "activ": 3 * DAY, "discard": 30 * DAY, JOURNAL: 400 * DAY}


@pytest.mark.parametrize(
    ("delivery", "days"),
    [
        (to("a", department="buh"), 14),
        (to("a", department="activ"), 3),
        (to("", channel="discard"), 30),
    ],
)
def test_bytes_are_kept_as_long_as_said(run, delivery, days) -> None:
    async def test(spool) -> None:
        id, (first, _) = await planned(spool, delivery, to("b"))
        for one in (await leased(spool)).values():
            await spool.settle(one.id, ended("delivered"), NOW)
        assert await spool.expire(NOW + days * DAY - MINUTE, KEEP) == 0
        assert await spool.read(id) == letter()
        assert await spool.expire(NOW + days * DAY, KEEP) == 1
        assert await spool.expire(NOW + days * DAY, KEEP) == 0
        with pytest.raises(SpoolError):
            await spool.read(id)
        assert [one.letter for one in await spool.find(first)] == [id]
        assert await spool.expire(NOW + 450 * DAY, KEEP) == 0
        assert (list(await spool.find(id)), list(await spool.journal(id))) == ([], [])

    run(test)


def test_held_and_dead_letters_are_never_dropped(run) -> None:
    async def test(spool) -> None:
        held, _ = await planned(spool, to("a", held=True))
        dead, _ = await planned(spool, to("b"), data=letter(2))
        await spool.settle((await leased(spool))["b"].id, ended("failed"), NOW)
        waiting = await spool.accept(arrival(letter(3)), NOW)
        assert await spool.expire(NOW + 1000 * DAY, KEEP) == 0
        assert await spool.read(held) == letter()
        assert await spool.read(dead) == letter(2)
        assert await spool.read(waiting.letter) == letter(3)

    run(test)


def test_the_journal_is_read_from_its_end(run) -> None:
    async def test(spool) -> None:
        for number in range(5):
            await spool.note(JournalEntry(NOW, f"note {number}", "anna"))
        assert [entry.what for entry in await spool.journal(limit=2)] == ["note 3", "note 4"]

    run(test)


def test_a_backup_opens_with_everything_held(run, tmp_path: Path) -> None:
    async def test(spool) -> None:
        waiting = await spool.accept(arrival(letter(1)), NOW)
        large = await spool.accept(incoming(spool, letter(2, 300_000)), NOW)
        going, (first,) = await planned(spool, to("a"), data=letter(3))
        await spool.lease(NOW, NOW + HOUR, 1)
        await spool.backup(tmp_path / "backup")
        with pytest.raises(SpoolRefused):
            await spool.backup(tmp_path / "backup")
        later = await spool.accept(arrival(letter(4)), NOW)
        async with opened(tmp_path / "backup") as restored:
            assert list(await restored.claim_judgement(NOW, 10)) == []
            assert list(await restored.lease(NOW + DAY, NOW + 2 * DAY, 10)) == []
            assert await restored.counts() == {"letter.held": 3, "delivery.held": 1}
            for id, data in ((waiting.letter, letter(1)), (large.letter, letter(2, 300_000)), (going, letter(3))):
                assert await restored.read(id) == data
                await restored.release(id, "anna", "not delivered yet", NOW)
            assert list(await restored.find(later.letter)) == []
        async with opened(tmp_path / "backup") as restored:  # held once, not at every start
            assert len(await restored.claim_judgement(NOW, 10)) == 2
            assert [one.id for one in await restored.lease(NOW, NOW + HOUR, 10)] == [first]
        assert (await spool.counts())["delivery.leased"] == 1

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


def test_a_subject_for_notices_goes_with_the_bytes(run) -> None:
    async def test(spool) -> None:
        letter_id, (id, _) = await planned(
            spool, to("a", "notify", options={"subject": "акт", "sender": "a@b.kz"}), to("b")
        )
        for one in (await leased(spool)).values():
            await spool.settle(one.id, ended("delivered"), NOW)
        assert await spool.expire(NOW + 15 * DAY, KEEP) == 1
        options = {one.id: one.options for one in await spool.deliveries(letter_id)}
        assert options[id] == {"sender": "a@b.kz"}

    run(test)
