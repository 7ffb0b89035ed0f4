"""A passed-on letter is the received bytes behind our headers, whatever those bytes and the rules' texts are."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sievepy.mail.edit import canonical
from sievepy.mail.message import Message
from sievepy.relay.outgoing import passed_on, reference

BYTES = st.binary(max_size=40) | st.text("\r\nab", max_size=12).map(str.encode)
HEADERS = [("X-Sievepy-ID", "a1"), ("X-Sievepy-Rule", "Акты и счета")]


@given(BYTES)
@example(b"a\r\r\nb")
@example(b"a\nb\r\nc")
def test_the_letter_itself_is_unchanged(data: bytes) -> None:
    """Its canonical reading, behind the headers, is that of what was received."""
    out = canonical(passed_on(data, HEADERS))
    empty_line = b"\r\n" if data[:1] in (b" ", b"\t") else b""  # else its first line would go on our last field
    assert out == canonical(passed_on(b"", HEADERS)) + empty_line + canonical(data)


def test_line_ends_become_lf_where_that_changes_nothing() -> None:
    assert passed_on(b"Subject: a\r\n\r\nb\r\n", [("X", "y")]) == b"X: y\nSubject: a\n\nb\n"
    assert passed_on(b"Subject: a\r\n\r\nb\r\r\n", [("X", "y")]) == b"X: y\r\nSubject: a\r\n\r\nb\r\r\n"


def test_a_reference_tells_who_and_why_and_nothing_else() -> None:
    data = reference(
        id="a1b2",
        departments=["activ"],
        rules=["Удостоверения", "a\nb"],
        at=dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC),
        headers=HEADERS,
    )
    message = Message(data)
    assert message.header("Subject").values == ("Reference to letter a1b2",)
    assert message.header("X-Sievepy-Rule").values == ("Акты и счета",)
    text = message.root.children[0].text().text if message.root.children else message.root.text().text
    for line in ("Queue id: a1b2", "Department: activ", "Rule: Удостоверения", "Rule: a b"):
        assert line in text.splitlines()


def test_a_title_of_several_lines_is_one_field() -> None:
    assert passed_on(b"", [("X-Sievepy-Rule", "a\r\nX-Evil: b")]) == b"X-Sievepy-Rule: a  X-Evil: b\n"


@pytest.mark.parametrize("data", [b"", b"\n", b"From: a\n\nb"])
def test_our_headers_stand_above_everything(data: bytes) -> None:
    assert passed_on(data, HEADERS).startswith(b"X-Sievepy-ID: a1\nX-Sievepy-Rule: =?utf-8?b?")
