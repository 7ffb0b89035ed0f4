"""The live server: what it does with time, hang-ups, floods, large letters, TLS, proxies and its own end."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import socket
import struct
import tracemalloc
from pathlib import Path

import pytest

from sievepy.sources.port import SourceError
from sievepy.sources.smtp import Event, Listener, Networks, Reply, Settings, SmtpSource
from sievepy.sources.smtp.letter import Arriving
from sievepy.sources.smtp.replies import wire
from sievepy.sources.smtp.server import Connection
from tests.dialogs.live import LOOPS, Live, Loop, Recorder, certificate, live
from tests.dialogs.tricks import TRICKS
from tests.unit.sources.smtp.test_data import FALSE_ENDINGS, SMUGGLED

END = b".\r\n"


# ---------------------------------------------------------------- smuggling, relaying


@pytest.mark.parametrize("newlines", ["reject", "normalize"])
def test_no_false_ending_makes_a_second_letter(newlines: str, tmp_path: Path) -> None:
    """Each whole, and cut in its middle with the second half sent when the server has read the first."""
    networks = Networks.of("127.0.0.0/8") if newlines == "normalize" else Networks()
    with live(tmp_path, normalize=networks) as server:
        for false in FALSE_ENDINGS:
            for cut in (0, len(false) // 2):
                before = len(server.intake.letters)
                with server.client() as client:
                    assert client.begin().startswith("354")
                    client.send(b"Subject: x\r\n\r\nhello" + false[:cut])
                    server.run(asyncio.sleep(0.002))
                    client.send(false[cut:] + SMUGGLED + b"\r\n" + END + b"QUIT\r\n")
                    client.rest()
                assert len(server.intake.letters) - before <= 1
                assert all(received.sender == "anna@client.test" for received, _ in server.intake.letters)


def test_forty_tricks_and_nothing_is_relayed(tmp_path: Path) -> None:
    assert len(TRICKS) >= 40
    with live(tmp_path, limits_errors=1000) as server, server.client() as client:
        client.greet()
        for trick in TRICKS:
            client.say("MAIL FROM:<anna@client.test>")
            assert client.say(f"RCPT TO:{trick}")[0] == "5", trick
            assert client.say("DATA")[0] == "5", trick
        assert server.intake.asked == []
        assert server.intake.letters == []


# ---------------------------------------------------------------- hang-ups and errors


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_hang_up_cancels_no_commit(how: str, tmp_path: Path) -> None:
    with live(tmp_path) as server:
        server.intake.gate = asyncio.Event()
        client = server.client()
        client.begin()
        client.send(b"x\r\n.\r\n")
        server.intake.begun.wait()
        getattr(client, how)()
        server.run(asyncio.sleep(0.01))
        server.call(server.intake.gate.set)
        server.settle()
        assert [data for _, data in server.intake.letters] == [b"x\r\n"]
        assert server.watch.events[Event.HUNG_UP] == 1
        assert server.intake.reserved == 0


def test_an_exception_of_the_intake_is_temporary_and_stays_here(tmp_path: Path) -> None:
    def broken(_: object) -> Reply:
        raise ValueError("secret detail of the inside")

    with live(tmp_path) as server, server.client() as client:
        server.intake.reply = broken
        client.begin()
        client.send(b"x\r\n.\r\n")
        assert client.reply() == "451 4.3.0 Internal trouble, try again later"
        assert client.say("NOOP") == "250 2.0.0 OK"
        assert [str(error) for error in server.watch.errors] == ["secret detail of the inside"]
        assert server.intake.reserved == 0


def test_a_disk_that_cannot_hold_the_letter_is_temporary_trouble(tmp_path: Path) -> None:
    folder = tmp_path / "incoming"
    folder.mkdir()
    with live(folder, limits_in_file=10) as server, server.client() as client:
        client.begin()
        folder.rmdir()
        client.send(b"12345678901\r\n.\r\n")
        assert client.reply().startswith("451")
        assert client.line() == ""
        assert server.intake.reserved == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_in_the_middle_of_a_letter_is_told_as_such(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object, __: bytes) -> None:
        raise OSError(number, "no room")

    monkeypatch.setattr(Arriving, "_append", full)
    with live(tmp_path, limits_in_file=10) as server, server.client() as client:
        client.begin()
        client.send(b"12345678901\r\n.\r\n")
        assert client.rest() == "452 4.3.1 No room, try again later\r\n"
        server.settle()
        assert (server.intake.letters, server.intake.reserved) == ([], 0)
        assert server.run(_memory(server)) == 0


def test_a_file_that_cannot_be_synced_is_no_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second fsync(2) of it might report success without the pages that the kernel dropped: there is none."""
    synced = []

    def fails(descriptor: int) -> None:
        synced.append(descriptor)
        raise OSError(errno.EIO, "the disk is ill")

    with live(tmp_path, limits_in_file=10) as server, server.client() as client:
        monkeypatch.setattr("os.fsync", fails)
        client.begin()
        client.send(b"12345678901\r\n.\r\n")
        assert client.rest() == "451 4.3.0 Internal trouble, try again later\r\n"
        server.settle()
        assert (len(synced), server.intake.letters, server.intake.reserved) == (1, [], 0)
        assert server.run(_memory(server)) == 0
    assert list(tmp_path.iterdir()) == []


def test_no_room_is_said_at_mail(tmp_path: Path) -> None:
    with live(tmp_path) as server, server.client() as client:
        server.intake.full = True
        assert client.greet("MAIL FROM:<a@b.test>", "RCPT TO:<info@x-com.kz>")[2:] == [
            "452 4.3.1 no room",
            "503 5.5.1 Bad sequence of commands",
        ]


def test_replies_are_plain_lines_whatever_the_intake_says() -> None:
    assert wire(Reply(550, "5.7.1", "a\r\n250 OK")) == b"550-5.7.1 a \r\n550 5.7.1 250 OK\r\n"
    assert wire(Reply(550, "5.7.1", "нельзя")) == b"550 5.7.1 Not accepted here\r\n"
    assert max(map(len, wire(Reply(550, "5.7.1", "x" * 9000)).split(b"\r\n"))) <= 510


# ---------------------------------------------------------------- large letters


def test_a_large_letter_arrives_in_a_file_and_little_memory(tmp_path: Path) -> None:
    """34 MB; the file is gone when the intake has not taken it."""
    line = b"0123456789" * 7 + b"\r\n"
    body = b"Subject: x\r\n\r\n" + line * (34 * 1024 * 1024 // len(line))
    digest = hashlib.sha256(body).digest()
    found: list[tuple[bool, int, bytes]] = []

    def look(received: object) -> Reply:
        found.append((isinstance(received.data, Path), received.size, received.digest))  # type: ignore[attr-defined]
        return Reply(450, "4.3.0", "seen")

    with live(tmp_path) as server, server.client() as client:
        server.intake.accept = _looking(look)  # type: ignore[method-assign]
        client.begin()
        tracemalloc.start()
        try:
            client.send(body)
            client.send(END)
            assert client.reply() == "450 4.3.0 seen"
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert found == [(True, len(body), digest)]
        assert list(tmp_path.iterdir()) == []
        assert peak <= 16 * 1024 * 1024


def _looking(look):  # type: ignore[no-untyped-def]
    async def accept(received):  # type: ignore[no-untyped-def]
        return look(received)

    return accept


@pytest.mark.parametrize(("size", "in_file"), [(10, False), (11, True), (1000, True)])
def test_a_letter_goes_to_a_file_when_it_outgrows_memory(size: int, in_file: bool, tmp_path: Path) -> None:
    with live(tmp_path, limits_in_file=10) as server, server.client() as client:
        client.begin()
        body = b"x" * (size - 2) + b"\r\n"
        client.send(body + END)
        assert client.reply().startswith("250")
        received, data = server.intake.letters[0]
        assert isinstance(received.data, Path) is in_file
        assert (data, received.size, received.digest) == (body, size, hashlib.sha256(body).digest())
        assert server.run(_memory(server)) == 0


def test_letters_that_together_hold_too_much_memory_go_to_files(tmp_path: Path) -> None:
    with live(tmp_path, limits_memory=20) as server:
        server.intake.gate = asyncio.Event()
        with server.client() as one, server.client() as two:
            for client in (one, two):
                client.begin()
                client.send(b"x" * 13 + b"\r\n" + END)
            server.run(asyncio.sleep(0.02))
            assert server.run(_memory(server)) <= 20
            server.call(server.intake.gate.set)
            assert [one.reply()[:3], two.reply()[:3]] == ["250", "250"]
        assert sorted(isinstance(received.data, Path) for received, _ in server.intake.letters) == [False, True]
        assert server.run(_memory(server)) == 0


async def _memory(server: Live) -> int:
    return server.source._site.gate.memory


def test_a_letter_that_is_given_up_leaves_no_file(tmp_path: Path) -> None:
    with live(tmp_path, limits_in_file=10) as server:
        with server.client() as client:
            client.begin()
            client.send(b"x" * 100 + b"\r\n")
            server.run(asyncio.sleep(0.01))
        server.settle()
        assert list(tmp_path.iterdir()) == []
        assert server.intake.reserved == 0


# ---------------------------------------------------------------- time and floods


@pytest.mark.parametrize("loop", LOOPS)
def test_a_timer_that_is_nearly_due_can_be_moved(loop: Loop, tmp_path: Path) -> None:
    """uvloop gives a handle that does not know when it fires for anything within half a millisecond."""

    async def move() -> None:
        site = SmtpSource(Settings("mx", tmp_path), Recorder())._site
        connection = Connection(site, Listener(), asyncio.get_running_loop(), set())
        for moment in (60.0, 0.0001, 60.0, 0.0001):
            connection._patience.allow(moment)
        connection._end()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(move())


def test_a_silent_client_is_told_so_and_closed(tmp_path: Path) -> None:
    with live(tmp_path, limits_command_time=0.05) as server, server.client() as client:
        client.reply()
        client.send(b"EHL")
        assert client.rest() == "421 4.4.2 Too slow\r\n"
        server.settle()
        assert server.watch.events[Event.TOO_SLOW] == 1


def test_a_letter_that_trickles_is_given_up(tmp_path: Path) -> None:
    with live(tmp_path, limits_data_grace=0.05) as server, server.client() as client:
        client.begin()
        client.send(b"x")
        assert client.rest() == "421 4.4.2 Too slow\r\n"
        assert server.intake.letters == []


def test_a_session_has_an_end_however_busy_it_is(tmp_path: Path) -> None:
    with live(tmp_path, limits_session_time=0.05, limits_junk=10**9) as server, server.client() as client:
        client.greet()
        while (said := client.say("NOOP")).startswith("250"):
            pass
        assert said in ("421 4.4.2 Session too long", "")
        server.settle()
        assert server.watch.events[Event.TOO_LONG_SESSION] == 1


def test_the_surplus_of_connections_hears_421_at_once(tmp_path: Path) -> None:
    with live(tmp_path, limits_connections=5, limits_connections_each=2) as server:
        sources = ["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2", "127.0.0.3"]
        clients = [server.client(source=source) for source in sources]
        assert all(client.reply().startswith("220") for client in clients)
        for source in ("127.0.0.1", "127.0.0.4"):
            with server.client(source=source) as surplus:
                assert surplus.rest() == "421 4.7.0 Too many connections\r\n"
        clients.pop().close()
        while server.source.connections > 4:
            server.run(asyncio.sleep(0.001))
        with server.client(source="127.0.0.4") as next_one:
            assert next_one.reply().startswith("220")
        for client in clients:
            client.close()


def test_hundreds_of_idle_and_slow_clients_do_not_keep_a_new_one_out(tmp_path: Path) -> None:
    with live(tmp_path, limits_connections_each=1000) as server:
        clients = [server.client() for _ in range(300)]
        for client in clients[::3]:
            client.reply()
            client.send(b"E")
        with server.client() as new:
            assert new.begin().startswith("354")
            new.send(b"x\r\n" + END)
            assert new.reply().startswith("250")
        for client in clients:
            client.close()
        server.settle()


# ---------------------------------------------------------------- TLS and proxies


@pytest.mark.parametrize("loop", LOOPS)
def test_implicit_tls(loop: Loop, tmp_path: Path) -> None:
    listeners = (Listener(port=0, implicit=True),)
    with live(tmp_path, certificate(tmp_path), listeners=listeners, loop=loop) as server, server.client() as client:
        client.encrypt()
        assert client.begin().startswith("354")
        client.send(b"x\r\n" + END)
        assert client.reply().startswith("250")
        assert client.say("QUIT") == "221 2.0.0 Bye"
        session = server.intake.letters[0][0].session
        assert session.protocol == "ESMTPS"
        assert session.tls is not None and session.tls.startswith("TLSv1.")


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("said", [b"", b"EHLO a\r\n", b"\x16\x03\x01"], ids=["nothing", "a command", "a beginning"])
def test_who_does_not_begin_tls_is_closed_without_a_word(said: bytes, loop: Loop, tmp_path: Path) -> None:
    listeners = (Listener(port=0, implicit=True),)
    with (
        live(tmp_path, certificate(tmp_path), listeners=listeners, loop=loop, limits_command_time=0.05) as server,
        server.client() as client,
    ):
        client.send(said)
        assert not client.rest().startswith("4")
        server.settle()
        assert server.watch.events[Event.TLS_FAILED] == 1
        assert server.watch.errors == []


@pytest.mark.parametrize("loop", LOOPS)
def test_a_client_that_hangs_up_before_tls_is_only_counted(loop: Loop, tmp_path: Path) -> None:
    listeners = (Listener(port=0, implicit=True),)
    with live(tmp_path, certificate(tmp_path), listeners=listeners, loop=loop) as server:
        server.client().close()
        with server.client() as client:
            client.encrypt()
            assert client.reply().startswith("220")
        server.settle()
        assert server.watch.events[Event.TLS_FAILED] + server.watch.events[Event.HUNG_UP] == 2
        assert server.watch.errors == []


def test_what_is_no_tls_is_counted_and_closed(tmp_path: Path) -> None:
    with live(tmp_path, certificate(tmp_path)) as server, server.client() as client:
        client.greet()
        assert client.say("STARTTLS").startswith("220")
        client.send(b"EHLO a\r\n" * 100)
        client.rest()
        server.settle()
        assert server.watch.events[Event.TLS_FAILED] == 1


V2 = b"\r\n\r\n\x00\r\nQUIT\n"
V2_CLIENT = V2 + b"\x21\x11" + struct.pack("!H4s4sHH", 12, socket.inet_aton("192.0.2.9"), b"\x7f\0\0\1", 1, 25)


@pytest.mark.parametrize(
    ("header", "client_ip"),
    [
        (b"PROXY TCP4 192.0.2.9 127.0.0.1 1000 25\r\n", "192.0.2.9"),
        (b"PROXY TCP6 2001:db8::9 ::1 1000 25\r\n", "2001:db8::9"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (V2_CLIENT, "192.0.2.9"),
        (V2 + b"\x20\x00\x00\x00", "127.0.0.1"),
    ],
)
def test_a_configured_proxy_names_the_client(header: bytes, client_ip: str, tmp_path: Path) -> None:
    with live(
        tmp_path,
        listeners=(Listener(port=0, proxied=True),),
        proxies=Networks.of("127.0.0.1"),
        clients=Networks.of("192.0.2.0/24", "2001:db8::/32", "127.0.0.1"),
    ) as server:
        with server.client() as client:
            client.send(header)
            client.begin()
            client.send(b"x\r\n" + END)
            client.reply()
        assert server.intake.letters[0][0].session.client == client_ip


@pytest.mark.parametrize("header", [b"EHLO a\r\n", b"PROXY TCP4 x y 1 2\r\n", V2 + b"\x31\x11\x00\x00", b"PROXY"])
def test_a_broken_proxy_header_ends_the_connection(header: bytes, tmp_path: Path) -> None:
    listeners = (Listener(port=0, proxied=True),)
    with live(tmp_path, listeners=listeners, proxies=Networks.of("127.0.0.1")) as server, server.client() as client:
        client.send(header)
        client.finish_sending()
        assert client.rest() == ""


# ---------------------------------------------------------------- the end


def test_drain_lets_a_letter_finish_and_takes_no_other(tmp_path: Path) -> None:
    with live(tmp_path) as server:
        with server.client() as busy, server.client() as idle:
            busy.begin()
            idle.greet()
            draining = server.submit(server.source.drain(60))
            assert idle.rest() == "421 4.3.2 Shutting down, try again later\r\n"
            with pytest.raises(ConnectionRefusedError):
                server.client()
            busy.send(b"x\r\n" + END + b"NOOP\r\n")
            assert busy.rest() == "250 2.0.0 queued as L1\r\n421 4.3.2 Shutting down, try again later\r\n"
        draining.result()
        assert len(server.intake.letters) == 1


def test_close_waits_for_a_commit(tmp_path: Path) -> None:
    with live(tmp_path) as server:
        server.intake.gate = asyncio.Event()
        with server.client() as client:
            client.begin()
            client.send(b"x\r\n" + END)
            server.intake.begun.wait()
            closing = server.submit(server.source.close())
            server.run(asyncio.sleep(0.01))
            assert not closing.done()
            server.call(server.intake.gate.set)
            closing.result()
        assert len(server.intake.letters) == 1


@pytest.mark.parametrize(
    "listeners", [(Listener(port=0, implicit=True),), (Listener(host="192.0.2.1", port=0),)], ids=["no TLS", "not ours"]
)
def test_a_server_that_cannot_start_says_why(listeners: tuple[Listener, ...], tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        asyncio.run(_start(tmp_path, listeners))


async def _start(folder: Path, listeners: tuple[Listener, ...]) -> None:
    await SmtpSource(Settings("mx", folder, listeners), Recorder()).start()
