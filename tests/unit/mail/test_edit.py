"""What is passed on is what was received, below fields that nobody else can write, and letters of our own are 7-bit."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sievepy.mail import edit
from sievepy.mail.edit import Author, Trace
from sievepy.mail.message import Message

SECRET, OTHER = b"k" * 32, b"l" * 32
AT = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
AUTHOR = Author("mailer@mail.x-com.kz")
LETTER = b"From: a@b.kz\r\nSubject: x\r\n\r\nbody\r\n"
BYTES = st.binary(max_size=60) | st.text("\r\n\t :ab", max_size=20).map(str.encode)
IDS = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=1, max_size=40)
TRACE = Trace("07a5k2xq8m3c", edit.digest(LETTER))


# ---------------------------------------------------------------- line ends


@given(BYTES)
@example(b"a\r\r\nb")
@example(b"a\nb\r\nc")
def test_a_file_with_lf_reads_as_the_same_letter(data: bytes) -> None:
    assert edit.canonical(edit.with_lf(data)) == edit.canonical(data)


def test_line_ends_become_lf_where_that_changes_nothing() -> None:
    assert edit.with_lf(b"a\r\n\r\nb\r\n") == b"a\n\nb\n"
    assert edit.with_lf(b"a\r\n\r\nb\r\r\n") == b"a\r\n\r\nb\r\r\n"


@given(BYTES)
def test_a_digest_does_not_depend_on_how_lines_end(data: bytes) -> None:
    assert edit.digest(data) == edit.digest(edit.canonical(data))


def test_different_letters_have_different_digests() -> None:
    assert edit.digest(b"a\n") == edit.digest(b"a\r\n") != edit.digest(b"a") != edit.digest(b"a\r")


# ---------------------------------------------------------------- header fields


@given(st.text(max_size=120))
@example("a\r\nX-Evil: 1")
@example("=?utf-8?q?x?=")
@example(" lead")
@example("x" * 1200)
@example("word " * 100)
@example("я" * 300)
def test_any_text_is_one_field_that_reads_as_that_text(text: str) -> None:
    value = edit.header_value(text)
    assert value.isascii()
    assert all(line.startswith(" ") and line.strip() for line in value.split("\n")[1:])
    assert "\r" not in value
    assert max(map(len, value.split("\n"))) < 998
    message = Message(f"X-A: {value}\nX-B: end\n\nbody".encode())
    assert [field.name for field in message.header_fields()] == ["x-a", "x-b"]
    read = message.header("X-A").values[0]
    assert read.split() == text.split() or "\x00" in text


def test_plain_values_stay_readable_and_fold_between_words() -> None:
    assert edit.header_value("Accounts, October") == "Accounts, October"
    folded = edit.header_value("from mail.example.kz (mail.example.kz [192.0.2.1]) by mx.x-com.kz with ESMTPS id 07a5")
    assert [len(line) <= 76 for line in folded.split("\n")] == [True, True]
    assert folded.replace("\n", "").count("  ") == 0


@given(st.lists(st.tuples(st.sampled_from(["X-A", "X-B"]), st.text(max_size=80)), max_size=4), BYTES)
@example([("X-A", "x\r\nX-Evil: 1")], LETTER)
@example([("X-A", "x\nX-Evil: 1")], LETTER)
@example([("X-A", "x\x85X-Evil: 1\u2028X-Evil: 2\x0bX-Evil: 3\x0cX-Evil: 4")], LETTER)
@example([("X-A", "a")], b" X-Evil: 1\r\n\r\n")
def test_no_value_and_no_letter_adds_a_field_to_ours(headers: list[tuple[str, str]], data: bytes) -> None:
    """Promise 23. A CR, LF or NUL is refused; anything else ends with its own field, whatever stands below."""
    if any(char in value for _, value in headers for char in "\r\n\0"):
        with pytest.raises(ValueError, match="CR, LF or NUL"):
            edit.prepend(data, headers)
        return
    block = edit.fields(headers)
    assert [field.name for field in Message(block + b"\r\n").header_fields()] == [name.lower() for name, _ in headers]
    assert b"\n" not in block.replace(b"\r\n", b"")
    assert b"\r" not in block.replace(b"\r\n", b"")
    own = [*Message(edit.prepend(data, headers)).header_fields()][: len(headers)]
    assert own == [*Message(block).header_fields()]


@given(BYTES)
def test_every_byte_of_the_letter_stays_below_our_fields(data: bytes) -> None:
    """Promise 21: a DKIM signature that verified before verifies after."""
    passed = edit.prepend(data, [("X-Sievepy-ID", "a1")])
    assert passed.endswith(data)
    assert passed.removesuffix(data).rstrip(b"\r\n") == b"X-Sievepy-ID: a1"


@pytest.mark.parametrize("name", ["", "X A", "X:", "X\r\nY", "Тема", "X\0"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        edit.fields([(name, "a")])


def test_a_letter_that_begins_with_white_space_has_no_header_block() -> None:
    passed = edit.prepend(b" evil\r\nSubject: x\r\n\r\n", [("X-Sievepy-ID", "a1")])
    assert passed == b"X-Sievepy-ID: a1\r\n\r\n evil\r\nSubject: x\r\n\r\n"


# ---------------------------------------------------------------- foreign fields


def test_foreign_fields_are_cut_out_and_nothing_else() -> None:
    data = (
        b"X-SIEVEPY-Rule: forged\r\n folded\r\n\tagain\r\nFrom: a@b.kz\r\n"
        b"x-sievepy-id \t: 1\r\nnonsense line\r\nX-Sievepy: mine\r\nSubject: X-Sievepy-A: b\r\nX-Sievepy-Last:\r\n"
        b"\r\nX-Sievepy-Rule: text of the body\r\n"
    )
    assert edit.strip_foreign(data, lambda name, value: False) == (
        b"From: a@b.kz\r\nnonsense line\r\nX-Sievepy: mine\r\nSubject: X-Sievepy-A: b\r\n"
        b"\r\nX-Sievepy-Rule: text of the body\r\n"
    )


def test_who_keeps_is_asked_with_the_name_and_the_value() -> None:
    asked: list[tuple[str, bytes]] = []

    def keep(name: str, value: bytes) -> bool:
        asked.append((name, value))
        return value == b"1"

    data = b"X-Sievepy-A: 1\nX-Sievepy-B: 2\n 3\nFrom: a\n\nbody"
    assert edit.strip_foreign(data, keep) == b"X-Sievepy-A: 1\nFrom: a\n\nbody"
    assert asked == [("x-sievepy-a", b"1"), ("x-sievepy-b", b"2\n 3")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"\nX-Sievepy-A: 1\n",
        b"\r\nX-Sievepy-A: 1\r\n",
        b"From: a\r\n\r\nX-Sievepy-A: 1",
        b"Re: X-Sievepy-A:",
    ],
)
def test_what_only_looks_like_a_field_stays(data: bytes) -> None:
    assert edit.strip_foreign(data, lambda name, value: False) == data


@given(
    st.lists(st.sampled_from([b"X-Sievepy-A: 1", b" b", b"\r", b"\r\n", b"\n", b"From: a", b"junk", b":"]), max_size=12)
)
def test_nothing_foreign_is_read_afterwards(pieces: list[bytes]) -> None:
    stripped = edit.strip_foreign(b"".join(pieces), lambda name, value: False)
    names = [field.name for field in Message(stripped).header_fields()]
    assert not any(name.startswith("x-sievepy-") for name in names)


# ---------------------------------------------------------------- what we sign


def test_our_trace_survives_a_journey_and_foreign_ones_do_not() -> None:
    ours = edit.trace_field(TRACE, SECRET)
    forged = edit.trace_field(TRACE, OTHER)
    travelled = b"Received: elsewhere\r\n" + edit.prepend(LETTER, [ours, forged, ("X-Sievepy-Rule", "a")])
    stripped = edit.strip_foreign(travelled, edit.is_our_trace(SECRET))
    found = [field for field in Message(stripped).header_fields() if field.name.startswith("x-sievepy-")]
    assert [edit.read_trace(field.raw, SECRET) for field in found] == [TRACE]


@given(st.binary(max_size=200))
@example(b"id=a; sha256=" + b"0" * 64 + b"; hmac=" + b"a" * 26)
@example("id=ы".encode())
def test_a_trace_that_this_key_did_not_sign_says_nothing(value: bytes) -> None:
    assert edit.read_trace(value, SECRET) is None


def test_a_changed_trace_is_none_of_ours() -> None:
    value = edit.trace_field(TRACE, SECRET)[1].encode()
    assert edit.read_trace(value, SECRET) == TRACE
    for at in range(len(value)):
        changed = value[:at] + (b"0" if value[at : at + 1] != b"0" else b"1") + value[at + 1 :]
        assert edit.read_trace(changed, SECRET) is None


@pytest.mark.parametrize(
    "trace", [Trace("A", TRACE.digest), Trace("a b", TRACE.digest), Trace("a", "0"), Trace("", "")]
)
def test_a_trace_that_could_not_be_read_back_is_not_written(trace: Trace) -> None:
    with pytest.raises(ValueError, match="not an id"):
        edit.trace_field(trace, SECRET)


@given(IDS)
def test_a_bounce_address_leads_back_to_its_delivery_in_any_case(delivery: str) -> None:
    address = edit.verp(delivery, SECRET, "mail.x-com.kz")
    assert len(address.partition("@")[0]) <= 64
    assert edit.read_verp(address, SECRET) == delivery
    assert edit.read_verp(address.upper(), SECRET) == delivery
    assert edit.read_verp(address, OTHER) is None


@pytest.mark.parametrize(
    "address",
    ["", "@", "bounce+a.b@c", "bounce+a@c", "a@b", "bounce+a.aaaaaaaaaaaaaaaa@c", "xbounce+a.b@c", "bounce+\n"],
)
def test_other_addresses_lead_nowhere(address: str) -> None:
    assert edit.read_verp(address, SECRET) is None


def test_a_signature_of_one_use_serves_no_other() -> None:
    mac = edit.verp("a", SECRET, "b.kz").partition(".")[2].partition("@")[0]
    assert mac not in edit.trace_field(Trace("a", TRACE.digest), SECRET)[1]


@pytest.mark.parametrize(
    ("delivery", "domain"), [("A", "b"), ("", "b"), ("a" * 41, "b"), ("a b", "b"), ("a", "b>\r\n")]
)
def test_no_bounce_address_is_made_of_what_would_not_come_back(delivery: str, domain: str) -> None:
    with pytest.raises(ValueError, match="envelope sender"):
        edit.verp(delivery, SECRET, domain)


# ---------------------------------------------------------------- letters of our own


def reference() -> bytes:
    return edit.reference_letter(
        letter="a1b2",
        departments=["activ"],
        rules=["Удостоверения", "a\nb"],
        at=AT,
        author=AUTHOR,
        headers=[("X-A", "b")],
    )


def test_a_reference_tells_who_and_why_and_nothing_else() -> None:
    message = Message(reference())
    assert message.header("Subject").values == ("Reference to letter a1b2",)
    assert message.header("Message-ID").values == ("<a1b2.reference@mail.x-com.kz>",)
    assert message.header("X-A").values == ("b",)
    text = message.parts()[0].text().text
    for line in ("Queue id: a1b2", "Department: activ", "Rule: Удостоверения", "Rule: a b"):
        assert line in text.splitlines()


@given(BYTES | st.just(LETTER))
@example(b"")
@example("\0\r\nпись\nмо\r.".encode())
@example(b"--=_a1b2--\r\n")
def test_a_wrapped_letter_holds_every_byte_and_needs_nothing_of_a_server(data: bytes) -> None:
    wrapped = edit.wrapped_letter(data, letter="a1b2", reason="a NUL\nor a CR", at=AT, author=AUTHOR)
    assert wrapped.isascii()
    assert b"\0" not in wrapped
    assert wrapped.count(b"\r\n") == wrapped.count(b"\r") == wrapped.count(b"\n")
    assert max(map(len, wrapped.split(b"\r\n"))) <= 998
    text, attached = Message(wrapped).root.children
    assert "Why: a NUL or a CR" in text.text().text
    assert (attached.type, attached.filename) == ("application/octet-stream", "letter.eml")
    assert attached.data().data == data


@given(st.text(max_size=60))
@example("a\rb\0c")
@example("x" * 1200)
def test_a_notice_is_seven_bit_whatever_its_text_is(text: str) -> None:
    notice = edit.notice_letter(id="a", subject="Notice", text=text, at=AT, author=AUTHOR)
    assert notice.isascii()
    assert b"\0" not in notice
    assert notice.count(b"\r\n") == notice.count(b"\r") == notice.count(b"\n")
    assert max(map(len, notice.split(b"\r\n"))) <= 998
    assert Message(notice).parts()[0].text().text.split() == text.encode("utf-8", "replace").decode().split()


def test_nobody_answers_our_letters() -> None:
    for letter in (reference(), edit.wrapped_letter(b"", letter="a", reason="", at=AT, author=AUTHOR)):
        assert Message(letter).header("Auto-Submitted").values == ("auto-generated",)


def test_letters_made_twice_are_the_same_letter() -> None:
    assert reference() == reference()


@pytest.mark.parametrize(
    ("address", "name"), [("a", "b"), ("a@b>", "c"), ("я@b", "c"), ("a@b\n", "c"), ("a@b", "c\n"), ("a@b", "")]
)
def test_an_author_is_a_mailbox(address: str, name: str) -> None:
    with pytest.raises(ValueError, match="not a mailbox"):
        Author(address, name)
