"""What a server says or does to a letter becomes one of four outcomes, and what leaves us is exactly the letter."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sievepy.mail import edit
from sievepy.sinks.connections import Reuse
from sievepy.sinks.letter_file import LetterFile
from sievepy.sinks.lmtp import LmtpSink
from sievepy.sinks.port import RETURN_PATH, Parcel, Result
from sievepy.sinks.smtp import Settings, SmtpSink
from sievepy.wire.smtp_client import Login, Peer, Timeouts
from sievepy.wire.tls import Security
from tests.unit.wire.recorder import CUT, PLAIN, POLITE, SILENCE, Recorder, Script, recorder
from tests.unit.wire.smuggling import UNSAFE

LETTER = b"From: a@b.kz\r\nSubject: x\r\n\r\n.dot\r\n..\r\nend\r\n"
NO, LATER = b"550 5.1.1 no\r\n", b"451 4.3.0 later\r\n"
QUICK = Timeouts(1, 1, 1, 1, 1, 1, 1)
EHLO = POLITE["EHLO"]


def parcel(data: bytes | LetterFile = LETTER, **changes: Any) -> Parcel:
    size = len(data) if isinstance(data, bytes) else data.size()
    whole = Parcel("d1", "l1", "bounce+d1.x@y.kz", "c@d.kz", data, size, {RETURN_PATH: "author@e.kz"})
    return dataclasses.replace(whole, **changes)


def settings(server: Recorder, *, reuse: Reuse | None = None, timeouts: Timeouts | None = None) -> Settings:
    return Settings(
        Peer("127.0.0.1", server.port, Security.NONE, "us.kz", timeouts=timeouts or Timeouts()), reuse=reuse or Reuse()
    )


def with_server(
    script: Script, use: Callable[[SmtpSink, Recorder], Awaitable[Any]], kind: type[SmtpSink] = SmtpSink, **how: Any
) -> tuple[Any, Recorder]:
    async def main() -> tuple[Any, Recorder]:
        async with recorder(script) as server:
            sink = kind(settings(server, **how))
            try:
                return await use(sink, server), server
            finally:
                await sink.close()

    return asyncio.run(main())


def deliver(script: Script, letter: Parcel | None = None, **how: Any) -> tuple[Result, Recorder]:
    return with_server(script, lambda sink, _: sink.deliver(letter or parcel()), **how)


# ---------------------------------------------------------------- what is delivered


@pytest.mark.parametrize("hello", [EHLO, PLAIN])
def test_a_letter_arrives_byte_for_byte_below_our_fields(hello: bytes) -> None:
    """What a DKIM signature covers is what was received (promise 21)."""
    data = edit.prepend(LETTER, [("X-Sievepy-ID", "l1")])
    result, server = deliver({"EHLO": hello}, parcel(data))
    assert result == Result("delivered", "250 2.0.0 taken")
    assert server.letters == [b"X-Sievepy-ID: l1\r\n" + LETTER.replace(b"\r\n.", b"\r\n..")]


def test_commands_are_pipelined_where_that_is_offered_and_only_there() -> None:
    _, server = deliver({})
    assert (
        b"MAIL FROM:<bounce+d1.x@y.kz> SIZE=48\r\nRCPT TO:<c@d.kz>\r\nDATA\r\n".replace(b"48", b"%d" % len(LETTER))
        in server.chunks
    )
    _, server = deliver({"EHLO": PLAIN})
    assert b"MAIL FROM:<bounce+d1.x@y.kz>\r\n" in server.chunks
    assert b"RCPT TO:<c@d.kz>\r\n" in server.chunks


def test_a_server_of_before_1995_is_spoken_to_with_helo() -> None:
    result, server = deliver({"EHLO": b"502 what\r\n"})
    assert result.outcome == "delivered"
    assert server.commands[:3] == ["EHLO us.kz", "HELO us.kz", "MAIL FROM:<bounce+d1.x@y.kz>"]


def test_the_null_sender_stays_null() -> None:
    _, server = deliver({"EHLO": PLAIN}, parcel(sender=""))
    assert "MAIL FROM:<>" in server.commands


@pytest.mark.parametrize("size", [0, 1, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 3_000_001])
@pytest.mark.parametrize("in_file", [False, True])
def test_large_letters_arrive_whole_from_memory_and_from_a_file(tmp_path: Path, size: int, in_file: bool) -> None:
    data = (b".x\r\n" * (size // 4 + 1))[:size].rstrip(b"\r") + b"\r\n"
    path = tmp_path / "letter"
    path.write_bytes(data)
    result, server = deliver({}, parcel(LetterFile(path) if in_file else data))
    assert result.outcome == "delivered"
    assert server.letters == [(b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:]]


def test_eight_bit_letters_are_announced() -> None:
    result, server = deliver({}, parcel("Subject: я\r\n\r\n".encode()))
    assert result.outcome == "delivered"
    assert any(command.endswith(" BODY=8BITMIME") for command in server.commands)


# ---------------------------------------------------------------- what is refused, at every command

STAGES = ["MAIL", "RCPT", "DATA", "."]


@pytest.mark.parametrize("hello", [EHLO, PLAIN])
@pytest.mark.parametrize("verb", STAGES)
@pytest.mark.parametrize(("reply", "outcome"), [(NO, "failed"), (LATER, "deferred"), (b"299 odd\r\n", "delivered")])
def test_a_reply_decides(hello: bytes, verb: str, reply: bytes, outcome: str) -> None:
    result, server = deliver({"EHLO": hello, verb: reply})
    if verb == "DATA" and outcome == "delivered":
        outcome = "deferred"  # it did not ask for the data
    assert result.outcome == outcome
    assert not result.may_have_arrived
    assert bool([letter for letter in server.letters if letter]) == (outcome == "delivered" or verb == ".")


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", *STAGES])
@pytest.mark.parametrize("reply", [b"421 4.3.2 closing\r\n", b"350 odd\r\n", LATER])
def test_what_is_no_refusal_for_good_is_deferred(verb: str, reply: bytes) -> None:
    result, _ = deliver({verb: reply})
    assert result.outcome == "deferred"


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO"])
def test_a_server_that_does_not_talk_to_us_condemns_no_letter(verb: str) -> None:
    result, _ = deliver({verb: b"554 5.7.1 go away\r\n"})
    assert result == Result("deferred", f"554 5.7.1 go away ({'greeting' if verb == 'CONNECT' else 'hello'})")


@pytest.mark.parametrize(
    "reply", [b"500 no", b"502 5.5.1 no", b"503 no", b"504 5.5.4 no", b"530 5.7.0 no", b"535 5.7.8 no", b"538 no"]
)
def test_a_quarrel_about_commands_or_credentials_condemns_no_letter(reply: bytes) -> None:
    assert deliver({"MAIL": reply + b"\r\n"})[0].outcome == "deferred"
    assert deliver({".": reply + b"\r\n"})[0].outcome == "failed"


def test_a_code_for_quarrels_with_another_subject_is_a_refusal() -> None:
    assert deliver({"RCPT": b"500 5.3.0 no\r\n"})[0].outcome == "failed"


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", *STAGES])
@pytest.mark.parametrize(
    "reply",
    [b"hello\r\n", b"250-a\r\n251 b\r\n", b"250 " + b"x" * 9000 + b"\r\n", b"\r\n", b"250-a\r\n" * 999, b"\xff\0\r\n"],
)
def test_garbage_is_deferred(verb: str, reply: bytes) -> None:
    result, _ = deliver({verb: reply})
    assert result.outcome == "deferred"
    assert result.may_have_arrived == (verb == ".")
    assert result.reply.isprintable()
    assert len(result.reply) <= 600


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", *STAGES])
@pytest.mark.parametrize("act", [CUT, SILENCE])
def test_silence_and_a_cut_line_are_deferred(verb: str, act: str) -> None:
    result, _ = deliver({verb: act}, timeouts=dataclasses.replace(QUICK, greeting=0.1, command=0.1, data=0.1, end=0.1))
    assert result.outcome == "deferred"
    assert result.may_have_arrived == (verb == ".")


def test_a_slow_server_is_waited_for() -> None:
    """Each reply has its own time-out; bytes that trickle in make one reply."""

    async def main() -> Result:
        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for act in (b"220 hi\r\n", b"250 x\r\n", b"250 y\r\n", b"250 z\r\n", b"354 go\r\n", b"250 done\r\n"):
                for at in range(len(act)):
                    writer.write(act[at : at + 1])
                    await asyncio.sleep(0.001)
                await reader.readuntil(b".\r\n" if act.startswith(b"354") else b"\r\n")
            writer.close()

        async with await asyncio.start_server(slow, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            sink = SmtpSink(Settings(Peer("127.0.0.1", port, Security.NONE, "us.kz")))
            result = await sink.deliver(parcel())
            await sink.close()
            return result

    assert asyncio.run(main()) == Result("delivered", "250 done")


@pytest.mark.parametrize("cut", [True, False])
def test_a_letter_that_was_not_written_to_its_end_cannot_have_arrived(cut: bool) -> None:
    """The peer asks for the data and then cuts the line, or does not read on."""

    async def main() -> Result:
        async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for act in (b"220 hi\r\n", b"250 x\r\n", b"250 y\r\n", b"250 z\r\n", b"354 go\r\n"):
                writer.write(act)
                if not act.startswith(b"354"):
                    await reader.readuntil(b"\r\n")
            await (reader.readexactly(1000) if cut else done.wait())
            writer.transport.abort()
            gone.set()

        done, gone = asyncio.Event(), asyncio.Event()
        async with await asyncio.start_server(stop, "127.0.0.1", 0, limit=1 << 12) as server:
            port = server.sockets[0].getsockname()[1]
            timeouts = dataclasses.replace(QUICK, block=0.2)
            sink = SmtpSink(Settings(Peer("127.0.0.1", port, Security.NONE, "us.kz", timeouts=timeouts)))
            result = await sink.deliver(parcel(b"x\r\n" * 8_000_000))
            done.set()
            await gone.wait()
            return result

    result = asyncio.run(main())
    assert result.outcome == "deferred"
    assert result.reply.endswith("(block)")
    assert not result.may_have_arrived


def test_nobody_at_home_is_deferred() -> None:
    async def main() -> tuple[Result, str | None]:
        sink = SmtpSink(Settings(Peer("127.0.0.1", 1, Security.NONE)))
        return await sink.deliver(parcel()), await sink.probe()

    result, probe = asyncio.run(main())
    assert result.outcome == "deferred"
    assert probe is not None


def test_a_missing_file_is_deferred(tmp_path: Path) -> None:
    result, server = deliver({}, Parcel("d1", "l1", "", "c@d.kz", LetterFile(tmp_path / "none"), 1))
    assert result == Result("deferred", "FileNotFoundError: No such file or directory")
    assert server.connections == 0


# ---------------------------------------------------------------- the lost final reply


def test_a_lost_final_reply_makes_one_redelivery_that_can_be_told() -> None:
    """Promise 9: taken, cut before the 250, delivered again with the same Message-ID and Delivery-ID, and not again."""
    data = edit.prepend(b"Message-ID: <1@b.kz>\r\n" + LETTER, [("X-Sievepy-Delivery-ID", "d1")])

    async def use(sink: SmtpSink, server: Recorder) -> list[Result]:
        results = [await sink.deliver(parcel(data))]
        while results[-1].outcome == "deferred":
            results.append(await sink.deliver(parcel(data)))
        return results

    results, server = with_server({".": [CUT, b"250 taken\r\n"]}, use)
    assert [(r.outcome, r.may_have_arrived) for r in results] == [("deferred", True), ("delivered", False)]
    assert results[0].reply.startswith("reply lost")
    assert len(server.letters) == 2
    assert server.letters[0] == server.letters[1]


def test_a_kept_connection_never_repeats_a_letter_by_itself() -> None:
    async def use(sink: SmtpSink, server: Recorder) -> list[Result]:
        return [await sink.deliver(parcel()) for _ in range(2)]

    results, server = with_server({".": [b"250 taken\r\n", CUT]}, use)
    assert [r.outcome for r in results] == ["delivered", "deferred"]
    assert len(server.letters) == 2
    assert server.connections == 1


# ---------------------------------------------------------------- what a server cannot take


@pytest.mark.parametrize("data", UNSAFE)
def test_nothing_ambiguous_ever_leaves(data: bytes) -> None:
    """Promise 12: not a byte of it is written, whole or wrapped the peer reads one letter."""
    result, server = deliver({}, parcel(data))
    assert result.outcome == "unsupported"
    assert not result.is_too_large
    assert server.wire == b""


@pytest.mark.parametrize("data", UNSAFE[::9])
def test_what_could_not_go_as_it_is_goes_wrapped(data: bytes) -> None:
    at, author = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), edit.Author("a@b.kz")
    wrapped = edit.wrapped_letter(data, letter="l1", reason="a bare CR", at=at, author=author)
    result, server = deliver({"EHLO": b"250 bare\r\n"}, parcel(wrapped))
    assert result.outcome == "delivered"
    assert len(server.letters) == 1
    outside = server.wire.replace(b"\r\n", b"")
    assert not set(outside) & {0, 10, 13}


def test_a_letter_above_its_size_is_not_begun() -> None:
    result, server = deliver({"EHLO": b"250-x\r\n250 SIZE 20\r\n"})
    assert result.outcome == "unsupported"
    assert result.is_too_large
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_eight_bits_are_not_sent_where_they_are_not_taken() -> None:
    result, server = deliver({"EHLO": b"250 x\r\n"}, parcel("я\r\n".encode()))
    assert result.outcome == "unsupported"
    assert not any(command.startswith("MAIL") for command in server.commands)


@pytest.mark.parametrize(
    ("reply", "outcome", "too_large"),
    [
        (b"552 5.3.4 too big\r\n", "unsupported", True),
        (b"552 5.2.3 too big\r\n", "unsupported", True),
        (b"552 5.2.2 mailbox full\r\n", "failed", False),
        (b"554 5.6.1 no such media\r\n", "unsupported", False),
        (b"554 5.6.7 no such address\r\n", "failed", False),
        (b"554 no 5.6.1\r\n", "failed", False),
    ],
)
@pytest.mark.parametrize("verb", ["MAIL", "."])
def test_what_a_server_says_it_cannot_take_is_unsupported(
    verb: str, reply: bytes, outcome: str, too_large: bool
) -> None:
    result, _ = deliver({verb: reply})
    assert (result.outcome, result.is_too_large) == (outcome, too_large)


@pytest.mark.parametrize("target", ["a@b> SIZE=1", "a@b\r\nDATA", "a b@c", "a@b\0", "c@d@e"])
def test_an_address_that_is_none_is_never_written(target: str) -> None:
    result, server = deliver({}, parcel(target=target))
    assert result.outcome == "failed"
    assert not any(command.startswith(("MAIL", "RCPT", "DATA")) for command in server.commands)


def test_an_international_address_needs_a_server_that_knows_them() -> None:
    assert deliver({}, parcel(target="почта@пример.kz"))[0].outcome == "failed"
    result, server = deliver({"EHLO": b"250-x\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"}, parcel(target="почта@пример.kz"))
    assert result.outcome == "delivered"
    assert "RCPT TO:<почта@пример.kz>" in server.commands


def test_a_file_that_changes_while_it_is_sent_is_cut_off_before_its_end(tmp_path: Path) -> None:
    """What the survey has not seen is refused by the stuffer, and the peer never reads an end of data."""
    path = tmp_path / "letter"
    path.write_bytes(LETTER)

    async def use(sink: SmtpSink, server: Recorder) -> Result:
        server.script["EHLO"] = [EHLO]
        original = server._act

        async def act(verb: str, writer: asyncio.StreamWriter) -> bool:
            if verb == "DATA":
                path.write_bytes(LETTER + b"evil\n.\r\n")
            return await original(verb, writer)

        server._act = act  # type: ignore[method-assign]
        return await sink.deliver(parcel(LetterFile(path)))

    result, server = with_server({}, use)
    assert result.outcome == "failed"
    assert server.letters == []
    assert b"evil" not in server.wire


# ---------------------------------------------------------------- connections


def many(count: int) -> Callable[[SmtpSink, Recorder], Awaitable[list[Result]]]:
    async def use(sink: SmtpSink, server: Recorder) -> list[Result]:
        return [await sink.deliver(parcel(delivery=f"d{number}")) for number in range(count)]

    return use


def test_a_connection_is_used_again_without_another_hello() -> None:
    results, server = with_server({}, many(5))
    assert [r.outcome for r in results] == ["delivered"] * 5
    assert server.connections == 1
    assert server.commands.count("EHLO us.kz") == 1
    assert "RSET" not in server.commands


def test_a_connection_is_closed_after_its_letters() -> None:
    results, server = with_server({}, many(5), reuse=Reuse(letters=2))
    assert [r.outcome for r in results] == ["delivered"] * 5
    assert server.connections == 3
    assert server.commands.count("QUIT") == 3


def test_a_refused_letter_leaves_nothing_to_the_next() -> None:
    results, server = with_server({"RCPT": [NO, b"250 ok\r\n"], "DATA": [b"503 no\r\n", b"354 go\r\n"]}, many(2))
    assert [r.outcome for r in results] == ["failed", "delivered"]
    assert server.connections == 1
    assert server.commands.index("RSET") < [at for at, c in enumerate(server.commands) if c.startswith("MAIL")][1]


@pytest.mark.parametrize("stale", [b"421 4.4.2 idle for too long\r\n", CUT])
def test_a_connection_that_has_ended_while_idle_is_replaced_at_once(stale: bytes | str) -> None:
    results, server = with_server({"EHLO": PLAIN, "MAIL": [b"250 ok\r\n", stale, b"250 ok\r\n"]}, many(2))
    assert [r.outcome for r in results] == ["delivered", "delivered"]
    assert server.connections == 2
    assert len(server.letters) == 2


def test_a_new_connection_that_fails_is_not_tried_again_here() -> None:
    results, server = with_server({"MAIL": CUT}, many(1))
    assert [r.outcome for r in results] == ["deferred"]
    assert server.connections == 1


def test_an_idle_connection_says_quit() -> None:
    async def use(sink: SmtpSink, server: Recorder) -> None:
        await sink.deliver(parcel())
        while server.open:
            await asyncio.sleep(0.01)

    _, server = with_server({}, use, reuse=Reuse(idle=0.01))
    assert server.commands[-1] == "QUIT"


def test_no_more_connections_than_allowed() -> None:
    async def use(sink: SmtpSink, server: Recorder) -> list[Result]:
        return await asyncio.gather(*(sink.deliver(parcel(delivery=f"d{number}")) for number in range(30)))

    results, server = with_server({}, use, reuse=Reuse(together=3))
    assert [r.outcome for r in results] == ["delivered"] * 30
    assert server.most_open <= 3
    assert len(server.letters) == 30


def test_a_cancelled_delivery_leaves_no_half_spoken_connection() -> None:
    async def use(sink: SmtpSink, server: Recorder) -> Result:
        task = asyncio.create_task(sink.deliver(parcel()))
        while not server.letters:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await sink.deliver(parcel())

    result, server = with_server({".": [SILENCE, b"250 taken\r\n"]}, use)
    assert result.outcome == "delivered"
    assert server.connections == 2


def test_a_probe_says_what_is_wrong() -> None:
    assert with_server({}, lambda sink, _: sink.probe())[0] is None
    assert with_server({"CONNECT": b"554 no\r\n"}, lambda sink, _: sink.probe())[0] == "554 no (greeting)"
    assert with_server({"NOOP": LATER}, lambda sink, _: sink.probe())[0] == "NOOP was not answered"


# ---------------------------------------------------------------- LMTP


def test_lmtp_keeps_the_authors_return_path() -> None:
    result, server = deliver({}, kind=LmtpSink)
    assert result.outcome == "delivered"
    assert server.commands[:2] == ["LHLO us.kz", "MAIL FROM:<author@e.kz>"]


def test_lmtp_speaks_over_a_unix_socket(tmp_path: Path) -> None:
    async def main() -> Result:
        async with recorder() as server:
            unix = await asyncio.start_unix_server(server.serve, tmp_path / "lmtp")
            async with unix:
                peer = Peer("localhost", security=Security.NONE, hello="us.kz", socket=tmp_path / "lmtp")
                sink = LmtpSink(Settings(peer))
                result = await sink.deliver(parcel())
                await sink.close()
                return result

    assert asyncio.run(main()).outcome == "delivered"


# ---------------------------------------------------------------- secrets


def test_a_password_needs_tls_and_is_never_shown() -> None:
    with pytest.raises(ValueError, match="TLS"):
        Peer("a", security=Security.NONE, login=Login("u", "canary"))
    assert "canary" not in repr(Settings(Peer("a", login=Login("u", "canary"))))
