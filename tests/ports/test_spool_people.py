"""The contract of `port.Spool`: what a person may ask, and do."""

from __future__ import annotations

import pytest

from sievepy.spool.port import DeliveryState, LetterState, SpoolRefused
from tests.ports.spools import DAY, HOUR, NOW, arrival, ended, incoming, leased, letter, planned, states, story, to


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
