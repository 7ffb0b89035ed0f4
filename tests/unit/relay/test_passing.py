"""What is prepended to a letter that is passed on, and how loops are seen."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.mail.edit import Trace, read_trace, trace_field
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.plan import Assign, Plan, Planned, Tag
from sievepy.relay.passing import client_envelope, headers, looping, message_id, pack, received, unpack
from sievepy.spool.port import LetterState, Queued

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
SECRET = b"s" * 32
DIGEST = "0" * 64


def queued(**envelope: object) -> Queued:
    given = Envelope(
        **{"sender": "a@b.kz", "recipients": ("info@x.kz",), "client_ip": "192.0.2.1", "helo": "b.kz", **envelope}  # type: ignore[arg-type]
    )
    return Queued("0h2b4k", LetterState.ACCEPTED, given, 10, None, NOON, 1)


def test_received_has_the_clauses_of_the_standard_in_their_order() -> None:
    value = received(queued(protocol="ESMTPS"), "mx.x.kz")
    assert value == (
        "from b.kz ([192.0.2.1]) by mx.x.kz with ESMTPS id 0h2b4k for <info@x.kz>; Thu, 15 Jan 2026 12:00:00 +0000"
    )


def test_received_names_no_recipient_beside_others_and_marks_ipv6() -> None:
    value = received(queued(recipients=("a@x.kz", "b@x.kz"), client_ip="2001:db8::1"), "mx")
    assert " for " not in value
    assert "([IPv6:2001:db8::1])" in value


@pytest.mark.parametrize("helo", ["evil; (x)", "a\r\nX-Evil: 1", "привет", "a b", "\0", ""])
def test_no_word_of_the_client_ends_a_clause_or_a_line(helo: str) -> None:
    value = received(queued(helo=helo), "mx")
    said = value[len("from ") : value.index(" ([192")]
    assert said
    assert not set(said) & set("\r\n\0();<> ")
    assert said.isascii()


def test_our_trace_is_signed_and_the_decision_follows_it() -> None:
    plan = Plan((Planned(Assign("buh"), ("Акты",)), Planned(Tag("money"), ("Акты",))), fired=(), program="f" * 32)
    fields = list(headers(queued(), plan, DIGEST, "mx", SECRET))
    assert [name for name, _ in fields][:3] == ["Received", "X-Sievepy-Trace", "X-Sievepy-ID"]
    assert read_trace(fields[1][1].encode(), SECRET) == Trace("0h2b4k", DIGEST)
    assert ("X-Sievepy-Tag", "money") in fields


def test_fields_survive_the_queue() -> None:
    fields = [("Received", "from a by b; date"), ("X-Sievepy-Rule", "Правило: с двоеточием")]
    assert unpack(pack(fields)) == fields
    assert unpack("") == []


def letter(*lines: str) -> Message:
    return Message("".join(f"{line}\r\n" for line in (*lines, "", "text")).encode())


def test_a_letter_that_carries_our_own_trace_was_here_before() -> None:
    name, value = trace_field(Trace("0h2b4k", DIGEST), SECRET)
    assert looping(letter(f"{name}: {value}"), SECRET) == "it was here before"
    assert looping(letter(f"{name.lower()}:   {value}"), SECRET) == "it was here before"
    assert looping(letter(f"{name}: {value}"), b"another key") is None


def test_fifty_servers_are_many_and_more_are_a_loop() -> None:
    hop = "Received: from a by b; Thu, 15 Jan 2026 12:00:00 +0000"
    assert looping(letter(*[hop] * 50), SECRET) is None
    assert looping(letter(*[hop] * 51), SECRET) == "it has passed 51 servers"


def test_the_message_id_is_the_first_one_and_may_be_missing() -> None:
    assert message_id(letter("Message-ID:  <1@b.kz>  ", "Message-ID: <2@b.kz>")) == "<1@b.kz>"
    assert message_id(letter("Message-ID: ")) is None
    assert message_id(letter("From: a@b.kz")) is None


def test_behind_a_server_of_our_own_the_client_is_not_the_session_s() -> None:
    envelope = queued().envelope
    assert client_envelope(envelope, None) is envelope
    assert client_envelope(envelope, 0) is envelope
    seen = client_envelope(envelope, 1)
    assert (seen.client_ip, seen.helo, seen.sender) == (None, None, "a@b.kz")
