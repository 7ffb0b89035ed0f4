"""Transfer encodings, undamaged and as they arrive."""

from __future__ import annotations

import base64

import pytest

from sievepy.mail.flags import Flag
from sievepy.mail.transfer import Decoded, decode, encoding_name

DATA = bytes(range(256)) * 3
ENCODED = base64.encodebytes(DATA)
FOOTER = b"\n_______________________________________________\ncertmag mailing list\ncertmag@lists.example\n"


def noted(raw: bytes, encoding: str, runs: int = 100) -> tuple[Decoded, set[Flag]]:
    flags: set[Flag] = set()
    return decode(raw, encoding, runs, flags.add), flags


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"base64", "base64"), (b"BASE64 ", "base64"), (b"base64\t", "base64"), (b"base64 (as usual)", "base64"),
        (b"(x) base64", "base64"), (b"base64;", "base64"), (b'"base64"', "base64"), (b"base-64", "base64"),
        (b"Quoted-Printable  ", "quoted-printable"), (b"quoted_printable", "quoted-printable"),
        (b"8bit", "8bit"), (b"8-bit", "8bit"), (b"", "7bit"), (b" ", "7bit"), (b"x-uuencode", "x-uuencode"),
        (b"\xff", "�"),
    ],
)  # fmt: skip
def test_names_are_read_without_what_stands_around_them(raw: bytes, name: str) -> None:
    assert encoding_name(raw) == name


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b""])
def test_base64_of_any_line_end(line_end: bytes) -> None:
    assert noted(ENCODED.replace(b"\n", line_end), "base64") == (Decoded(DATA), set())


def test_a_footer_of_a_list_behind_base64_is_no_part_of_it() -> None:
    found, flags = noted(ENCODED + FOOTER, "base64")
    assert found == Decoded(DATA)
    assert flags == {Flag.TRANSFER_TAIL}
    words = b"To unsubscribe go to the page\n"
    assert noted(base64.b64encode(b"abc") + b"\n" + words, "base64")[0].data == b"abc"
    assert noted(base64.b64encode(b"a") + b"\n-- \n" + words, "base64")[0].data == b"a"


def test_pieces_that_were_encoded_one_by_one_are_joined() -> None:
    pieces = b"\n".join(base64.b64encode(piece) for piece in (b"a", b"bc", b"def", b"g"))
    assert noted(pieces, "base64") == (Decoded(b"abcdefg"), set())


def test_missing_padding_is_no_loss_and_half_a_byte_is() -> None:
    whole = base64.b64encode(b"abcd")
    assert noted(whole.rstrip(b"="), "base64") == (Decoded(b"abcd"), set())
    assert noted(whole[:5], "base64") == (Decoded(b"abc", complete=False), {Flag.TRANSFER_DAMAGED})


def test_foreign_characters_are_dropped() -> None:
    damaged = ENCODED[:40] + b"*!" + ENCODED[40:]
    assert noted(damaged, "base64")[0].data == DATA
    assert noted(b"  " + ENCODED.replace(b"\n", b"  \n"), "base64")[0].data == DATA


def test_text_that_says_it_is_base64_is_text() -> None:
    assert noted(b"Hello, world\n", "base64") == (Decoded(b"Hello, world\n"), {Flag.TRANSFER_DAMAGED})
    assert noted(b" \r\n\r\n", "base64") == (Decoded(b""), set())


def test_a_line_that_is_none_before_the_base64_is_skipped() -> None:
    assert noted(b"this is a stray line\n\n" + ENCODED, "base64")[0].data == DATA


def test_only_so_many_pieces_are_joined() -> None:
    found, flags = noted(b"QQ==\n" * 5, "base64", runs=3)
    assert found == Decoded(b"AAA", complete=False)
    assert flags == {Flag.DATA_CUT}
    assert noted(b"QQ==\n" * 3, "base64", runs=3) == (Decoded(b"AAA"), set())


def test_quoted_printable_with_soft_breaks_and_spaces_that_were_added_on_the_way() -> None:
    assert noted(b"=D0=BF=\r\nx =20\r\ny  \r\nz= \r\nw", "quoted-printable")[0].data == "пx  \r\ny\r\nzw".encode()


@pytest.mark.parametrize("raw", [b"=", b"a=", b"=G0", b"=d0=bf", b"50% = half", b"=\r\n", b"a\xffb", b"=\rx"])
def test_quoted_printable_takes_anything(raw: bytes) -> None:
    assert noted(raw, "quoted-printable")[0].complete


def test_quoted_printable_leaves_what_is_no_escape() -> None:
    assert noted(b"a=ZZ b=", "quoted-printable")[0].data.startswith(b"a=ZZ b")
    assert noted(b"=d0=bf", "quoted-printable")[0].data == "п".encode()


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary"])
def test_identity_changes_nothing(encoding: str) -> None:
    assert noted(DATA, encoding) == (Decoded(DATA), set())


def test_an_unknown_encoding_is_not_undone_and_that_is_said() -> None:
    assert noted(b"begin 644 a", "x-uuencode") == (Decoded(b"begin 644 a", complete=False), {Flag.TRANSFER_UNKNOWN})
