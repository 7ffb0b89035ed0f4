"""What holds of all bytes: reading never raises, stays within the letter, and does not depend on how it is held."""

from __future__ import annotations

import mmap
import tempfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sievepy.mail.message import Message, Part
from tests.fuzz.reading import read_everything

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TOKENS = st.sampled_from(
    [
        b"From: ", b"Subject : ", b"To: ", b"Content-Type: ", b"Content-Transfer-Encoding: ",
        b"Content-Disposition: ", b"text/plain", b"multipart/mixed; boundary=b", b"multipart/digest; boundary=c",
        b"message/rfc822", b"; charset=", b"utf-8", b"koi8-r", b"x-unknown", b"base64", b"quoted-printable",
        b"attachment; filename=", b"filename*0*=utf-8''", b"%D0%90", b"=?utf-8?B?", b"=?koi8-r?Q?", b"0J/RgNC4",
        b"=D0=9F", b"?=", b'"', b"<", b">", b"(", b")", b",", b";", b":", b"@", b"a@b.example", b"\\", b"\n", b"\n",
        b"\n", b"\n\n", b"\r", b"\r\n", b" ", b"\t", b"--b\n", b"--b--\n", b"\n--c\n", b"\n--c--\n", b"\n--bc\n",
        b"From x@y Mon\n", b"junk\n", b"\0", b"\xd0\x9f\xd1\x80", b"\xcf\xf0\xe8", b"QUJD", b"QQ==", b"word ",
    ]
)  # fmt: skip
"""Pieces that mean something to a reader of letters: what is put together from them gets far."""

LETTERS = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(TOKENS, st.binary(max_size=6)), max_size=60).map(b"".join),
    st.lists(TOKENS, max_size=40).map(lambda t: b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + b"".join(t)),
)
TIDY = st.lists(TOKENS.map(lambda t: t.replace(b"\r\n", b"\n").replace(b"\r", b"")), max_size=50).map(b"".join)


@given(LETTERS)
@QUICK
def test_no_bytes_make_reading_raise(data: bytes) -> None:
    read_everything(data)


@given(LETTERS)
@QUICK
def test_parts_lie_inside_each_other_and_do_not_overlap(data: bytes) -> None:
    letter = Message(data)
    for part in letter.parts():
        begin, end = part.extent
        assert 0 <= begin <= end
        if part.embedded is None:
            assert end <= letter.size
            inside_and_apart([child.extent for child in part.children], begin, end)


def inside_and_apart(extents: list[tuple[int, int]], begin: int, end: int) -> None:
    for start, stop in extents:
        assert begin <= start <= stop <= end
        begin = stop


@given(LETTERS)
@QUICK
def test_a_letter_is_the_same_as_bytes_memoryview_and_mmap(data: bytes) -> None:
    expected = seen(Message(data))
    assert seen(Message(memoryview(b"x" + data)[1:])) == expected
    if data:  # an empty file cannot be mapped
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                assert seen(Message(mapped)) == expected


def seen(letter: Message) -> list[object]:
    return [
        letter.header("Subject"),
        letter.mailboxes("To"),
        [*letter.header_fields()],
        *map(content, letter.parts()),
        letter.flags,
    ]


def content(part: Part) -> tuple[object, ...]:
    return (part.number, part.type, dict(part.params), part.filename, part.data(), part.text())


@given(TIDY)
@QUICK
def test_lf_and_crlf_forms_of_a_letter_read_alike(data: bytes) -> None:
    """Text and every value; raw bytes keep the line ends they have."""
    lf, crlf = Message(data), Message(data.replace(b"\n", b"\r\n"))
    for name in ("Subject", "From", "To", "Content-Type"):
        assert lf.header(name) == crlf.header(name)
        assert lf.mailboxes(name) == crlf.mailboxes(name)
    assert [summary(part) for part in lf.parts()] == [summary(part) for part in crlf.parts()]


def summary(part: Part) -> tuple[object, ...]:
    return (part.number, part.type, dict(part.params), part.disposition, part.filename, part.content_id, part.text())


@given(LETTERS)
@QUICK
def test_what_is_asked_first_changes_no_answer(data: bytes) -> None:
    headers_first, parts_first = Message(data), Message(data)
    subject = headers_first.header("Subject")
    texts = [part.text() for part in parts_first.parts()]
    assert [part.text() for part in reversed(headers_first.parts())] == texts[::-1]
    assert parts_first.header("Subject") == subject
    headers_first.header("From")
    parts_first.header("From")
    assert headers_first.flags == parts_first.flags


@given(st.text(max_size=40), st.sampled_from(["utf-8", "koi8-r", "windows-1251", "cp866", "kz-1048"]), st.booleans())
@QUICK
def test_text_that_is_encoded_rightly_comes_back(text: str, charset: str, base64: bool) -> None:
    """Subjects as Python's own encoder writes them."""
    import email.charset
    import email.header

    codec = "kz1048" if charset == "kz-1048" else charset
    text = " ".join(text.encode(codec, "ignore").decode(codec).split())
    text = "".join(char for char in text if char.isprintable())
    encoder = email.charset.Charset(charset)
    encoder.input_codec = encoder.output_codec = codec
    encoder.header_encoding = email.charset.BASE64 if base64 else email.charset.QP
    value = email.header.Header(text, encoder, maxlinelen=60).encode()
    found = Message(f"Subject: {value}\n\n".encode()).header("Subject")
    if "=?" not in text:
        assert found.values == (text,)
