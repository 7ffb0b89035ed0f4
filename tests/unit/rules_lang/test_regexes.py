"""Regexes: `\\w \\d \\b` mean Unicode letters and digits, held against Python's own `re` on random patterns."""

from __future__ import annotations

import random
import re

import pytest
import re2

from sievepy.ir.conditions import Matches
from sievepy.rules_lang.regex_syntax import Unsupported
from sievepy.rules_lang.regexes import translate
from tests.unit.rules_lang.programs import compiled, errors, test_of


def found(pattern: str, text: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(translate(pattern), options).search(text) is not None


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        (r"\bИНН\b", ["ИНН 12", "(ИНН)", "ИНН"], ["ИННА", "МИНН", "ИНН1", "_ИНН"]),
        (r"\w+@", ["почта@"], [" @"]),
        (r"^\d{3}$", ["123", "٣٤٥"], ["12", "1234"]),
        (r"[\w-]+/\d", ["акт-3/7"], [" /7"]),
        (r"[^\W\d]x", ["яx"], ["5x", " x"]),
        (r"\W$", ["акт."], ["акт"]),
        (r"акт\b.*\bсверки", ["акт сверки", "акт о сверки"], ["актсверки", "акта сверки"]),
        (r"\Bкт\b", ["акт"], ["кт", "актов"]),
        (r"(?i:\bакт\b)", ["АКТ 5"], ["АКТЫ"]),
        (r"\b(?:акт|счёт)\b", ["мой счёт"], ["счётчик"]),
        (r"(акт)|\bсчёт", ["факт", "счёт"], ["подсчёт"]),
        (r"\p{Cyrillic}+\d", ["акт5"], ["akt5"]),
        (r"\x{0410}\.\*", ["А.*"], ["А1"]),
        (r"[]a]\]", ["]]", "a]"], ["b]"]),
        (r"a{2,3}?b", ["aab"], ["ab"]),
    ],
)
def test_means_letters_and_digits_of_any_script(pattern: str, hits: list[str], misses: list[str]) -> None:
    assert [text for text in hits if not found(pattern, text)] == []
    assert [text for text in misses if found(pattern, text)] == []


def _pattern(rnd: random.Random, depth: int) -> str:
    shape = rnd.random()
    if depth == 0 or shape < 0.45:
        return rnd.choice(["а", "б", "-", " ", ".", r"\b", r"\w", r"\d", "[а-в]", "[^-]", r"\B", "1", "^", "$", r"\W"])
    if shape < 0.7:
        return "".join(_pattern(rnd, depth - 1) for _ in range(rnd.randint(2, 4)))
    if shape < 0.85:
        return "(?:" + "|".join(_pattern(rnd, depth - 1) for _ in range(2)) + ")"
    repeated = rnd.choice(["а", r"\w", ".", "[аб]", "-", "(?:а-?)", "(?:-|б)", "(?:а?б?)"])
    return repeated + rnd.choice(["*", "+", "?", "{2}", "{1,3}", "{2,}"])


def test_agrees_with_python_on_random_patterns_with_boundaries() -> None:
    rnd = random.Random(20261125)
    compared = 0
    for _ in range(400):
        pattern = _pattern(rnd, 3)
        texts = ["".join(rnd.choice("абв- 1") for _ in range(rnd.randint(1, 7))) for _ in range(10)]
        try:
            expected = re.compile(pattern)
            translated = translate(pattern)
        except (re.error, Unsupported):
            continue
        matcher = re2.compile(translated)
        for text in texts:
            assert bool(expected.search(text)) == bool(matcher.search(text)), (pattern, text)
            compared += 1
    assert compared > 1000


def test_the_hit_is_what_was_asked_for_and_not_its_neighbours() -> None:
    match = re2.search(translate(r"\bакт\b"), "это акт.")
    assert match is not None
    assert match.span(match.lastindex) == (4, 7)


@pytest.mark.parametrize("pattern", [r"(?:\bа)+", r"\b[^а-я]\b", r"а(?i)б", r"\Qа.б\E", r"а\bб", "(" * 60 + ")" * 60])
def test_refuses_what_it_cannot_express(pattern: str) -> None:
    with pytest.raises(Unsupported):
        translate(pattern)


@pytest.mark.parametrize("regex", ["/(а/", "/[z-a]/", "/а{1001}/", "/(?=а)/", "/а/m", "//", r"/\bа\Bб\b*/"])
def test_reports_a_regex_that_cannot_be_used(regex: str) -> None:
    assert errors(f'rule "R" {{ when subject matches {regex}; tag t }}') == ["E059"]


def test_points_at_the_part_that_re2_names() -> None:
    source = r'rule "R" { when subject matches /a\/b[z-a]/; tag t }' + "\notherwise { triage }"
    (finding,) = (d for d in compiled(source).diagnostics if d.severity == "error")
    assert finding.span is not None
    assert finding.span.text == "z-a"


def test_the_flag_and_the_text_as_written_are_kept() -> None:
    test = test_of(r"subject matches /акт\s+№/i, /b/")
    assert isinstance(test, Matches)
    assert [(r.pattern, r.ignore_case, r.written) for r in test.regexes] == [
        (r"акт\s+№", True, r"/акт\s+№/i"),
        ("b", False, "/b/"),
    ]
