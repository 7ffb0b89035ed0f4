"""A block of headers: where it begins and ends, and how a name is found in it."""

from __future__ import annotations

import pytest

from sievepy.mail.headers import HeaderBlock, unfold
from sievepy.mail.limits import Limits


def block(data: bytes, limits: Limits | None = None) -> HeaderBlock:
    return HeaderBlock(data, 0, len(data), limits or Limits())


def values(data: bytes, name: str) -> list[bytes]:
    return [unfold(value) for value in block(data).raw_values(name)]


def body(data: bytes) -> bytes:
    return data[block(data).body_start :]


LETTER = b"From: a@b.example\nSubject: one\n two\nX-Note: n\nsubject: three\n\nbody\n"


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_name_is_found_in_any_case_and_its_values_are_in_order(line_end: bytes) -> None:
    data = LETTER.replace(b"\n", line_end)
    assert values(data, "SUBJECT") == [b"one two", b"three"]
    assert values(data, "x-note") == [b"n"]
    assert values(data, "Note") == values(data, "x") == values(data, "To") == []
    assert body(data) == b"body" + line_end


def test_a_space_before_the_colon_makes_no_difference() -> None:
    assert values(b"Subject : hi\nTo\t: you\n\n", "subject") == [b"hi"]
    assert values(b"Subject : hi\nTo\t: you\n\n", "to") == [b"you"]


def test_a_value_may_be_empty_or_hold_colons() -> None:
    assert values(b"Subject:\nX-A: b: c\n\n", "subject") == [b""]
    assert values(b"Subject:\nX-A: b: c\n\n", "x-a") == [b"b: c"]


def test_a_name_inside_a_value_or_a_longer_name_is_none() -> None:
    data = b"X-Subject: a\nSubject-Extra: b\nX-A: q\n Subject: folded\n\n"
    assert values(data, "subject") == []


def test_folding_keeps_its_white_space_and_drops_its_line_end() -> None:
    assert unfold(b"a\r\n b\r\n\tc") == b"a b\tc"
    assert unfold(b"a\n b\n\tc") == b"a b\tc"
    assert unfold(b"a\rb") == b"a b"


def test_an_indented_empty_line_continues_a_header() -> None:
    assert values(b"Subject: a\n \n b\nTo: c\n\nbody", "to") == [b"c"]


def test_a_junk_line_is_skipped() -> None:
    data = b"From: a\nthis is no header line\n nor this\nSubject: hi\n\nbody"
    assert values(data, "subject") == [b"hi"]
    assert values(data, "from") == [b"a"]
    assert body(data) == b"body"
    assert block(data).has_junk
    assert not block(LETTER).has_junk


def test_junk_behind_the_last_field_is_the_body_of_a_letter_without_an_empty_line() -> None:
    assert body(b"Subject: hi\nHello,\nplease help\n\nBye") == b"Hello,\nplease help\n\nBye"
    assert body(b"Subject: hi\nHello: I mean it\nplease help") == b"please help"
    assert body(b"Subject: hi\nHello\nNote: wifi\n") == b"Hello\nNote: wifi\n"


def test_what_holds_no_field_is_all_body() -> None:
    assert body(b"Hello\n\nworld") == b"Hello\n\nworld"
    assert body(b"Hello world") == b"Hello world"


def test_a_letter_may_have_no_headers_or_no_body() -> None:
    for line_end in (b"\n", b"\r\n"):
        assert body(line_end + b"body") == b"body"
    assert body(b"Subject: hi\n") == body(b"Subject: hi") == body(b"Subject: hi\n\n") == body(b"") == b""
    assert values(b"Subject: hi", "subject") == [b"hi"]


def test_what_looks_like_a_boundary_ends_the_block() -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\n--b\nX-A: y\n\ntext\n--b--\n"
    assert body(data) == b"--b\nX-A: y\n\ntext\n--b--\n"
    assert values(data, "x-a") == []


def test_mbox_lines_before_the_block_are_dropped() -> None:
    data = b"From a@b.example Mon Nov  2 12:00:00 2026\n>From x\nSubject: hi\n\nbody"
    assert values(data, "subject") == [b"hi"]
    assert values(data, "from") == []
    assert body(data) == b"body"
    assert not block(data).has_junk


def test_fields_are_listed_in_order_with_their_raw_values() -> None:
    fields = [(field.name, field.raw) for field in block(LETTER).fields()]
    assert fields == [("from", b"a@b.example"), ("subject", b"one\n two"), ("x-note", b"n"), ("subject", b"three")]


def test_only_the_given_range_is_looked_at() -> None:
    data = b"Subject: outer\n\nSubject: inner\n\ntext\n\nSubject: behind\n\n"
    inner = HeaderBlock(data, 16, 37, Limits())
    assert list(inner.raw_values("subject")) == [b"inner"]
    assert data[inner.body_start : 37] == b"text\n"


@pytest.mark.parametrize("data", [b"Subject: a\rb\n\n", b"Subject: a\0b\n\n", b"X: y\r\n\rZ: w\r\n\r\n"])
def test_a_bare_cr_or_nul_is_noticed(data: bytes) -> None:
    assert block(data).has_bare_controls
    assert not block(LETTER.replace(b"\n", b"\r\n")).has_bare_controls


def test_a_block_longer_than_the_limits_is_cut_and_its_body_still_found() -> None:
    data = b"".join(b"X-%d: y\n" % n for n in range(100)) + b"Subject: hi\n\nbody"
    by_size, by_lines = block(data, Limits(header_block=200)), block(data, Limits(header_lines=20))
    for cut in (by_size, by_lines):
        assert not cut.complete
        assert list(cut.raw_values("subject")) == []
        assert list(cut.raw_values("x-3")) == [b"y"]
        assert data[cut.body_start :] == b"body"
    assert len(list(by_lines.fields())) == 20
    assert block(data).complete


def test_a_name_of_any_characters_is_looked_for_without_harm() -> None:
    for name in ("", " ", "é", "a b", "*", "X" * 1000):
        assert values(b"A: b\n\n", name) == []
