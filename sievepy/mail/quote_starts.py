"""What a line may be, told by its first letters: nearly all lines of nearly all letters may be nothing but text, and
the expressions of `quote_marks` need not look at them.

A line that is one of those has one of these beginnings; a line with the beginning need not be one. Lines are given as
`quote_lines.Line.bare`, not blank.
"""

from __future__ import annotations

from collections.abc import Iterable

from sievepy.mail.quote_marks import LABELS

BOUNDARY = 1
"""The beginning or end of another letter."""
LABEL = 2
"""A line of a quoted header; it holds a `:` near its beginning, too."""
RULE = 4
"""A rule, a delimiter."""
CLOSING = 8
MOBILE = 16
DISCLAIMER = 32
_ANYTHING = 63

_DECORATION = frozenset("*_-–—=")  # rules are made of them, and most other lines may stand between them
_BOUNDARIES = ["нач", "пер", "beg", "қай", "жіб", "бағ", "это", "thi"]
_CLOSINGS = [
    "иск", "все", "зор", "шын", "құр", "кур", "ізг", "сәл", "с у", "с о", "с г", "с б", "с н", "с и", "с д", "с п",
    "wit", "bes", "kin", "war", "reg", "you", "sin", "res", "s u",
]  # fmt: skip
_MOBILES = [
    "отп", "пос", "нап", "пол", "ска", "без", "вир", "это", "дан", "мен", "sen", "get", "vir",
    "iph", "ipa", "ipo", "app", "and", "sam", "gal", "hua", "hon", "xia", "red", "nok", "bla", "win", "сма", "тел",
    "пла", "моб", "поч", "mai", "out", "янд", "yan", "gma", "mym", "yah", "tut", "pro", "spa", "aqu", "blu",
]  # fmt: skip
_DISCLAIMERS = [
    "вни", "важ", "кон", "уве", "dis", "con", "not", "еск", "нас", "дан", "инф", "све", "сод", "thi", "the", "осы",
    "бұл", *("эт" + letter for letter in "абвгдежзийклмнопрстуфхцчшщъыьэюя"),
]  # fmt: skip
_LABELS = [(label + end)[:3] for label in LABELS for end in (":", " ", "\t", "\u00a0")]


def _table(*kinds: tuple[int, Iterable[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind, beginnings in kinds:
        for beginning in beginnings:
            found[beginning] = found.get(beginning, 0) | kind
    return found


_TABLE = _table(
    (BOUNDARY, _BOUNDARIES), (LABEL, _LABELS), (CLOSING, _CLOSINGS), (MOBILE, _MOBILES), (DISCLAIMER, _DISCLAIMERS)
)


def may_be(line: str) -> int:
    """The kinds of line that it may be, as a sum."""
    return _ANYTHING if line[0] in _DECORATION else _TABLE.get(line[:3].lower(), 0)
