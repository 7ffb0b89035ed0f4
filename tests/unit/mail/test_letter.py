"""The fields of one letter: values, and whether they are all."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.mail.envelope import Envelope
from sievepy.mail.language import language_of
from sievepy.mail.letter import Letter, parse_date
from sievepy.mail.normal import key
from tests.unit.mail.letters import letter

PLAIN = """\
    From: "Иванов, Пётр" <Petr@Пример.EXAMPLE>
    To: info@x-com.example, second@x-com.example
    Subject: Акт сверки
    X-Loop: one
    X-Loop: two
    Date: Thu, 15 Jan 2026 23:30:00 -0800

    Пришлите акт, пожалуйста.
    """


def clean(item: Letter, kind: str, name: str | None = None) -> list[str]:
    return [segment.clean for segment in item.view(kind, name).segments]


def test_fields_of_text() -> None:
    item = letter(PLAIN)
    assert clean(item, "subject") == ["Акт сверки"]
    assert clean(item, "body") == ["Пришлите акт, пожалуйста."]
    assert clean(item, "from-name") == ["Иванов, Пётр"]
    assert clean(item, "header", "x-loop") == ["one", "two"]
    assert [s.part for s in item.view("header", "X-Loop").segments] == ["X-Loop", "X-Loop#2"]
    assert clean(item, "language") == ["ru"]


def test_addresses_are_canonical_beside_what_was_written() -> None:
    item = letter(PLAIN)
    assert item.addresses("from").values == ("petr@xn--e1afmkfd.example",)
    assert item.addresses("to").values == ("info@x-com.example", "second@x-com.example")
    assert item.addresses("cc").values == () and item.addresses("cc").complete


def test_a_letter_without_envelope_leaves_its_fields_unknown() -> None:
    item = letter(PLAIN)
    for kind in ("envelope-from", "envelope-to", "helo", "source", "folder"):
        assert not item.view(kind).complete
        assert item.exists(kind) is None


def test_the_null_sender_is_known_to_be_nobody() -> None:
    item = letter(PLAIN, envelope=Envelope(sender="", recipients=("a@b.example", "c@d.example"), source="relay"))
    assert item.addresses("envelope-from").values == ("",)
    assert item.exists("envelope-from") is False
    assert item.addresses("envelope-to").values == ("a@b.example", "c@d.example")
    assert clean(item, "source") == ["relay"]


def test_what_is_there() -> None:
    item = letter(PLAIN)
    assert item.exists("header", "X-Loop") is True
    assert item.exists("header", "X-Other") is False
    assert item.exists("reply-to") is False
    assert item.exists("date") is True
    assert item.exists("size") is True
    assert item.number("size") == float(item.message.size)


def test_an_unknown_field_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no field of text"):
        letter(PLAIN).view("subjekt")


def test_days_are_counted_by_author_and_by_zone() -> None:
    at = dt.datetime(2026, 1, 15, 22, 0, tzinfo=dt.UTC)
    item = letter(PLAIN, envelope=Envelope(received_at=at))
    assert item.day("date") == dt.date(2026, 1, 15)
    assert item.day("received") == dt.date(2026, 1, 16)
    assert letter("From: a@b.example\n\nx\n").day("date") is None


@pytest.mark.parametrize("value", ["", "yesterday", "Thu, 45 Foo 2026", "1 Jan 999999 00:00", "x" * 100_000, "0" * 90])
def test_a_date_that_is_none_is_no_exception(value: str) -> None:
    assert parse_date(value) is None


def test_threads() -> None:
    assert letter(PLAIN).fact("reply-to-known") is False
    assert letter(PLAIN, known=("abon",)).fact("reply-to-known") is True


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Здравствуйте, не работает интернет", "ru"),
        ("Сәлеметсіз бе, интернет істемей тұр", "kk"),
        ("Салем! Тарифти ауыстыргым келеди, арзандау тариф бар ма?", "kk"),
        ("Dear abuse team, please investigate", "en"),
        ("Zdravstvuite, est li vozmozhnost", None),
        ("Пересылаю. Dear abuse team, the host attempted logins and we have logs", "en"),
        ("123", None),
        ("", None),
    ],
)
def test_language(text: str, language: str | None) -> None:
    assert language_of(key(text)) == language


def test_whether_it_was_truncated_does_not_depend_on_who_asked_before() -> None:
    long = PLAIN + "    слово " * 400_000
    first, second = letter(long), letter(long)
    first.view("subject")
    second.view("full-text")
    assert first.fact("truncated") is True
    assert second.fact("truncated") is True
    assert letter(PLAIN).fact("truncated") is False


def test_a_list_of_recipients_that_was_cut_is_truncated_too() -> None:
    recipients = ", ".join(f"user{i}@b.example" for i in range(20_000))
    assert letter(f"From: a@b.example\nTo: {recipients}\n\nx\n").fact("truncated") is True


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@settings(deadline=None)
@given(
    st.sampled_from(["", "Mon, ", "Thu, ", " "]),
    st.integers(0, 40),
    st.sampled_from(MONTHS),
    st.integers(1890, 2110),
    st.tuples(st.integers(0, 30), st.integers(0, 70), st.integers(0, 70)),
    st.sampled_from(["+0500", "-0000", "+0600 (Almaty)", "-0930", "+9999", "GMT", "", "+05"]),
)
def test_the_usual_date_is_read_as_the_library_reads_it(
    weekday: str, day: int, month: str, year: int, time: tuple[int, int, int], zone: str
) -> None:
    written = f"{weekday}{day} {month} {year} {time[0]:02}:{time[1]:02}:{time[2]:02} {zone}"
    usual = parse_date(written)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sievepy.mail.letter._USUAL_DATE", re.compile(r"(?!)"))
        assert usual == parse_date(written)
