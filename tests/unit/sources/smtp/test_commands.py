"""Command lines, addresses, and the one question whether an address is ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sievepy.sources.smtp.admission import Admission
from sievepy.sources.smtp.commands import (
    Command,
    Refused,
    is_domain,
    parse,
    parse_mail,
    parse_recipient,
    parse_xclient,
)
from sievepy.sources.smtp.passwords import read_hash, write_hash
from sievepy.sources.smtp.port import Refusal, Session
from sievepy.sources.smtp.settings import Networks, Settings
from tests.dialogs.tricks import TRICKS


def admission(**changes: object) -> Admission:
    return Admission(Settings("mx.x-com.kz", Path("/nowhere"), domains=frozenset({"x-com.kz"}), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("argument", TRICKS, ids=repr)
def test_no_form_of_address_is_relayed(argument: str) -> None:
    """Either the path is refused, or the address is; there are forty of them."""
    try:
        recipient = parse_recipient(f"TO:{argument}", utf8=True)
    except Refused as refused:
        assert refused.reply.code in (501, 553, 555)
    else:
        assert isinstance(admission().recipient(recipient), Refusal)


@pytest.mark.parametrize(
    "address", ["info@x-com.kz", "INFO@X-COM.KZ", "info+x@x-com.kz", '"info"@x-com.kz', "bounce+a.b.c@x-com.kz"]
)
def test_our_own_addresses_are_asked_of_the_intake(address: str) -> None:
    path = parse_recipient(f"TO:<{address}>", utf8=False)
    assert admission().recipient(path) == (address if '"' not in address else Refusal(550, "5.7.1", "Relaying denied"))


def test_single_addresses_at_other_domains_can_be_ours() -> None:
    ours = admission(recipients=frozenset({"info@почта.test"}))
    assert ours.recipient("info@xn--80a1acny.test") == "info@xn--80a1acny.test"
    assert isinstance(ours.recipient("sales@xn--80a1acny.test"), Refusal)
    assert isinstance(ours.recipient("postmaster"), Refusal)


def test_only_configured_networks_and_users_may_send() -> None:
    door = admission(clients=Networks.of("192.0.2.0/24", "2001:db8::/32"))
    assert door.client(Session("192.0.2.1")) is None
    assert door.client(Session("::ffff:192.0.2.1")) is None
    assert door.client(Session("2001:db8::1")) is None
    for stranger in ("192.0.3.1", "2001:db9::1", "unknown", ""):
        assert isinstance(door.client(Session(stranger)), Refusal)
    assert door.client(Session("192.0.3.1", user="anna")) is None


def test_tls_can_be_required_of_everybody() -> None:
    door = admission(require_tls=True)
    assert isinstance(door.client(Session("127.0.0.1")), Refusal)
    assert door.client(Session("127.0.0.1", tls="TLSv1.3")) is None


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"NOOP", Command("NOOP", "")),
        (b"mail from:<>  ", Command("MAIL", "from:<>")),
        (b"RCPT  TO:<a@b>", Command("RCPT", "TO:<a@b>")),
    ],
)
def test_a_command_is_a_word_and_the_rest(line: bytes, command: Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    "line", [b"", b" NOOP", b"NO\0OP", b"NOOP \x01", b"\xff", b"N00P", "НООП".encode(), b"NOOP\rX"]
)
def test_what_is_no_command(line: bytes) -> None:
    with pytest.raises(Refused):
        parse(line)


@given(st.binary(max_size=80))
def test_reading_a_line_raises_nothing_but_a_refusal(line: bytes) -> None:
    for prefix in (b"", b"MAIL FROM:<", b"RCPT TO:<", b"XCLIENT "):
        try:
            command = parse(prefix + line)
            parse_mail(command.argument, extended=True, utf8=True)
            parse_recipient(command.argument, utf8=True)
            parse_xclient(command.argument)
        except Refused as refused:
            assert 500 <= refused.reply.code < 600


def test_reverse_paths() -> None:
    def sender(argument: str) -> str:
        return parse_mail(argument, extended=True, utf8=False).sender

    assert sender("FROM:<>") == ""
    assert sender("from: <a@b.test>") == "a@b.test"
    assert sender('FROM:<"a>b"@b.test>') == '"a>b"@b.test'
    assert sender("FROM:<a..b.@docomo.test> BODY=8bitmime AUTH=<>"[:43]) == "a..b.@docomo.test"
    for wrong in ("FROM:a@b.test", "FROM:<a@b.test", "FROM:<a@b.test>x", "TO:<a@b.test>", "FROM:<a>", "FROM:<@b>", ""):
        with pytest.raises(Refused):
            sender(wrong)
    with pytest.raises(Refused) as refused:
        sender("FROM:<почта@b.test>")
    assert refused.value.reply.status == "5.6.7"


@pytest.mark.parametrize("size", ["SIZE", "SIZE=", "SIZE=-1", "SIZE=1e3", "SIZE=" + "9" * 21, "SIZE=٣"])
def test_a_size_is_a_number(size: str) -> None:
    with pytest.raises(Refused):
        parse_mail(f"FROM:<a@b.test> {size}", extended=True, utf8=True)


@pytest.mark.parametrize("domain", ["x.kz", "a-b.kz", "a_b.kz", "[192.0.2.1]", "[IPv6:2001:db8::1]", "localhost"])
def test_domains(domain: str) -> None:
    assert is_domain(domain)


@pytest.mark.parametrize(
    "domain", ["", "-a.kz", "a..kz", "a.kz.", "[192.0.2.300]", "[IPv6:x]", "[::1]", "a b", "a" * 64]
)
def test_no_domains(domain: str) -> None:
    assert not is_domain(domain)


def test_xclient_attributes_are_decoded() -> None:
    assert parse_xclient("ADDR=192.0.2.1 NAME=[UNAVAILABLE] helo=a+2Bb") == {
        "ADDR": "192.0.2.1",
        "NAME": None,
        "HELO": "a+b",
    }
    for wrong in ("", "ADDR", "X=1", "HELO=a+0D+0Ab", "NAME=a+20b"):
        with pytest.raises(Refused):
            parse_xclient(wrong)


def test_a_password_fits_its_hash_and_no_other() -> None:
    text = write_hash(b"secret", b"saltsalt")
    assert read_hash(text).verify(b"secret")
    assert not read_hash(text).verify(b"Secret")


@pytest.mark.parametrize(
    "text",
    ["", "secret", "scrypt$14$8$1$c2FsdA==$a2V5", "scrypt$30$8$1$c2FsdHNhbHQ=$" + "a2V5" * 8, "scrypt$x$8$1$a$b"],
)
def test_what_is_no_hash_is_refused_at_start(text: str) -> None:
    with pytest.raises(ValueError):
        read_hash(text)
