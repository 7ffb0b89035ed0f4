"""Whether two trees say the same: they differ in places only."""

from __future__ import annotations

import dataclasses
from itertools import zip_longest
from typing import Any

from sievepy.rules_lang import ast
from sievepy.text import Span

_NOTHING = object()


def first_difference(one: ast.Tree, other: ast.Tree) -> Span | None:
    """The place in `one` of the first node that `other` has not; None where the trees are equal but for their spans."""
    for mine, theirs in ((one.includes, other.includes), (one.declarations, other.declarations)):
        found = _difference(mine, theirs, one.source.span(0, 0))
        if found is not None:
            return found
    return None


def _difference(mine: Any, theirs: Any, place: Span) -> Span | None:
    """Recursion follows the nesting of conditions, which the cutter bounds."""
    if isinstance(mine, Span) and isinstance(theirs, Span):
        return None
    if type(mine) is not type(theirs):
        return place
    if isinstance(mine, tuple):
        pairs = list(zip_longest(mine, theirs, fillvalue=_NOTHING))
    elif dataclasses.is_dataclass(mine):
        place = getattr(mine, "span", place)
        pairs = [(getattr(mine, f.name), getattr(theirs, f.name)) for f in dataclasses.fields(mine)]
    else:
        return None if mine == theirs else place
    return next((found for a, b in pairs if (found := _difference(a, b, place)) is not None), None)
