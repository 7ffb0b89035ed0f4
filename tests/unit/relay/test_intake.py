"""The door: what is stored, what is answered, and what is asked before."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sievepy.ir.conditions import ClientIp, Compare, Field
from sievepy.ir.script import Rule, Script
from sievepy.mail.edit import Trace, trace_field, verp
from sievepy.mail.trust import NO_TRUST
from sievepy.plan import Reject, Triage
from sievepy.relay.intake import RelayIntake, identity
from sievepy.relay.passing import RETURNED
from sievepy.relay.refusing import Refusing
from sievepy.relay.settings import Place, Settings
from sievepy.sources.smtp.port import Received, Refusal, Reply, Session
from sievepy.spool.port import Accepted, Queued, SpoolBroken, SpoolError, SpoolFull
from tests.unit.relay.spools import MemorySpool, steps

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
SECRET = b"k" * 32
SESSION = Session("192.0.2.7", helo="client.b.kz", extended=True, tls="TLSv1.3")
LETTER = b"From: a@b.kz\r\nMessage-ID: <1@b.kz>\r\nSubject: x\r\n\r\nhello\r\n"
SETTINGS = Settings(
    hostname="mx.x.kz",
    domain="x.kz",
    secret=SECRET,
    places={"triage": Place("maildir", "Triage")},
    recipients=frozenset({"info@x.kz"}),
)


class Seen:
    """Who counts, in these tests."""

    def __init__(self) -> None:
        self.accepted_ones: list[Accepted] = []
        self.refusals: list[tuple[int, str]] = []

    def accepted(self, accepted: Accepted, received: Received) -> None:
        self.accepted_ones.append(accepted)

    def refused(self, code: int, why: str) -> None:
        self.refusals.append((code, why))


class Door:
    """An intake with everything around it."""

    def __init__(self, *rules: Rule, edge: bool = False, settings: Settings = SETTINGS) -> None:
        self.spool, self.seen, self.woken = MemorySpool(), Seen(), 0
        self.has_room = False
        self.taken: list[Queued | None] = []
        self.now = NOON
        refusing = Refusing.of(Script((), (Triage(),), session_rules=rules), dt.UTC, NO_TRUST)
        self.intake = RelayIntake(
            self.spool,
            replace(settings, edge=edge),
            lambda: refusing,
            clock=lambda: self.now,
            judging=self,
            watch=self.seen,
        )

    # ---- as `Judging`

    def reserve(self) -> bool:
        return self.has_room

    def take(self, letter: Queued | None) -> None:
        self.taken.append(letter)

    def wake(self) -> None:
        self.woken += 1

    def rcpt(self, recipient: str, sender: str = "a@b.kz") -> Refusal | None:
        return asyncio.run(self.intake.recipient(SESSION, sender, recipient))

    def data(self, data: bytes | Path = LETTER, *recipients: str, sender: str = "a@b.kz") -> Reply:
        content = data if isinstance(data, bytes) else data.read_bytes()
        received = Received(
            SESSION, sender, recipients or ("info@x.kz",), data, len(content), hashlib.sha256(content).digest()
        )
        return asyncio.run(self.intake.accept(received))

    def journal(self) -> list[str]:
        return steps(asyncio.run(self.spool.journal()))

    def folders(self) -> Sequence[str | None]:
        return [letter.envelope.folder for letter in asyncio.run(self.spool.letters())]


# ---------------------------------------------------------------- storing


def test_a_letter_is_stored_with_its_envelope_before_it_is_acknowledged() -> None:
    door = Door()
    reply = door.data()
    (letter,) = asyncio.run(door.spool.letters())
    assert reply == Reply(250, "2.0.0", f"queued as {letter.letter}")
    assert asyncio.run(door.spool.read(letter.letter)) == LETTER
    assert letter.message_id == "<1@b.kz>"
    envelope = letter.envelope
    assert (envelope.sender, envelope.recipients, envelope.received_at) == ("a@b.kz", ("info@x.kz",), NOON)
    assert (envelope.client_ip, envelope.helo, envelope.protocol) == ("192.0.2.7", "client.b.kz", "ESMTPS")
    assert envelope.source == "relay"
    assert door.woken == 1


def test_a_judge_with_room_gets_the_letter_claimed_with_its_arrival() -> None:
    door = Door()
    door.has_room = True
    reply = door.data()
    (letter,) = door.taken
    assert letter is not None
    assert (reply.text, letter.attempts) == (f"queued as {letter.letter}", 1)
    assert (door.journal(), door.woken) == (["accepted", "judging"], 0)
    assert not asyncio.run(door.spool.claim_judgement(NOON, 10))
    assert door.data() == reply  # a duplicate is nobody's to judge
    assert door.taken[1:] == [None]


def test_what_is_not_stored_is_not_judged_and_its_room_is_given_back() -> None:
    door = Door()
    door.has_room = True
    door.spool.fail = SpoolFull("full")
    assert door.data().code == 452
    assert (door.taken, door.woken) == ([None], 0)


def test_a_client_s_retry_gets_the_first_id_within_a_day() -> None:
    door = Door()
    first = door.data()
    door.now += dt.timedelta(hours=23)
    assert door.data() == first
    assert door.journal() == ["accepted", "duplicate-intake"]
    assert [one.duplicate for one in door.seen.accepted_ones] == [False, True]
    door.now += dt.timedelta(hours=2)
    assert door.data() != first


@pytest.mark.parametrize(
    ("data", "recipients", "sender"),
    [
        (LETTER + b"more\r\n", ("info@x.kz",), "a@b.kz"),
        (LETTER, ("info@x.kz", "other@x.kz"), "a@b.kz"),
        (LETTER, ("info@x.kz",), ""),
    ],
)
def test_other_bytes_or_another_envelope_are_another_letter(
    data: bytes, recipients: tuple[str, ...], sender: str
) -> None:
    door = Door()
    assert door.data() != door.data(data, *recipients, sender=sender)


def test_letters_without_a_message_id_are_never_merged() -> None:
    door = Door()
    bare = b"From: a@b.kz\r\n\r\nhello\r\n"
    assert door.data(bare) != door.data(bare)


def test_the_order_and_case_of_recipients_do_not_make_another_letter() -> None:
    door = Door()
    assert door.data(LETTER, "info@x.kz", "b@x.kz") == door.data(LETTER, "B@X.KZ", "info@x.kz")


@pytest.mark.parametrize(
    ("problem", "code"), [(SpoolFull("full"), 452), (SpoolError("no"), 451), (SpoolBroken("EIO"), 451)]
)
def test_what_is_not_stored_is_not_acknowledged(problem: SpoolError, code: int) -> None:
    door = Door()
    door.spool.fail = problem
    assert door.data().code == code
    assert (door.woken, door.journal()) == (0, [])
    assert door.seen.refusals[0][0] == code


def test_a_letter_in_a_file_is_handed_over_as_the_file(tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(LETTER)
    door = Door()
    assert door.data(tmp_path / "letter").code == 250
    (letter,) = asyncio.run(door.spool.letters())
    assert letter.message_id == "<1@b.kz>"


# ---------------------------------------------------------------- before DATA


def test_room_is_kept_and_without_room_nobody_may_begin() -> None:
    door = Door()
    assert not isinstance(door.intake.reserve(100), Refusal)
    door.spool.full = True
    refusal = door.intake.reserve(100)
    assert isinstance(refusal, Refusal)
    assert refusal.code == 452


def test_a_queue_whose_disk_failed_and_a_relay_that_stops_take_nothing() -> None:
    door = Door()
    door.intake.closed = True
    assert isinstance(door.intake.reserve(1), Refusal)
    door = Door()
    door.spool.broken = SpoolBroken("EIO")
    refusal = door.intake.reserve(1)
    assert isinstance(refusal, Refusal)
    assert refusal.code == 451


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("info@x.kz", None),
        ("INFO@X.KZ", None),
        ("nobody@x.kz", 550),
        ("bounce+0h2b4k.aaaaaaaaaaaaaaaa@x.kz", 550),
        (verp("0h2b4k", SECRET, "x.kz"), None),
        (verp("0h2b4k", SECRET, "x.kz").upper(), None),
        (verp("0h2b4k", b"another", "x.kz"), 550),
        (verp("0h2b4k", SECRET, "y.kz"), 550),
    ],
)
def test_recipients_are_ours_or_are_refused(recipient: str, code: int | None) -> None:
    refusal = Door().rcpt(recipient)
    assert (refusal.code if refusal is not None else None) == code


def test_without_a_list_every_address_at_our_domains_is_one() -> None:
    assert Door(settings=replace(SETTINGS, recipients=None)).rcpt("anybody@x.kz") is None


# ---------------------------------------------------------------- session rules

CLIENT = Rule("client", ClientIp((ipaddress.ip_network("192.0.2.0/24"),)), (Reject("не вы, not you"),))
LARGE = Rule("large", Compare(Field("size"), ">", 10), (Reject("too large for us"),))


def test_session_rules_speak_only_at_the_edge() -> None:
    assert Door(CLIENT).rcpt("info@x.kz") is None
    assert Door(CLIENT, edge=True).rcpt("info@x.kz") == Refusal(550, "5.7.1", "?? ??, not you")
    assert Door(LARGE).data().code == 250
    door = Door(LARGE, edge=True)
    assert door.data() == Refusal(550, "5.7.1", "too large for us")
    assert door.journal() == []


# ---------------------------------------------------------------- loops and returns


def looping() -> bytes:
    name, value = trace_field(Trace("0h2b4k", "0" * 64), SECRET)
    return f"{name}: {value}\r\n".encode() + LETTER


def test_a_loop_is_refused_at_the_edge_and_kept_for_a_person_elsewhere() -> None:
    assert Door(edge=True).data(looping()).code == 554
    assert Door().data(looping()).code == 250


def test_what_comes_back_is_taken_apart_from_what_it_came_with(tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(LETTER)
    back = verp("0h2b4k", SECRET, "x.kz")
    door = Door()
    assert door.data(tmp_path / "letter", back, "info@x.kz", sender="").code == 250
    assert sorted(door.folders(), key=str) == [None, RETURNED]


def test_an_identity_is_of_the_folder_too() -> None:
    door = Door()
    door.data()
    (letter,) = asyncio.run(door.spool.letters())
    other = replace(letter.envelope, folder=RETURNED)
    assert identity(letter.envelope, b"d") != identity(other, b"d")
