"""Places in a text, as an editor counts and as the compiler does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sievepy.lsp.documents import Document, Position, Range

TEXTS = st.text(st.sampled_from("ab\n\r\t\v\f\x85\u2028ёқ😀\ufeff\u0301"), max_size=40)


def at(line: int, character: int) -> Position:
    return Position(line, character)


@pytest.mark.parametrize(
    ("text", "position", "offset"),
    [
        ("ab\ncd", at(1, 1), 4),
        ("ab\r\ncd", at(1, 1), 4),
        ("ab\rcd", at(1, 1), 4),
        ("ab\u2028cd", at(0, 4), 4),
        ("a\x0bb\x0cc\x85d", at(0, 6), 6),
        ("😀x\n", at(0, 2), 1),
        ("😀x\n", at(0, 3), 2),
        ("\ufeffab", at(0, 2), 1),
        ("\r\n\r\nx", at(2, 0), 2),
    ],
)
def test_places(text: str, position: Position, offset: int) -> None:
    document = Document("a.rules", text)
    assert document.offset(position) == offset
    assert document.position(offset) == position


@pytest.mark.parametrize(
    ("text", "position", "offset"),
    [
        ("ab\ncd", at(0, 99), 2),
        ("ab\r\ncd", at(0, 99), 2),
        ("ab\ncd", at(9, 0), 5),
        ("😀x", at(0, 1), 0),
        ("😀😀", at(0, 99), 2),
        ("", at(0, 0), 0),
        ("a\n", at(1, 5), 2),
    ],
)
def test_places_that_are_none_are_the_nearest_before(text: str, position: Position, offset: int) -> None:
    assert Document("a.rules", text).offset(position) == offset


@given(TEXTS)
def test_there_and_back(text: str) -> None:
    document = Document("a.rules", text)
    for offset in range(len(document.source.text) + 1):
        assert document.offset(document.position(offset)) == offset


def units(text: str) -> list[str]:
    """The lines of a text in UTF-16 code units, as the protocol has them; its own reading of the specification."""
    lines, line = [], bytearray()
    encoded = text.encode("utf-16-le")
    pairs = [encoded[i : i + 2] for i in range(0, len(encoded), 2)]
    position = 0
    while position < len(pairs):
        line += pairs[position]
        ends = pairs[position] == b"\n\0" or (
            pairs[position] == b"\r\0" and pairs[position + 1 : position + 2] != [b"\n\0"]
        )
        if ends:
            lines.append(line.decode("utf-16-le"))
            line = bytearray()
        position += 1
    return [*lines, line.decode("utf-16-le")]


def place(text: str, position: Position) -> int:
    """The offset in characters of a position that there is."""
    lines = units(text)
    before = sum(len(line) for line in lines[: position.line])
    column = lines[position.line].encode("utf-16-le")[: 2 * position.character]
    return before + len(column.decode("utf-16-le"))


@given(TEXTS, TEXTS, st.data())
def test_a_change_is_what_it_is_for_the_editor(text: str, new: str, data: st.DataObject) -> None:
    document = Document("a.rules", text, 1)
    offsets = range(len(document.source.text) + 1)
    start, end = sorted(data.draw(st.tuples(st.sampled_from(offsets), st.sampled_from(offsets))))
    range_ = Range(document.position(start), document.position(end))
    changed = document.changed(range_, new, 2)
    assert changed.text == text[: place(text, range_.start)] + new + text[place(text, range_.end) :]
    assert changed.version == 2


def test_a_change_without_a_range_is_the_whole_text() -> None:
    assert Document("a.rules", "ab", 1).changed(None, "c", 2) == Document("a.rules", "c", 2)


def test_a_file_has_no_byte_order_mark_and_need_not_be_utf_8() -> None:
    assert Document.of_bytes("a.rules", b"\xef\xbb\xbfab\xff").text == "ab\ufffd"
