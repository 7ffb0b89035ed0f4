"""The contract of `port.Spool`: letters at the door."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sievepy.spool.port import LetterState, SpoolError, SpoolRefused
from tests.ports.spools import DAY, HOUR, MINUTE, NOW, arrival, incoming, letter, story


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
