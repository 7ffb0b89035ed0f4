"""What EHLO promises is what every sink behind us keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from sievepy.relay.offering import Informed, Offering
from sievepy.sinks.port import Parcel, Result, Takes
from sievepy.sinks.smtp import Settings, SmtpSink
from sievepy.sources.smtp.settings import Extension, Offer
from sievepy.wire.smtp_client import Peer
from sievepy.wire.tls import Security
from tests.unit.wire.recorder import CUT, Script, recorder

MIB = 1 << 20
OWN = Offer(frozenset(Extension), 35 * MIB)
ALL, OURS = frozenset(Extension), 16 << 10


class Known:
    """Of which something is known from the beginning, or from its probe on."""

    kind = "test"

    def __init__(self, takes: Takes | None, probed: Takes | None = None) -> None:
        self.takes, self.probed, self.probes = takes, probed, 0

    async def deliver(self, parcel: Parcel) -> Result:
        raise NotImplementedError

    async def probe(self) -> str | None:
        self.probes += 1
        self.takes = self.probed
        return None

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("sinks", "lacking", "size"),
    [
        ([], [], 35 * MIB),
        ([Takes()], [], 35 * MIB),
        ([Takes(), Takes(eight_bit=False)], [Extension.EIGHT_BIT], 35 * MIB),
        ([Takes(utf8=False), Takes()], [Extension.UTF8], 35 * MIB),
        ([Takes(size=20 * MIB), Takes(size=10 * MIB)], [], 10 * MIB - OURS),
        ([Takes(size=100 * MIB)], [], 35 * MIB),
        ([Takes(size=1000)], [], 500),
        ([None, Takes()], [Extension.EIGHT_BIT, Extension.UTF8], 35 * MIB),
    ],
)
def test_the_offer_is_what_all_can_do(sinks: Sequence[Takes | None], lacking: list[Extension], size: int) -> None:
    assert Offering([Known(takes) for takes in sinks], OWN)() == Offer(ALL - frozenset(lacking), size)


def test_what_we_cannot_do_is_not_offered_whatever_the_sinks_can() -> None:
    own = Offer(frozenset({Extension.SIZE}), MIB)
    assert Offering([Known(Takes())], own)() == own


def test_only_those_nobody_has_heard_of_are_asked_and_before_the_door_opens() -> None:
    known, unknown = Known(Takes()), Known(None, Takes(size=MIB))
    offering, at_start = Offering([known, unknown, unknown], OWN), []

    class Door:
        async def start(self) -> None:
            at_start.append(offering())

        async def drain(self, timeout: float) -> None: ...
        async def close(self) -> None: ...

    asyncio.run(Informed(Door(), offering).start())
    assert at_start == [Offer(ALL, MIB - OURS)]
    assert (known.probes, unknown.probes) == (0, 1)


def heard_of(script: Script, probes: int = 1) -> tuple[list[Takes | None], int]:
    """What is known of a mail server after each probe, and how often it was called."""

    async def work() -> tuple[list[Takes | None], int]:
        async with recorder(script) as server:
            sink = SmtpSink(Settings(Peer("127.0.0.1", server.port, Security.NONE)))
            found = [sink.takes]
            for _ in range(probes):
                await sink.probe()
                found.append(sink.takes)
            await sink.close()
            return found, server.connections

    return asyncio.run(work())


def test_a_mail_server_tells_what_it_takes_on_each_connection() -> None:
    first = b"250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1000000\r\n"
    found, _ = heard_of({"EHLO": [first, b"250 sink\r\n"]}, probes=2)
    assert found == [None, Takes(eight_bit=True, utf8=True, size=1_000_000), Takes(eight_bit=False, utf8=False)]


def test_a_server_that_does_not_talk_to_us_is_one_nobody_has_heard_of() -> None:
    found, connections = heard_of({"CONNECT": CUT})
    assert found == [None, None]
    assert connections == 1
