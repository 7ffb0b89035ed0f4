"""Only what our own servers wrote is believed."""

from __future__ import annotations

import ipaddress

import pytest

from sievepy.mail.envelope import Envelope
from sievepy.mail.trust import Trust
from tests.unit.mail.letters import letter

TWO_HOPS = """\
    X-Spam-Score: 7.5 (spam)
    Authentication-Results: mx.ours.example;
     dmarc=pass (p=reject) header.from=bank.example;
     spf=fail smtp.mailfrom=x.example; dkim=pass header.d=bank.example
    Received: from mx.ours.example (mx [10.0.0.2]) by store.ours.example; Thu, 15 Jan 2026 12:00:05 +0500
    Received: from client.example (unknown [198.51.100.7]) by mx.ours.example; Thu, 15 Jan 2026 12:00:00 +0500
    X-Spam-Score: -100
    Authentication-Results: mx.ours.example; dmarc=pass header.from=evil.example
    Received: from [203.0.113.9] by client.example; Mon, 1 Jan 2001 00:00:00 +0000
    From: Bank <news@bank.example>

    hello
    """
OURS = Trust(trusted_hops=2, authserv_id="mx.ours.example")


def test_the_client_is_named_by_our_outermost_server() -> None:
    assert letter(TWO_HOPS, trust=OURS).client_ip() == ipaddress.ip_address("198.51.100.7")
    assert letter(TWO_HOPS, trust=Trust(trusted_hops=1)).client_ip() == ipaddress.ip_address("10.0.0.2")


def test_the_session_knows_better_than_headers() -> None:
    envelope = Envelope(client_ip="2001:db8::1")
    assert letter(TWO_HOPS, trust=OURS, envelope=envelope).client_ip() == ipaddress.ip_address("2001:db8::1")


@pytest.mark.parametrize("trust", [Trust(), Trust(trusted_hops=4), Trust(trusted_hops=0)])
def test_where_nothing_is_to_be_believed_everything_is_unknown(trust: Trust) -> None:
    untrusted = letter(TWO_HOPS, trust=trust)
    assert untrusted.client_ip() is None
    assert untrusted.number("spam-score") is None
    assert untrusted.exists("spam-score") is None
    assert untrusted.authentication("spf", "pass") is None
    assert untrusted.fact("verified") is None


def test_a_forged_score_below_our_servers_does_not_count() -> None:
    assert letter(TWO_HOPS, trust=OURS).number("spam-score") == 7.5
    forged = TWO_HOPS.replace("    X-Spam-Score: 7.5 (spam)\n", "")
    assert letter(forged, trust=OURS).number("spam-score") is None
    assert letter(forged, trust=OURS).exists("spam-score") is False


def test_results_of_the_configured_service() -> None:
    ours = letter(TWO_HOPS, trust=OURS)
    assert (ours.authentication("spf", "fail"), ours.authentication("spf", "pass")) == (True, False)
    assert ours.authentication("dkim", "pass") is True
    stranger = letter(TWO_HOPS, trust=Trust(trusted_hops=2, authserv_id="mx.other.example"))
    assert stranger.authentication("spf", "fail") is None


def test_verified_is_dmarc_for_the_domain_in_from() -> None:
    assert letter(TWO_HOPS, trust=OURS).fact("verified") is True
    other = TWO_HOPS.replace("news@bank.example", "news@evil.example")
    assert letter(other, trust=OURS).fact("verified") is False, "the pass in the forged header does not count"
    assert letter(other, trust=OURS, verified=True).fact("verified") is True


def test_arrival_is_stamped_by_our_outermost_server() -> None:
    arrived = letter(TWO_HOPS, trust=OURS).received_at()
    assert arrived is not None
    assert arrived.isoformat() == "2026-01-15T12:00:00+05:00"
    assert letter(TWO_HOPS).received_at() is None
