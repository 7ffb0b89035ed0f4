"""Session rules: what is said at RCPT, what after the final dot, and what is not said."""

from __future__ import annotations

import datetime as dt
import ipaddress

from sievepy.ir.conditions import AddressIs, ClientIp, Compare, Exists, Field, Not, Test
from sievepy.ir.script import Rule, Script
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.mail.trust import NO_TRUST, Trust
from sievepy.plan import Defer, Reject, Triage
from sievepy.relay.refusing import Refusing

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
FROM_BAD = AddressIs(Field("envelope-from"), domains=frozenset({"bad.kz"}))
TO_OLD = AddressIs(Field("envelope-to"), addresses=frozenset({"old@x.kz"}))
LARGE = Compare(Field("size"), ">", 100)
NO_DATE = Not(Exists(Field("header", "Date")))


def refusing(*rules: tuple[str, Test, Reject | Defer], trust: Trust = NO_TRUST) -> Refusing:
    made = tuple(Rule(title, test, (action,)) for title, test, action in rules)
    return Refusing.of(Script((), (Triage(),), session_rules=made), dt.UTC, trust)


def envelope(*recipients: str, sender: str = "a@bad.kz") -> Envelope:
    return Envelope(sender=sender, recipients=recipients, client_ip="192.0.2.7", helo="h", received_at=NOON)


def letter(text: str = "From: a@b.kz\r\n\r\nx\r\n") -> Message:
    return Message(text.encode())


def test_the_envelope_alone_decides_at_rcpt_and_is_not_asked_again() -> None:
    found = refusing(("bad", FROM_BAD, Reject("not you")))
    assert found.at_recipient(envelope("a@x.kz"), NOON) == Reject("not you")
    assert found.at_recipient(envelope("a@x.kz", sender="a@good.kz"), NOON) is None
    assert found.whole is None


def test_a_rule_on_headers_or_size_is_silent_at_rcpt() -> None:
    found = refusing(("no date", NO_DATE, Defer("no date")), ("large", LARGE, Reject("large")))
    assert found.at_recipient(envelope("a@x.kz"), NOON) is None
    assert found.at_end(letter, envelope("a@x.kz"), NOON) == Defer("no date")
    dated = "Date: Thu, 15 Jan 2026 12:00:00 +0000\r\n\r\n" + "x" * 200
    assert found.at_end(lambda: letter(dated), envelope("a@x.kz"), NOON) == Reject("large")


def test_after_the_dot_a_letter_is_refused_only_if_every_recipient_would_be() -> None:
    found = refusing(("old", TO_OLD, Reject("gone")), ("large", LARGE, Reject("large")))
    large = letter("x: y\r\n\r\n" + "x" * 200)
    assert found.at_end(letter, envelope("old@x.kz", "new@x.kz"), NOON) is None
    assert found.at_end(letter, envelope("old@x.kz"), NOON) == Reject("gone")
    assert found.at_end(lambda: large, envelope("old@x.kz", "new@x.kz"), NOON) == Reject("large")


def test_the_client_is_the_session_s_only_where_no_server_of_ours_stands_before_us() -> None:
    client = ClientIp((ipaddress.ip_network("192.0.2.0/24"),))
    assert refusing(("net", client, Reject("x"))).at_recipient(envelope("a@x.kz"), NOON) == Reject("x")
    behind = refusing(("net", client, Reject("x")), trust=Trust(1))
    assert behind.at_recipient(envelope("a@x.kz"), NOON) is None


def test_without_session_rules_the_letter_is_not_even_looked_at() -> None:
    def never() -> Message:
        raise AssertionError

    assert refusing().at_end(never, envelope("a@x.kz"), NOON) is None
