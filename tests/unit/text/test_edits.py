"""Which fixes go together, the text that edits make, and taking one member out of a row."""

from __future__ import annotations

import pytest

from sievepy.text import Edit, Fix, SourceFile, Span
from sievepy.text.edits import compatible, edited, removal
from sievepy.text.nearest import slip

A = SourceFile.of("a.rules", "0123456789")
B = SourceFile.of("b.rules", "0123456789")


def fix(*edits: tuple[int, int, str], source: SourceFile = A) -> Fix:
    return Fix("mend", tuple(Edit(source.span(start, end), text) for start, end, text in edits), safe=True)


def test_of_two_that_collide_the_first_by_place_is_taken() -> None:
    first, second, third = fix((2, 5, "x")), fix((4, 6, "y")), fix((5, 7, "z"))
    assert compatible([third, second, first]) == [first, third]


def test_a_fix_is_carried_out_whole_or_not_at_all() -> None:
    wide, narrow = fix((0, 1, "x"), (8, 9, "x")), fix((8, 9, "y"))
    assert compatible([narrow, wide]) == [wide]


def test_two_insertions_at_one_place_collide_and_neighbours_do_not() -> None:
    one, same, beside = fix((3, 3, "x")), fix((3, 3, "y")), fix((3, 4, ""))
    assert compatible([one, same]) == [one]
    assert set(compatible([one, beside])) == {one, beside}


def test_a_fix_that_collides_with_itself_is_none() -> None:
    assert compatible([fix((1, 4, "x"), (2, 3, "y"))]) == []
    assert compatible([Fix("nothing", ())]) == []


def test_files_do_not_collide() -> None:
    here, there = fix((1, 4, "x")), fix((1, 4, "y"), source=B)
    assert compatible([here, there]) == [here, there]
    edits = [*here.edits, *there.edits]
    assert (edited(A, edits), edited(B, edits)) == ("0x456789", "0y456789")


def test_edits_are_made_by_place_whatever_their_order() -> None:
    assert edited(A, [Edit(A.span(8, 10), "E"), Edit(A.span(0, 0), "S"), Edit(A.span(3, 5), "")]) == "S012567E"


def row(text: str, *words: str) -> tuple[SourceFile, list[Span]]:
    source = SourceFile.of("a.rules", text)
    return source, [source.span(text.index(word), text.index(word) + len(word)) for word in words]


@pytest.mark.parametrize(
    ("text", "index", "left"),
    [
        ('{ "a"; "b"; "c" }', 0, '{ "b"; "c" }'),
        ('{ "a"; "b"; "c" }', 1, '{ "a"; "c" }'),
        ('{ "a"; "b",\n "c"\n }', 2, '{ "a"; "b"\n }'),
        ('{ "a"\n # of b\n "b"; "c" }', 1, None),
        ('{ "a" # of a\n "b"; "c" }', 0, None),
    ],
)
def test_a_member_goes_with_what_separates_it(text: str, index: int, left: str | None) -> None:
    source, spans = row(text, '"a"', '"b"', '"c"')
    edit = removal(spans, index)
    assert (edited(source, [edit]) if edit is not None else None) == left


def test_the_last_member_stays() -> None:
    assert removal(row('{ "a" }', '"a"')[1], 0) is None


@pytest.mark.parametrize(
    ("word", "meant"),
    [("abbon", "abon"), ("actv", "activ"), ("abno", "abon"), ("abom", "abon"), ("newbuild", None), ("abon", None)],
)
def test_a_slip_is_one_letter(word: str, meant: str | None) -> None:
    assert slip(word, ["abon", "activ", "buh"]) == meant


def test_a_slip_between_two_names_is_none() -> None:
    assert slip("abon3", ["abon1", "abon2"]) is None
    assert slip("buk", ["buh"]) is None, "three letters are too few"
