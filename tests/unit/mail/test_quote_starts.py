"""Whatever an expression of `quote_marks` matches has a beginning that says so."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from sievepy.mail import quote_marks as marks
from sievepy.mail import quote_starts as starts
from sievepy.mail.quote_starts import may_be

_EXPRESSIONS = {
    "boundary": (marks._BEGINS, starts.BOUNDARY),
    "label": (marks._LABEL, starts.LABEL),
    "rule": (marks.RULE, starts.RULE),
    "list rule": (marks.LIST_RULE, starts.RULE),
    "delimiter": (marks.LOOSE_DELIMITER, starts.RULE),
    "closing": (marks.CLOSING, starts.CLOSING),
    "mobile footer": (marks._MOBILE_FOOTER, starts.MOBILE),
    "disclaimer": (marks.DISCLAIMER, starts.DISCLAIMER),
}
_HEAD = 3  # characters that tell
_CATEGORIES = {"CATEGORY_WORD": "оищ", "CATEGORY_SPACE": " \u00a0", "CATEGORY_DIGIT": "7"}


def beginnings(expression: re.Pattern[str]) -> set[str]:
    """The first characters, up to three, of what an expression matches; of classes of characters some examples."""
    return {text[:_HEAD] for text in _texts(list(sre_parser.parse(expression.pattern, expression.flags)), _HEAD)}


def _texts(nodes: list[Any], wanted: int) -> Iterator[str]:
    if not nodes or wanted <= 0:
        yield ""
        return
    for first in set(_of_node(nodes[0], wanted)):
        for rest in set(_texts(nodes[1:], wanted - len(first))):
            yield first + rest


def _of_node(node: Any, wanted: int) -> Iterator[str]:
    kind, value = node
    match str(kind):
        case "LITERAL":
            yield chr(value)
        case "ANY":
            yield "x"
        case "IN":
            yield from _of_class(value)
        case "BRANCH":
            for branch in value[1]:
                yield from _texts(list(branch), wanted)
        case "SUBPATTERN":
            yield from _texts(list(value[3]), wanted)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inside = value
            for count in range(least, min(most, max(least, wanted)) + 1):
                for parts in itertools.product(set(_texts(list(inside), wanted)), repeat=min(count, wanted)):
                    yield "".join(parts)
        case "AT" | "ASSERT" | "ASSERT_NOT":
            yield ""
        case other:
            raise NotImplementedError(other)


def _of_class(items: Any) -> Iterator[str]:
    for kind, value in items:
        match str(kind):
            case "LITERAL":
                yield chr(value)
            case "RANGE":
                yield chr(value[0])
                yield chr(value[1])
            case "CATEGORY":
                yield from _CATEGORIES.get(str(value), "x")
            case "NEGATE":
                yield "x"
                return


@pytest.mark.parametrize("name", _EXPRESSIONS)
def test_all_beginnings_are_known(name: str) -> None:
    expression, kind = _EXPRESSIONS[name]
    found = {text for text in beginnings(expression) if text.strip() == text and text}
    assert found
    unknown = {
        text for text in found if not all(may_be(line) & kind for line in (text, text.upper(), text.capitalize()))
    }
    assert not unknown


@pytest.mark.parametrize("line", ["Добрый день", "Не работает интернет", "Спасибо", "Hello", "1. Договор", "п"])
def test_most_lines_have_none(line: str) -> None:
    assert may_be(line) == 0


def test_every_label_is_told_by_its_beginning() -> None:
    for label in marks.LABELS:
        for written in (f"{label}: x", f"{label.capitalize()} : x", f"*{label}:* x"):
            assert may_be(written) & starts.LABEL
