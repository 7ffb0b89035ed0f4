"""Segments: folded text and tokens on demand, and spans in clean text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.mail.normal import clean
from sievepy.mail.view import NOTHING, UNKNOWN, Segment


def test_a_segment_is_folded_once() -> None:
    segment = Segment("1", "Счёт на ОПЛАТУ")
    assert segment.folded == "счет на оплату"
    assert segment.folded is segment.folded
    assert [token.text for token in segment.tokens] == ["счет", "на", "оплату"]
    assert segment.tokens is segment.tokens
    assert "Счёт" in repr(segment)


def test_spans_are_given_in_clean_text() -> None:
    segment = Segment("1", "Straße 5, Счёт")
    start = segment.folded.index("счет")
    assert segment.clean[slice(*segment.clean_span(start, start + 4))] == "Счёт"
    sharp = segment.folded.index("ss")
    assert segment.clean[slice(*segment.clean_span(sharp, sharp + 1))] == "ß"
    assert segment.clean_span(3, 3) == (3, 3)


@settings(deadline=None)
@given(st.text(st.sampled_from("абвßЁİ xyŉ"), max_size=30), st.data())
def test_what_is_found_folded_is_found_clean(text: str, data: st.DataObject) -> None:
    segment = Segment("1", clean(text))
    start = data.draw(st.integers(0, len(segment.folded)))
    end = data.draw(st.integers(start, len(segment.folded)))
    first, behind = segment.clean_span(start, end)
    assert 0 <= first <= behind <= len(segment.clean)
    assert segment.folded[start:end] in Segment("1", segment.clean[first:behind]).folded


def test_nothing_is_known_and_unknown_is_not() -> None:
    assert NOTHING.segments == UNKNOWN.segments == ()
    assert NOTHING.complete and not UNKNOWN.complete
