"""RFC 2047 words: right ones, and as real programs write them."""

from __future__ import annotations

import base64

import pytest

from sievepy.mail.encoded import decode
from sievepy.mail.flags import Flag

TEXT = "Счёт на оплату"


def decoded(raw: bytes, limit: int = 100, hint: str | None = None) -> str:
    return decode(raw, limit, lambda flag: None, hint)[0]


def noted(raw: bytes, limit: int = 100) -> tuple[set[Flag], bool]:
    flags: set[Flag] = set()
    _, complete = decode(raw, limit, flags.add)
    return flags, complete


def b(text: str, label: str = "utf-8", codec: str = "utf-8") -> bytes:
    return b"=?" + label.encode() + b"?B?" + base64.b64encode(text.encode(codec)) + b"?="


def test_plain_ascii_is_itself() -> None:
    assert decoded(b"hello = what?") == "hello = what?"


@pytest.mark.parametrize("codec", ["utf-8", "koi8-r", "windows-1251", "cp866"])
def test_words_of_both_encodings(codec: str) -> None:
    assert decoded(b(TEXT, codec, codec)) == TEXT
    quoted = "".join(f"={byte:02X}" if byte != 32 else "_" for byte in TEXT.encode(codec))
    assert decoded(f"=?{codec}?Q?{quoted}?=".encode()) == TEXT
    assert decoded(f"=?{codec}?q?{quoted.lower()}?=".encode()) == TEXT


def test_white_space_between_words_is_no_text_and_beside_text_it_is() -> None:
    assert decoded(b("Счёт") + b"  " + b(" на")) == "Счёт на"
    assert decoded(b"Re: " + b("Счёт") + b" fwd") == "Re: Счёт fwd"


def test_words_split_inside_a_character_are_joined_first() -> None:
    raw = "Счёт".encode()
    words = [b"=?utf-8?B?" + base64.b64encode(half) + b"?=" for half in (raw[:3], raw[3:])]
    assert decoded(b" ".join(words)) == "Счёт"
    assert noted(b" ".join(words)) == (set(), True)


def test_words_of_one_charset_are_joined_whatever_it_is_called_and_however_encoded() -> None:
    raw = "Счёт".encode()
    first = b"=?UTF8?B?" + base64.b64encode(raw[:3]) + b"?="
    second = b"=?utf-8*ru?Q?" + b"".join(b"=%02X" % byte for byte in raw[3:]) + b"?="
    assert decoded(first + b" " + second) == "Счёт"


def test_words_of_two_charsets_are_read_each_in_its_own() -> None:
    assert decoded(b("Акт ") + b" " + b("сверки", "koi8-r", "koi8-r")) == "Акт сверки"


def test_base64_without_padding_with_spaces_and_url_safe() -> None:
    whole = base64.b64encode(TEXT.encode())
    assert decoded(b"=?utf-8?B?" + whole.rstrip(b"=") + b"?=") == TEXT
    assert decoded(b"=?utf-8?B?" + whole[:8] + b" " + whole[8:] + b"?=") == TEXT
    assert decoded(b"=?utf-8?B?" + base64.urlsafe_b64encode(b"~~~???>>>") + b"?=") == "~~~???>>>"


def test_quoted_words_with_raw_spaces_and_question_marks() -> None:
    assert decoded(b"=?utf-8?Q?Where is my bill??=") == "Where is my bill?"
    assert decoded(b"=?utf-8?Q?100=25 sure?= ok") == "100% sure ok"


def test_words_inside_quotes_and_touching_other_text_are_decoded() -> None:
    assert decoded(b'"' + b("Лена") + b'" <lena@x.example>') == '"Лена" <lena@x.example>'
    assert decoded(b"Re:" + b("Акт") + b("ы") + b"!") == "Re:Акты!"


def test_a_word_without_end_stays_and_does_not_swallow_the_next() -> None:
    raw = b"=?utf-8?Q?broken " + b("Акт")
    assert decoded(raw) == "=?utf-8?Q?broken Акт"
    assert decoded(b"=?utf-8?B?0J") == "=?utf-8?B?0J"


@pytest.mark.parametrize("raw", [b"=?utf-8?X?abc?=", b"=??B?abc?=", b"=?utf-8?abc?=", b"a =? b ?= c", b"=?=?=?="])
def test_what_is_no_word_stays_as_it_is(raw: bytes) -> None:
    assert decoded(raw) == raw.decode()


def test_an_empty_word_is_nothing() -> None:
    assert decoded(b"=?utf-8?B??=") == ""
    assert decoded(b"a =?utf-8?Q??= b") == "a  b"


@pytest.mark.parametrize("label", ["cp-1251", "windows1251", "win-1251", "x-unknown"])
def test_misspelt_and_unknown_charsets(label: str) -> None:
    assert decoded(b(TEXT, label, "cp1251")) == TEXT


@pytest.mark.parametrize("codec", ["utf-8", "cp1251", "koi8-r", "cp866"])
def test_raw_8bit_text_alone_and_between_words(codec: str) -> None:
    raw = "нужен акт сверки".encode(codec)
    assert decoded(raw) == "нужен акт сверки"
    assert decoded(b("Важно") + b" " + raw) == "Важно нужен акт сверки"
    assert noted(raw) == ({Flag.CHARSET_GUESSED}, True)


def test_the_hint_is_for_raw_text_only() -> None:
    assert decoded("Акт".encode("koi8-r"), hint="koi8-r") == "Акт"
    assert decoded(b("Акт"), hint="koi8-r") == "Акт"


def test_words_behind_the_limit_are_left_and_the_text_is_not_complete() -> None:
    raw = b" ".join([b("а"), b("б", "koi8-r", "koi8-r"), b("в")])
    text, complete = decode(raw, 2, lambda flag: None)
    assert text.startswith("аб")
    assert not complete
    assert noted(raw, 2) == ({Flag.ENCODED_WORDS_CUT}, False)
    assert noted(raw, 3) == (set(), True)


def test_undecodable_words_are_not_complete() -> None:
    assert noted(b"=?utf-8?Q?=FF=FEa=FF=FE?= " + b("Привет")) == ({Flag.UNDECODABLE}, False)
