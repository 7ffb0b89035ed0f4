"""Which letters a letter answers, as programs write it and as somebody writes it who means harm."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sievepy.mail.message import Message
from sievepy.mail.references import LONGEST, MOST, answered, message_ids


def letter(*fields: str) -> Message:
    return Message("\r\n".join([*fields, "", "text"]).encode())


def thread(count: int) -> list[str]:
    return [f"{number}@b.kz" for number in range(count)]


def bracketed(identifiers: list[str], between: str = "\r\n ") -> str:
    return between.join(f"<{one}>" for one in identifiers)


@pytest.mark.parametrize(
    ("value", "identifiers"),
    [
        ("<1@b.kz>", ["1@b.kz"]),
        ("<1@b.kz><2@b.kz>\t<3@b.kz>", ["1@b.kz", "2@b.kz", "3@b.kz"]),
        ("<1@b.kz> (a comment), <2@b.kz>", ["1@b.kz", "2@b.kz"]),
        ("<CAF+q=1@Mail.B.kz>", ["CAF+q=1@Mail.B.kz"]),  # another one in another case
        ("<a long one that was folded\t@b.kz >", ["alongonethatwasfolded@b.kz"]),
        ("Your message of Mon, 2 Mar 2026 <1@b.kz>", ["1@b.kz"]),
        ("<no-domain>", ["no-domain"]),
        ("1@b.kz", ["1@b.kz"]),
        ("a word, 1@b.kz", ["1@b.kz"]),
        ("<1@b.kz", []),
        ("<>", []),
        ("< >", []),
        ("", []),
    ],
)
def test_identifiers_stand_in_brackets_or_are_words(value: str, identifiers: list[str]) -> None:
    assert list(message_ids(value)) == identifiers


@pytest.mark.parametrize("form", ["<{}>", "{}"])
def test_an_identifier_is_no_longer_than_a_line(form: str) -> None:
    longest = "x" * (LONGEST - len("<@b.kz>")) + "@b.kz"
    assert list(message_ids(form.format(longest))) == [longest]
    assert list(message_ids(form.format("x" + longest))) == []


def test_the_nearest_letter_stands_first() -> None:
    read = letter(f"References: {bracketed(thread(3))}", "In-Reply-To: <7@b.kz>")
    assert answered(read) == ("7@b.kz", "2@b.kz", "1@b.kz", "0@b.kz")


def test_each_letter_is_named_once() -> None:
    read = letter("In-Reply-To: <2@b.kz>", f"References: {bracketed([*thread(3), *thread(3)])}")
    assert answered(read) == ("2@b.kz", "1@b.kz", "0@b.kz")


def test_of_a_field_that_stands_twice_the_first_counts() -> None:
    assert answered(letter("In-Reply-To: <1@b.kz>", "In-Reply-To: <2@b.kz>")) == ("1@b.kz",)


def test_a_letter_that_answers_none() -> None:
    assert answered(letter("Message-ID: <1@b.kz>", "X-References: <2@b.kz>")) == ()


def test_a_field_that_was_encoded_as_if_it_were_text() -> None:
    assert answered(letter("In-Reply-To: =?utf-8?q?=3C1=40b=2Ekz=3E?=")) == ("1@b.kz",)


def test_of_a_long_thread_its_end_is_read() -> None:
    count = 9_000  # of a field that is far longer than what is read of it
    read = letter("References: " + bracketed(thread(count)))
    assert answered(read) == tuple(reversed(thread(count)[-MOST:]))


@pytest.mark.parametrize(
    "value", ["<" * 900_000, "<a" * 450_000, "a@b " * 225_000, "=?utf-8?q?<a@b>?=" * 50_000, "\xff<\x00>" * 100_000]
)
def test_a_field_made_to_hurt_is_read_in_part(value: str) -> None:
    """What is looked at is bounded: far less than the field."""
    for name in ("In-Reply-To", "References"):
        found = answered(Message(f"{name}: {value}\r\n\r\ntext".encode("latin-1")))
        assert len(found) <= MOST


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_whatever_the_bytes_are_it_is_bounded_and_does_not_raise(one: bytes, other: bytes) -> None:
    found = answered(Message(b"In-Reply-To: " + one + b"\r\nReferences: " + other + b"\r\n\r\ntext"))
    assert len(found) == len(set(found)) <= MOST
    assert all(name and len(name) <= LONGEST - 2 and name == "".join(name.split()) for name in found)


@given(st.lists(st.from_regex(r"[a-z0-9.+=]{1,30}@[a-z0-9.]{1,20}", fullmatch=True), unique=True, max_size=MOST))
def test_what_was_written_is_found_again_from_the_end(identifiers: list[str]) -> None:
    assert answered(letter("References: " + bracketed(identifiers))) == tuple(reversed(identifiers))
