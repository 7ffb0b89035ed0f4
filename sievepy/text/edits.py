"""Edits carried out: which of many fixes go together, and the text that they make.

A fix is carried out whole or not at all. Of two that touch the same characters the first by place is taken; the other
one may be had in a second round, on the text that the first one made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sievepy.text.diagnostic import Edit, Fix
from sievepy.text.source import SourceFile, Span


def compatible(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes, by place, that do not touch one another's characters, nor their own twice."""
    taken: list[Edit] = []
    chosen: list[Fix] = []
    for fix in sorted((f for f in fixes if f.edits), key=_place):
        if not any(_collide(edit, other) for i, edit in enumerate(fix.edits) for other in (*taken, *fix.edits[:i])):
            taken += fix.edits
            chosen.append(fix)
    return chosen


def _place(fix: Fix) -> tuple[str, int, int]:
    first = min(fix.edits, key=lambda e: (e.span.source.name, e.span.start))
    return first.span.source.name, first.span.start, first.span.end


def _collide(one: Edit, other: Edit) -> bool:
    """Whether the order in which the two are carried out would matter. Neighbours do not collide, but two insertions at
    one place do."""
    if one.span.source.name != other.span.source.name:
        return False
    (a, b), (c, d) = (one.span.start, one.span.end), (other.span.start, other.span.end)
    return (a, b) == (c, d) or (a < d and c < b)


def edited(source: SourceFile, edits: Iterable[Edit]) -> str:
    """The text of a file after edits that do not collide; those of other files do not count."""
    text, behind = [], 0
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        if edit.span.source.name == source.name:
            text += [source.text[behind : edit.span.start], edit.replacement]
            behind = edit.span.end
    return "".join((*text, source.text[behind:]))


def own_line(span: Span) -> Span | None:
    """The whole line of a span, its line end included, where nothing else stands there; else None."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    stop = text.find("\n", span.end)
    end = len(text) if stop < 0 else stop + 1
    alone = not (text[start : span.start] + text[span.end : end]).strip()
    return span.source.span(start, end) if alone else None


def removal(row: Sequence[Span], index: int) -> Edit | None:
    """The edit that takes one member out of a row (values of a list, tests of a block) with what separates it from a
    neighbour. None where nothing would be left, or where a comment stands between the two."""
    if len(row) < 2:
        return None
    gone, source = row[index], row[index].source
    span = source.span(row[index - 1].end, gone.end) if index else source.span(gone.start, row[1].start)
    between = source.text[row[index - 1].end : gone.start] if index else source.text[gone.end : row[1].start]
    return None if "#" in between else Edit(span, "")


def as_saved(text: str, before: bytes) -> bytes:
    """The bytes of a text in the manner of its file: a mended word is no reason to change all line ends."""
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    return mark + text.replace("\n", "\r\n" if b"\r\n" in before else "\n").encode()
