"""The real relay and its clients: how many, over TLS, by password, through proxies; and those that mean harm."""

from __future__ import annotations

import resource
import smtplib
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sievepy.sources.smtp.passwords import write_hash
from tests.dialogs.live import Client
from tests.dialogs.tricks import TRICKS
from tests.endtoend.relays import PATIENCE, RawSink, Site, free_port, letter, post, running
from tests.faults.ledger import Stored, stored
from tests.unit.sources.smtp.test_data import FALSE_ENDINGS, SMUGGLED
from tests.unit.wire.certificates import Authority

ACT = letter("Просим акты сверки", "за октябрь", 1)
PASSWORD = "canary-57"
SPLIT = 0.001  # seconds between two halves, so that they come apart; nothing depends on it


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority.make(tmp_path_factory.mktemp("tls") / "ours")
    made.issue("127.0.0.1")
    return made


def configure(site: Site, *lines: str, table: str = "relay") -> None:
    """Add lines to a table of the configuration."""
    path = site.home / "sievepy.toml"
    text = path.read_text(encoding="utf-8")
    if f"[{table}]" not in text:
        text += f"\n[{table}]\n"
    path.write_text(text.replace(f"[{table}]", "\n".join([f"[{table}]", *lines]), 1), encoding="utf-8")


def client(site: Site, source: str = "127.0.0.1") -> Client:
    return Client(site.smtp, source)


# ---------------------------------------------------------------- how many


@pytest.fixture
def many_sockets() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < 2048:
        pytest.skip("a process may not have 2,048 descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2048), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_sockets")
def test_the_21st_connection_of_an_address_and_the_1001st_in_all_hear_421_at_once(site: Site) -> None:
    """With the limits as they are."""
    too_many = "421 4.7.0 Too many connections\r\n"
    with running(site):
        inside = [client(site, "127.0.1.1") for _ in range(20)]
        assert all(one.reply().startswith("220") for one in inside)
        with client(site, "127.0.1.1") as surplus:
            assert surplus.rest() == too_many
        inside += [client(site, f"127.0.1.{2 + n // 20}") for n in range(980)]
        assert all(one.reply().startswith("220") for one in inside[20:])
        with client(site, "127.0.2.1") as surplus:
            assert surplus.rest() == too_many
        assert 'sievepy_smtp_events_total{event="too-many-connections"} 2.0' in site.page("/metrics")[1]
        assert inside[0].say("NOOP") == "250 2.0.0 OK"
        inside.pop().close()
        site.wait(lambda: _is_let_in(site, "127.0.2.1"))
        for one in inside:
            one.close()


def _is_let_in(site: Site, source: str) -> bool:
    with client(site, source) as one:
        return one.reply().startswith("220")


def test_limits_that_are_configured_are_in_force(site: Site) -> None:
    configure(site, "connections-per-address = 1", "errors = 2", "header-size = 100", table="limits")
    with running(site), client(site) as one:
        with client(site) as two:
            assert two.rest().startswith("421 4.7.0 Too many connections")
        assert one.begin().startswith("354")
        one.send(b"X: " + b"x" * 200 + b"\r\n\r\n\r\n.\r\n")
        assert one.reply() == "552 5.3.4 Header too large"
        assert one.say("NONSENSE") == "421 4.7.0 Too many errors"
        assert one.line() == ""


# ---------------------------------------------------------------- TLS and passwords


def with_tls(site: Site, authority: Authority, *more: str) -> int:
    """The port of a second listener, which speaks TLS from the first byte."""
    port = free_port()
    path = site.home / "sievepy.toml"
    text = path.read_text(encoding="utf-8").replace(
        f'listen = ["127.0.0.1:{site.smtp}"]', f'listen = ["127.0.0.1:{site.smtp}", "127.0.0.1:{port} tls"]'
    )
    path.write_text(text, encoding="utf-8")
    certificate = authority.folder / "127.0.0.1.pem"
    configure(site, f'certificate = "{certificate}"', f'key = "{certificate.with_suffix(".key")}"', *more)
    return port


def with_user(site: Site) -> str:
    (site.home / "users").write_text(f"anna:{write_hash(PASSWORD.encode(), b'saltsalt')}\n", encoding="utf-8")
    return 'users-file = "users"'


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.certificate))


def plain(site: Site) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", site.smtp, local_hostname="client.b.kz", timeout=PATIENCE)


def test_letters_come_by_starttls_and_by_implicit_tls_with_the_configured_certificate(
    site: Site, authority: Authority
) -> None:
    port, trusted = with_tls(site, authority), trusting(authority)
    with running(site):
        with plain(site) as one:
            one.ehlo()
            assert one.has_extn("starttls")
            one.starttls(context=trusted)
            post(one, ACT)
            assert not one.has_extn("starttls")
        with smtplib.SMTP_SSL("127.0.0.1", port, "client.b.kz", timeout=PATIENCE, context=trusted) as two:
            post(two, letter("Просим акты сверки", "ещё раз", 2))
        arrived = site.wait_for("buh@x-com.kz", 2)
        assert all(b"by mx.x-com.kz with ESMTPS id" in one for one in arrived)
        with plain(site) as stranger, pytest.raises(ssl.SSLCertVerificationError):
            stranger.starttls(context=ssl.create_default_context())


def test_a_relay_that_requires_tls_takes_no_letter_without_it(site: Site, authority: Authority) -> None:
    with_tls(site, authority, "require-tls = true")
    with running(site), plain(site) as one:
        one.ehlo()
        assert one.mail("client@b.kz") == (530, b"5.7.0 Must issue a STARTTLS command first")
        one.starttls(context=trusting(authority))
        post(one, ACT)
        assert site.wait_for("buh@x-com.kz")


def test_a_password_is_taken_over_tls_only_and_lets_its_user_send_to_us_only(site: Site, authority: Authority) -> None:
    """From a network that may not send without one."""
    port = with_tls(site, authority, 'clients = ["192.0.2.0/24"]', with_user(site))
    trusted = trusting(authority)
    with running(site):
        with plain(site) as one:
            one.ehlo()
            assert not one.has_extn("auth")
            assert one.docmd("AUTH", "PLAIN AGFubmEAeA==") == (538, b"5.7.11 Encryption required for authentication")
            assert one.mail("anna@b.kz") == (530, b"5.7.0 Authentication required")
            one.starttls(context=trusted)
            one.ehlo()
            with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
                one.login("anna", "wrong")
            assert refused.value.smtp_error == b"5.7.8 Authentication credentials invalid"
            assert one.mail("anna@b.kz")[0] == 530
            one.login("anna", PASSWORD)
            post(one, ACT)
        with smtplib.SMTP_SSL("127.0.0.1", port, "client.b.kz", timeout=PATIENCE, context=trusted) as two:
            two.login("anna", PASSWORD)
            assert two.mail("anna@b.kz")[0] == 250
            assert two.rcpt("victim@elsewhere.test") == (550, b"5.7.1 Relaying denied")
        (arrived,) = site.wait_for("buh@x-com.kz")
        assert b"by mx.x-com.kz with ESMTPSA id" in arrived
        assert PASSWORD not in site.log()
        assert "auth-failed" in site.log()


def test_what_is_wrong_with_a_certificate_or_a_users_file_is_said_at_the_start(
    site: Site, authority: Authority
) -> None:
    certificate = authority.folder / "127.0.0.1.pem"
    configure(site, f'certificate = "{certificate}"', f'key = "{authority.folder / "ca.key"}"')
    done = site.command("relay")
    assert (done.returncode, "the certificate of `[relay]` cannot be used" in done.stderr) == (2, True)


# ---------------------------------------------------------------- who speaks for others


def test_only_a_configured_proxy_names_clients(site: Site) -> None:
    configure(site, 'proxies = ["127.0.0.3"]', 'clients = ["192.0.2.0/24"]')
    with running(site):
        with client(site, "127.0.0.3") as one:
            one.send(b"PROXY TCP4 192.0.2.9 127.0.0.1 1000 25\r\n")
            assert one.begin().startswith("354")
            one.send(ACT.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            assert one.reply().startswith("250")
        with client(site, "127.0.0.3") as two:
            two.send(b"PROXY TCP4 198.51.100.9 127.0.0.1 1000 25\r\n")
            assert two.rest() == "554 5.7.1 Your network may not send here\r\n"
        with client(site, "127.0.0.4") as stranger:
            stranger.send(b"PROXY TCP4 192.0.2.9 127.0.0.1 1000 25\r\n")
            assert stranger.rest() == "554 5.7.1 Your network may not send here\r\n"
        (arrived,) = site.wait_for("buh@x-com.kz")
        assert b"Received: from client.test ([192.0.2.9]) by mx.x-com.kz" in arrived


def test_only_a_configured_peer_says_xclient(site: Site) -> None:
    configure(site, 'xclient = ["127.0.0.3"]', 'clients = ["127.0.0.4", "192.0.2.0/24"]')
    with running(site):
        with client(site, "127.0.0.3") as one:
            one.greet()
            assert one.say("MAIL FROM:<anna@client.test>").startswith("554 5.7.1")
            assert one.say("XCLIENT ADDR=192.0.2.9 NAME=mail.client.test").startswith("220")
            for command in ("EHLO client.test", "MAIL FROM:<anna@client.test>", "RCPT TO:<info@x-com.kz>"):
                assert one.say(command).startswith("250")
            assert one.say("DATA").startswith("354")
            one.send(ACT.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            assert one.reply().startswith("250")
        with client(site, "127.0.0.4") as stranger:
            stranger.greet()
            assert stranger.say("XCLIENT ADDR=192.0.2.9") == "500 5.5.1 Command not recognized"
        (arrived,) = site.wait_for("buh@x-com.kz")
        assert b"([192.0.2.9]) by mx.x-com.kz" in arrived


# ---------------------------------------------------------------- who means harm


@pytest.fixture
def sink() -> Iterator[RawSink]:
    one = RawSink()
    one.start()
    yield one
    one.close()


@pytest.fixture
def relaying(tmp_path: Path, sink: RawSink) -> Site:
    """All that it delivers goes to the sink."""
    site = Site(tmp_path, f'host = "127.0.0.1"\nport = {sink.port}\ntls = "none"')
    configure(site, "errors = 10000", "junk = 10000", table="limits")
    site.write_rules('department buh "Бухгалтерия" { email buh@x-com.kz }\notherwise { assign buh }\n')
    return site


def test_forty_tricks_and_nothing_is_relayed(relaying: Site, sink: RawSink) -> None:
    """Each alone, and beside a recipient that exists."""
    assert len(TRICKS) >= 40
    with running(relaying):
        with client(relaying) as one:
            one.greet()
            for trick in TRICKS:
                one.say("MAIL FROM:<anna@client.test>")
                assert one.say(f"RCPT TO:{trick}")[0] == "5", trick
                assert one.say("DATA")[0] == "5", trick
            taken = 0
            for number, trick in enumerate(TRICKS):
                assert one.say("MAIL FROM:<anna@client.test>")[0] == "2"
                assert one.say("RCPT TO:<info@x-com.kz>")[0] == "2"
                assert one.say(f"RCPT TO:{trick}")[0] == "5", trick
                if one.say("DATA")[0] == "5":
                    continue  # a NUL: nothing that was agreed before it counts
                taken += 1
                one.send(letter("hello", "x", number).replace(b"\r\n.", b"\r\n..") + b".\r\n")
                assert one.reply()[:3] == "250"
        relaying.wait(lambda: len(sink.arrived) >= taken)
        assert relaying.stop() == 0
    print(f"{len(TRICKS)} tricks, {len(sink.arrived)} letters to ourselves, 0 relayed")
    assert len(sink.arrived) == taken >= 40
    assert {one.recipient for one in sink.arrived} == {"buh@x-com.kz"}
    assert {tuple(one.envelope.recipients or ()) for one in queue(relaying).letters} == {("info@x-com.kz",)}


@pytest.mark.parametrize("newlines", ["reject", "normalize"])
def test_no_false_ending_makes_a_second_letter(newlines: str, relaying: Site, sink: RawSink) -> None:
    """Each whole and cut at every byte; what is taken arrives as one letter with the smuggled words inside it."""
    if newlines == "normalize":
        configure(relaying, 'normalize = ["127.0.0.0/8"]')
    cuts = [(false, cut) for false in FALSE_ENDINGS for cut in range(len(false) + 1)]
    with running(relaying):
        acked = sum(_smuggle(relaying, false, cut, number) for number, (false, cut) in enumerate(cuts))
        relaying.wait(lambda: len(sink.arrived) >= acked)
        assert relaying.stop() == 0
    print(f"{newlines}: {len(cuts)} false endings and cuts of them, {acked} letters taken, none in another")
    assert len(sink.arrived) == len(queue(relaying).letters) == acked
    assert {one.envelope.sender for one in queue(relaying).letters} == {"anna@client.test"}
    for one in sink.arrived:
        bare = one.data.replace(b"\r\n", b"")
        assert not {*b"\r\n\0"} & {*bare}
        assert b"\r\n.\r\n" not in one.data
        assert b"MAIL FROM:<eve@client.test>" in one.data


def _smuggle(site: Site, false: bytes, cut: int, number: int) -> bool:
    """Whether the letter was taken."""
    with client(site) as one:
        assert one.begin().startswith("354")
        one.send(b"Subject: x\r\nMessage-ID: <%d@b.kz>\r\n\r\nhello" % number + false[:cut])
        time.sleep(SPLIT)
        one.send(false[cut:] + SMUGGLED + b"\r\n.\r\nQUIT\r\n")
        replies = one.rest()
    assert replies.count("250 2.0.0 queued as") <= 1
    return "250 2.0.0 queued as" in replies


def queue(site: Site) -> Stored:
    return stored(site.home / "var/queue")
