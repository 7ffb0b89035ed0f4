"""Nothing is written that would be read as something else, and replies are read the same however they arrive."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sievepy.wire.smtp_codec import (
    DotStuffer,
    Extensions,
    GarbledReply,
    Mail,
    Next,
    Reply,
    ReplyReader,
    Stage,
    Transaction,
    UnsafeOutput,
    command,
    mail_command,
    path,
    rcpt_command,
    survey,
)
from tests.unit.wire.smuggling import UNSAFE

EHLO = b"250-mx.example.kz hello\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-AUTH=PLAIN LOGIN\r\n250 8bitmime\r\n"
PIPELINING = Extensions({"PIPELINING": ""})
LINES = st.lists(st.sampled_from([b"", b".", b"..", b"...", b".a", b"a.", b"a"]), max_size=8).map(b"\r\n".join)


def read(chunks: Iterable[bytes]) -> list[Reply]:
    reader, found = ReplyReader(), []
    for chunk in chunks:
        reader.feed(chunk)
        while (reply := reader.next()) is not None:
            found.append(reply)
    assert reader.is_empty
    return found


# ---------------------------------------------------------------- replies

REPLIES = [
    (b"250 2.1.0 Ok\r\n", [Reply(250, ("2.1.0 Ok",))]),
    (b"250\r\n", [Reply(250)]),
    (b"250 \r\n", [Reply(250)]),
    (b"354 go on\n", [Reply(354, ("go on",))]),
    (b"550-5.1.1 no\r\n550-\r\n550 such user\r\n", [Reply(550, ("5.1.1 no", "", "such user"))]),
    (b"250 a\r\n250 b\r\n354 c\r\n", [Reply(250, ("a",)), Reply(250, ("b",)), Reply(354, ("c",))]),
    ("250 Привет\0\x1b[31m\r\n".encode(), [Reply(250, ("Привет??[31m",))]),
    (b"250 \xff\r\n", [Reply(250, ("\ufffd",))]),
    (EHLO, [Reply(250, ("mx.example.kz hello", "PIPELINING", "SIZE 1000", "AUTH=PLAIN LOGIN", "8bitmime"))]),
]


@pytest.mark.parametrize(("data", "replies"), REPLIES)
def test_replies_are_read_whole_byte_by_byte_and_split_anywhere(data: bytes, replies: list[Reply]) -> None:
    assert read([data]) == replies
    assert read(data[at : at + 1] for at in range(len(data))) == replies
    for at in range(len(data)):
        assert read([data[:at], data[at:]]) == replies


@pytest.mark.parametrize(("data", "replies"), REPLIES)
@pytest.mark.parametrize("trailing", [b"2", b"250-half", b"250-half\r\n"])
def test_what_follows_a_reply_is_kept_and_seen(data: bytes, replies: list[Reply], trailing: bytes) -> None:
    reader = ReplyReader()
    reader.feed(data + trailing)
    assert [reader.next() for _ in replies] == replies
    assert reader.next() is None
    assert not reader.is_empty


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"hello\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250_ok\r\n",
        b"250-a\r\n251 b\r\n",
        b"250-a\r\nHTTP/1.1 400\r\n",
        "２50 ok\r\n".encode(),
        b"250 " + b"x" * 5000 + b"\r\n",
        b"x" * 5000,
        b"250-a\r\n" * 300,
        b"250 a\r\n" * 10_000,
    ],
)
def test_what_is_no_reply_is_an_error_at_once(data: bytes) -> None:
    with pytest.raises(GarbledReply):
        ReplyReader().feed(data)


def test_what_was_asked_for_does_not_count_as_read_ahead() -> None:
    reader = ReplyReader()
    for _ in range(20_000):
        reader.feed(b"250 ok\r\n")
        assert reader.next() == Reply(250, ("ok",))


@given(st.lists(st.binary(max_size=30) | st.just(b"250 a\r\n"), max_size=8))
def test_any_bytes_are_replies_or_garbled(chunks: list[bytes]) -> None:
    reader = ReplyReader()
    try:
        for chunk in chunks:
            reader.feed(chunk)
    except GarbledReply as problem:
        assert str(problem).isprintable()
    while (reply := reader.next()) is not None:
        assert str(reply).isprintable()
        assert 200 <= reply.code < 600


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "5.1.1 unknown", "5.1.1"),
        (550, "5.1.1", "5.1.1"),
        (250, "5.1.1 unknown", None),
        (450, "4.7.25 who", "4.7.25"),
        (550, "unknown 5.1.1", None),
        (550, "5.1.1000 unknown", None),
        (550, "5.1.1.1 unknown", None),
    ],
)
def test_an_enhanced_status_is_believed_where_its_class_fits(code: int, text: str, enhanced: str | None) -> None:
    assert Reply(code, (text,)).enhanced == enhanced


def test_what_a_server_offers_is_read_in_any_case() -> None:
    offered = Extensions.offered(read([EHLO])[0])
    assert "PIPELINING" in offered
    assert "8BITMIME" in offered
    assert "SMTPUTF8" not in offered
    assert offered.size_limit == 1000
    assert offered.keywords["AUTH"] == "PLAIN LOGIN"


@pytest.mark.parametrize("value", ["", "0", "many", "-1", "9" * 30, "²"])
def test_a_size_that_says_nothing_is_no_limit(value: str) -> None:
    assert Extensions({"SIZE": value}).size_limit is None


# ---------------------------------------------------------------- commands


@given(st.text(max_size=40))
@example("a\r\nRCPT TO:<b@c>")
@example("a\0")
@example("a\x85b")
@example("\ud800")
@example("x" * 2000)
def test_a_command_is_one_line_or_refused(text: str) -> None:
    try:
        line = command(text)
    except UnsafeOutput:
        return
    assert line.endswith(b"\r\n")
    assert not set(line[:-2]) & {*range(32), 127}
    assert len(line) <= 1000


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a@b.kz",
        "postmaster",
        '"a b>"@c.kz',
        r'"a\">"@c.kz',
        "a+b=c@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "почта@пример.kz",
    ],
)
def test_addresses_stand_in_their_brackets(address: str) -> None:
    assert path(address) == f"<{address}>"


@pytest.mark.parametrize(
    "address",
    ["a@b> SIZE=1", "a b@c", "<a@b", "a@b>", '"a@b', '"a"b@c', "a@b@c", "a\\@b", "a@b\t", "a@" + "b" * 300, " ", "@"],
)
def test_an_address_that_would_end_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(UnsafeOutput):
        path(address)


@given(st.text(max_size=30), st.text(max_size=30))
@example("a@b\r\nRSET", "c@d")
@example("a@b", "c@d\n.")
def test_whatever_the_addresses_are_there_are_two_commands(sender: str, recipient: str) -> None:
    mail = Mail(sender, recipient, 1)
    try:
        lines = mail_command(mail, PIPELINING) + rcpt_command(mail)
    except UnsafeOutput:
        return
    assert lines.count(b"\n") == lines.count(b"\r\n") == lines.count(b"\r") == 2


def test_parameters_are_those_that_are_offered() -> None:
    mail = Mail("", "a@b", 7, eight_bit=True)
    assert mail_command(mail, Extensions()) == b"MAIL FROM:<>\r\n"
    assert mail_command(mail, Extensions({"SIZE": "", "8BITMIME": ""})) == b"MAIL FROM:<> SIZE=7 BODY=8BITMIME\r\n"
    assert mail_command(Mail("", "я@b", 7), Extensions()) == b"MAIL FROM:<> SMTPUTF8\r\n"


# ---------------------------------------------------------------- data


def unstuffed(wire: bytes) -> bytes:
    """As a server reads it, line by line (RFC 5321 4.5.2)."""
    lines = wire.split(b"\r\n")
    assert lines.pop() == b""
    assert lines.pop() == b"."
    assert b"." not in lines
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)


def stuffed(chunks: Iterable[bytes]) -> bytes:
    stuffer = DotStuffer()
    return b"".join([stuffer.feed(chunk) for chunk in chunks]) + stuffer.end()


@given(LINES)
@example(b"")
@example(b".")
@example(b"\r\n.\r\n.\r\n")
def test_data_arrives_as_it_is_however_it_is_cut(data: bytes) -> None:
    whole = data if data.endswith(b"\r\n") or not data else data + b"\r\n"
    wire = stuffed([data])
    assert unstuffed(wire) == whole
    assert stuffed(data[at : at + 1] for at in range(len(data))) == wire
    for at in range(len(data)):
        assert stuffed([data[:at], b"", data[at:]]) == wire


def test_only_leading_dots_are_doubled() -> None:
    assert stuffed([b".a.\r\n..\r\na\r\n"]) == b"..a.\r\n...\r\na\r\n.\r\n"


@pytest.mark.parametrize("data", UNSAFE)
def test_data_that_is_read_in_two_ways_is_refused_however_it_is_cut(data: bytes) -> None:
    """Promise 12, outbound: of no cut is more written than what stands before the fault."""
    assert not survey([data]).is_clean
    for at in range(len(data) + 1):
        cut = [data[:at], data[at:]]
        assert not survey(cut).is_clean
        with pytest.raises(UnsafeOutput):
            stuffed(cut)


@given(st.text("\r\n\0.a", max_size=12).map(str.encode))
def test_what_is_written_holds_no_bare_line_end_and_no_nul(data: bytes) -> None:
    clean = survey([data]).is_clean
    try:
        wire = stuffed([data])
    except UnsafeOutput:
        assert not clean
        return
    assert clean
    assert b"\0" not in wire
    assert wire.count(b"\r\n") == wire.count(b"\r") == wire.count(b"\n")
    assert wire.find(b"\r\n.\r\n") in (-1, len(wire) - 5)


def test_a_survey_counts_bytes_and_sees_eight_bit_ones() -> None:
    assert survey([b"a\r", b"\nb"]) == survey([b"a\r\nb"])
    found = survey(["я\r\n".encode()])
    assert (found.size, found.eight_bit, found.is_clean) == (4, True, True)
    assert not survey([b"a"]).eight_bit


# ---------------------------------------------------------------- a transaction

MAIL = Mail("a@b.kz", "c@d.kz", 10)
OK, GO, NO, LATER, BYE = (Reply(code) for code in (250, 354, 550, 451, 421))


def run(transaction: Transaction, replies: list[Reply]) -> list[bytes]:
    """What is written, the letter as `LETTER`; all replies must be read, and none be missing."""
    written, left = [], list(replies)
    while (todo := transaction.next) is not Next.STOP:
        match todo:
            case Next.WRITE:
                written.append(transaction.commands())
            case Next.READ:
                transaction.answer(left.pop(0))
            case _:
                written.append(b"LETTER" if todo is Next.SEND else b"NOTHING")
                transaction.sent()
    assert not left
    return written


COMMANDS = [b"MAIL FROM:<a@b.kz>\r\n", b"RCPT TO:<c@d.kz>\r\n", b"DATA\r\n"]


def test_commands_go_one_by_one_or_at_once() -> None:
    one_by_one, at_once = Transaction(MAIL, Extensions()), Transaction(MAIL, PIPELINING)
    assert run(one_by_one, [OK, OK, GO, OK]) == [*COMMANDS, b"LETTER"]
    assert run(at_once, [OK, OK, GO, OK]) == [b"".join(COMMANDS), b"LETTER"]
    for transaction in (one_by_one, at_once):
        assert transaction.accepted == OK
        assert transaction.refusal is None
        assert not transaction.is_open


@pytest.mark.parametrize("refused", [0, 1, 2])
@pytest.mark.parametrize("no", [NO, LATER])
def test_one_by_one_a_refusal_ends_it(refused: int, no: Reply) -> None:
    transaction = Transaction(MAIL, Extensions())
    written = run(transaction, [*[OK] * refused, no])
    assert written == COMMANDS[: refused + 1]
    assert transaction.refusal == ((Stage.MAIL, Stage.RCPT, Stage.DATA)[refused], no)
    assert transaction.is_open


@pytest.mark.parametrize(
    ("replies", "stage"),
    [([NO, NO, NO], Stage.MAIL), ([OK, NO, NO], Stage.RCPT), ([OK, OK, NO], Stage.DATA), ([OK, OK, OK], Stage.DATA)],
)
def test_at_once_all_replies_are_read_and_the_first_refusal_counts(replies: list[Reply], stage: Stage) -> None:
    transaction = Transaction(MAIL, PIPELINING)
    assert run(transaction, replies) == [b"".join(COMMANDS)]
    assert transaction.refusal is not None
    assert transaction.refusal[0] is stage
    assert transaction.accepted is None


def test_no_letter_is_sent_for_a_refused_recipient_even_if_data_is_asked_for() -> None:
    """RFC 2920 3.1: an empty one ends what the server has begun."""
    transaction = Transaction(MAIL, PIPELINING)
    assert run(transaction, [OK, NO, GO, OK])[-1] == b"NOTHING"
    assert transaction.refusal == (Stage.RCPT, NO)
    assert transaction.accepted is None
    assert not transaction.is_open


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("extensions", [PIPELINING, Extensions()])
def test_421_ends_it_wherever_it_comes(before: int, extensions: Extensions) -> None:
    transaction = Transaction(MAIL, extensions)
    run(transaction, [*[OK, OK, GO][:before], BYE])
    assert transaction.is_closed
    assert transaction.refusal is not None
    assert transaction.refusal[1] == BYE


def test_an_open_transaction_is_reset_before_the_next() -> None:
    transaction = Transaction(MAIL, PIPELINING, reset=True)
    assert run(transaction, [OK, OK, OK, GO, NO]) == [b"RSET\r\n" + b"".join(COMMANDS), b"LETTER"]
    assert transaction.refusal == (Stage.END, NO)


@given(st.lists(st.integers(200, 599), min_size=5, max_size=5), st.booleans(), st.booleans())
def test_a_letter_is_accepted_only_by_2xx_to_all_of_it(codes: list[int], pipelining: bool, reset: bool) -> None:
    """The state machine against its rule: the letter is written after 2xx, 2xx, 354, and counts after 2xx."""
    transaction = Transaction(MAIL, PIPELINING if pipelining else Extensions(), reset=reset)
    left, sent = list(codes if reset else codes[1:]), False
    while (todo := transaction.next) is not Next.STOP:
        if todo is Next.WRITE:
            transaction.commands()
        elif todo is Next.READ:
            transaction.answer(Reply(left.pop(0)))
        else:
            sent = sent or todo is Next.SEND
            transaction.sent()
    *before, data, end = codes if reset else codes[1:]
    asked = all(200 <= code < 300 for code in before) and data == 354
    assert sent == asked
    assert (transaction.accepted is not None) == (asked and 200 <= end < 300)
    assert (transaction.refusal is None) == (transaction.accepted is not None)
