"""TLS is verified unless somebody wrote otherwise, nothing goes out before it, and nothing read before it counts."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from sievepy.sinks.port import Parcel, Result
from sievepy.sinks.smtp import Settings, SmtpSink
from sievepy.wire.smtp_client import Login, Peer
from sievepy.wire.tls import Security, Trusted, server_context
from tests.unit.wire.certificates import Authority
from tests.unit.wire.recorder import Recorder, Script, recorder

PARCEL = Parcel("d1", "l1", "", "c@d.kz", b"Subject: x\r\n\r\n", 14)
OFFERING: dict[str, Any] = {"EHLO": b"250-x\r\n250-AUTH LOGIN PLAIN\r\n250 STARTTLS\r\n", "STARTTLS": b"220 go\r\n"}
LOGIN = Login("user", "canary-93")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("tls") / "theirs")


def deliver(
    certificate: tuple[Path, Path],
    trusted: Trusted,
    *,
    security: Security = Security.STARTTLS,
    script: Script | None = None,
    login: Login | None = None,
) -> tuple[Result, Recorder]:
    async def main() -> tuple[Result, Recorder]:
        context = server_context(*certificate)
        async with recorder(script or OFFERING, tls=context, implicit=security is Security.IMPLICIT) as server:
            peer = Peer("127.0.0.1", server.port, security, "us.kz", login=login)
            sink = SmtpSink(Settings(peer, trusted))
            result = await sink.deliver(PARCEL)
            await sink.close()
            return result, server

    return asyncio.run(main())


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
def test_a_verified_server_gets_the_letter(authority: Authority, security: Security) -> None:
    result, server = deliver(authority.issue("127.0.0.1"), Trusted(authority.certificate), security=security)
    assert result.outcome == "delivered"
    assert server.letters == [PARCEL.data]
    assert server.commands.count("EHLO us.kz") == (2 if security is Security.STARTTLS else 1)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
def test_a_server_nobody_vouches_for_gets_nothing(
    authority: Authority, stranger: Authority, security: Security
) -> None:
    result, server = deliver(stranger.issue("127.0.0.1"), Trusted(authority.certificate), security=security)
    assert result.outcome == "deferred"
    assert "certificate" in result.reply
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_the_systems_authorities_do_not_vouch_for_it_either(authority: Authority) -> None:
    assert deliver(authority.issue("127.0.0.1"), Trusted())[0].outcome == "deferred"


@pytest.mark.parametrize("name", ["127.0.0.2", "mx.example.kz"])
def test_a_certificate_for_another_name_is_none(authority: Authority, name: str) -> None:
    result, server = deliver(authority.issue(name), Trusted(authority.certificate))
    assert result.outcome == "deferred"
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_an_expired_certificate_is_none(authority: Authority) -> None:
    result, _ = deliver(authority.issue("127.0.0.1", days=-1), Trusted(authority.certificate))
    assert result.outcome == "deferred"
    assert "expired" in result.reply


def test_verification_can_be_turned_off_in_so_many_words(stranger: Authority) -> None:
    assert deliver(stranger.issue("mx.example.kz"), Trusted(verify=False))[0].outcome == "delivered"


def test_a_server_that_does_not_offer_tls_gets_nothing(authority: Authority) -> None:
    """Whoever sits on the line can take STARTTLS out of the list."""
    result, server = deliver(
        authority.issue("127.0.0.1"), Trusted(authority.certificate), script={"EHLO": b"250 x\r\n"}
    )
    assert result == Result("deferred", "STARTTLS is not offered (starttls)")
    assert server.commands == ["EHLO us.kz"]


@pytest.mark.parametrize("injected", [b"250 x\r\n", b"250-half", b"2"])
def test_replies_slipped_in_before_tls_are_not_read_after_it(authority: Authority, injected: bytes) -> None:
    script = {**OFFERING, "STARTTLS": b"220 go\r\n" + injected}
    result, server = deliver(authority.issue("127.0.0.1"), Trusted(authority.certificate), script=script)
    assert result == Result("deferred", "more than the reply before TLS (starttls)")
    assert server.commands == ["EHLO us.kz", "STARTTLS"]


@pytest.mark.parametrize("reply", [b"454 4.7.0 not now\r\n", b"554 no\r\n"])
def test_a_refused_starttls_is_deferred(authority: Authority, reply: bytes) -> None:
    script = {**OFFERING, "STARTTLS": reply}
    result, server = deliver(authority.issue("127.0.0.1"), Trusted(authority.certificate), script=script)
    assert result.outcome == "deferred"
    assert server.commands == ["EHLO us.kz", "STARTTLS"]


def test_a_password_goes_over_tls_only(authority: Authority) -> None:
    result, server = deliver(authority.issue("127.0.0.1"), Trusted(authority.certificate), login=LOGIN)
    secret = base64.b64encode(b"\0user\0canary-93").decode()
    assert result.outcome == "delivered"
    assert server.commands[:4] == ["EHLO us.kz", "STARTTLS", "EHLO us.kz", f"AUTH PLAIN {secret}"]


def test_a_server_cannot_make_us_repeat_the_password(authority: Authority) -> None:
    secret = base64.b64encode(b"\0user\0canary-93")
    script = {**OFFERING, "AUTH": b"535 5.7.8 you said " + secret + b" canary-93\r\n"}
    result, _ = deliver(authority.issue("127.0.0.1"), Trusted(authority.certificate), script=script, login=LOGIN)
    assert result == Result("deferred", "535 5.7.8 (auth)")


def test_a_login_that_is_not_offered_is_not_tried(authority: Authority) -> None:
    script = {**OFFERING, "EHLO": b"250-x\r\n250-AUTH CRAM-MD5\r\n250 STARTTLS\r\n"}
    result, _ = deliver(authority.issue("127.0.0.1"), Trusted(authority.certificate), script=script, login=LOGIN)
    assert result == Result("deferred", "AUTH PLAIN is not offered (auth)")


def test_authorities_that_cannot_be_read_are_deferred(authority: Authority, tmp_path: Path) -> None:
    result, server = deliver(authority.issue("127.0.0.1"), Trusted(tmp_path / "none"))
    assert result == Result("deferred", "FileNotFoundError: No such file or directory")
    assert server.connections == 0
