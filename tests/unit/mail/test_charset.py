"""Charset labels as programs write them, wrong and missing ones, and text that is not what it says."""

from __future__ import annotations

import pytest

from sievepy.mail.charset import codec_of, read
from sievepy.mail.flags import Flag

RUSSIAN = "Прошу выслать акт сверки и счёт на оплату"
KAZAKH = "Сәлеметсіз бе! Шот-фактура керек, төлем жасалды"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("windows-1251", "cp1251"), ("cp-1251", "cp1251"), ("windows1251", "cp1251"), ("win-1251", "cp1251"),
        ("CP1251", "cp1251"), ("x-windows-1251", "cp1251"), ("1251", "cp1251"), ("windows-1251;", "cp1251"),
        ("koi8-r", "koi8_r"), ("koi8r", "koi8_r"), ("KOI8", "koi8_r"), ("koi8-u", "koi8_u"),
        ("cp866", "cp866"), ("x-cp866", "cp866"), ("ibm866", "cp866"), ("866", "cp866"),
        ("kz-1048", "kz1048"), ("kz1048", "kz1048"), ("STRK1048-2002", "kz1048"), ("ptcp154", "ptcp154"),
        ("utf-8*ru", "utf_8"), ("UTF8", "utf_8"), ('"utf-8"', "utf_8"), ("utf-8 (comment)", "utf_8"),
        ("us-ascii", "ascii"), ("iso-8859-1", "cp1252"), ("gb2312", "gb18030"), ("iso-2022-jp", "iso2022_jp"),
        ("x-mac-cyrillic", "mac_cyrillic"), ("iso-8859-5", "iso8859_5"),
    ],
)  # fmt: skip
def test_labels_are_known_by_their_names_and_misspellings(label: str, codec: str) -> None:
    assert codec_of(label) == codec


@pytest.mark.parametrize(
    "label", ["", "  ", "x-unknown", "default", "rot13", "hex", "idna", "punycode", "os", "a" * 9999]
)
def test_no_other_name_reaches_a_codec(label: str) -> None:
    """Not even names of codecs that are no charsets."""
    assert codec_of(label) is None


@pytest.mark.parametrize("codec", ["cp1251", "koi8_r", "cp866", "utf_8"])
def test_unlabelled_text_is_read_and_said_to_be_guessed(codec: str) -> None:
    found = read(RUSSIAN.encode(codec))
    assert (found.text, found.flags, found.complete) == (RUSSIAN, (Flag.CHARSET_GUESSED,), True)


@pytest.mark.parametrize("label", ["us-ascii", "utf-8"])
@pytest.mark.parametrize("codec", ["cp1251", "koi8_r", "cp866"])
def test_text_that_cannot_be_what_it_says_is_guessed(label: str, codec: str) -> None:
    found = read(RUSSIAN.encode(codec), label)
    assert found.text == RUSSIAN
    assert found.flags == (Flag.CHARSET_WRONG, Flag.CHARSET_GUESSED)


def test_utf8_labelled_as_ascii_or_as_a_single_byte_charset_is_utf8() -> None:
    for label in ("us-ascii", "windows-1251", "koi8-r", "iso-8859-1"):
        assert read(RUSSIAN.encode(), label).text == RUSSIAN


def test_cyrillic_labelled_as_western_is_cyrillic_and_western_stays() -> None:
    assert read(RUSSIAN.encode("cp1251"), "iso-8859-1").text == RUSSIAN
    assert read("Grüße aus Köln, très élevé".encode("cp1252"), "iso-8859-1").text == "Grüße aus Köln, très élevé"


def test_an_unknown_label_is_flagged_and_the_text_guessed() -> None:
    found = read(RUSSIAN.encode("cp1251"), "x-nobody")
    assert (found.text, found.flags) == (RUSSIAN, (Flag.CHARSET_UNKNOWN, Flag.CHARSET_GUESSED))
    assert read(b"plain", "x-nobody").flags == (Flag.CHARSET_UNKNOWN,)


def test_ascii_needs_no_guess() -> None:
    for label in (None, "us-ascii", "utf-8", "windows-1251"):
        found = read(b"hello", label)
        assert (found.text, found.flags) == ("hello", ())


def test_the_hint_decides_where_the_text_is_too_short_to_tell() -> None:
    assert read("Акт".encode("koi8_r"), hint="koi8-r").text == "Акт"
    assert read("Акт".encode(), hint="koi8-r").text == "Акт"
    assert read("Счёт на оплату интернета".encode("cp1251"), hint="utf-8").text == "Счёт на оплату интернета"


def test_a_stray_byte_hides_no_word_and_many_do() -> None:
    stray = read(RUSSIAN.encode() + b"\xff", "utf-8")
    assert stray.text.startswith(RUSSIAN)
    assert (stray.flags, stray.complete) == ((Flag.UNDECODABLE,), True)
    broken = read(b"a\xff" * 3 + RUSSIAN.encode(), "utf-8")
    assert (broken.flags, broken.complete) == ((Flag.UNDECODABLE,), False)


def test_a_character_cut_at_the_end_is_dropped() -> None:
    found = read(RUSSIAN.encode()[:-1], "utf-8")
    assert found.text == RUSSIAN[:-1]
    assert found.flags == (Flag.UNDECODABLE,)


def test_stateful_charsets_are_decoded_though_their_bytes_are_ascii() -> None:
    assert read("こんにちは".encode("iso2022_jp"), "iso-2022-jp").text == "こんにちは"
    assert read("Привет".encode("utf_7"), "utf-7").text == "Привет"
    assert read("Привет".encode("utf_16"), "utf-16").text == "Привет"


def test_a_byte_order_mark_is_no_text() -> None:
    assert read(b"\xef\xbb\xbf" + RUSSIAN.encode(), "windows-1251").text == RUSSIAN
    assert read(b"\xef\xbb\xbfhello").text == "hello"


def test_kazakh_in_its_own_charset() -> None:
    for label in ("kz-1048", None, "us-ascii"):
        assert read(KAZAKH.encode("kz1048"), label).text == KAZAKH


def test_no_label_and_no_bytes_raise() -> None:
    for label in (None, "utf-16", "utf-7", "hz", "iso-2022-kr", "big5", "kz1048", "cp037", "gb18030", "utf-8"):
        for data in (b"", b"\x00", b"\xff\xfe\x00", b"~{", b"+AGEA", bytes(range(256)), b"\x1b$)C\x0e\x21"):
            assert isinstance(read(data, label).text, str)
