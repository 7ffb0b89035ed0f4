"""The contract of `port.Spool`: claims, plans, and where threads live."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.spool.port import JOURNAL, DeliveryState, JournalEntry, SpoolRefused, Thread
from tests.ports.spools import DAY, MINUTE, NOW, arrival, letter, planned, story, to


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
