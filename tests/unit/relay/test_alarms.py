"""What a person must know comes as a letter, once in a while for each subject."""

from __future__ import annotations

import asyncio
import datetime as dt

from sievepy.mail.edit import Author
from sievepy.mail.message import Message
from sievepy.relay.alarms import Alarm, Alarms
from sievepy.relay.passing import ALARM
from tests.unit.relay.spools import MemorySpool

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
BUH = Alarm("email buh@x.kz", "a letter for buh was not delivered", ("Letter: 0h2b4k", "Why: 550 no"))


class Bell:
    def __init__(self) -> None:
        self.spool, self.now, self.rung, self.tokens = MemorySpool(), NOON, 0, 0
        self.alarms = Alarms(
            self.spool,
            Author("postmaster@x.kz"),
            dt.timedelta(hours=1),
            clock=lambda: self.now,
            token=self._token,
            woken=self._ring,
        )

    def _token(self) -> str:
        self.tokens += 1
        return f"token{self.tokens}"

    def _ring(self) -> None:
        self.rung += 1

    async def texts(self) -> list[str]:
        letters = await self.spool.letters()
        return [Message(await self.spool.read(letter.letter)).parts()[0].text().text for letter in letters]


def test_an_alarm_is_a_letter_of_ours_in_the_queue() -> None:
    async def work() -> None:
        bell = Bell()
        id = await bell.alarms.tell(BUH)
        (letter,) = await bell.spool.letters()
        assert letter.letter == id
        assert (letter.envelope.sender, letter.envelope.folder, letter.message_id) == ("", ALARM, "<token1@x.kz>")
        message = Message(await bell.spool.read(letter.letter))
        assert message.header("subject").values == ("[sievepy] a letter for buh was not delivered",)
        assert message.header("auto-submitted").values == ("auto-generated",)
        assert (await bell.texts())[0].splitlines() == ["Letter: 0h2b4k", "Why: 550 no"]
        assert bell.rung == 1

    asyncio.run(work())


def test_ten_thousand_dead_letters_are_one_alarm_an_hour_that_counts_the_others() -> None:
    async def work() -> None:
        bell = Bell()
        for _ in range(10_000):
            await bell.alarms.tell(BUH)
        assert len(await bell.spool.letters()) == 1
        bell.now += dt.timedelta(hours=1)
        assert await bell.alarms.tell(BUH) is not None
        assert "9999 more of the kind" in (await bell.texts())[1]

    asyncio.run(work())


def test_alarms_about_different_destinations_do_not_quiet_each_other() -> None:
    async def work() -> None:
        bell = Bell()
        await bell.alarms.tell(BUH)
        assert await bell.alarms.tell(Alarm("email ip@x.kz", "a letter for ip was not delivered", ())) is not None

    asyncio.run(work())
