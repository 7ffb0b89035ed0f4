"""English forms by the rules of spelling."""

from __future__ import annotations

import pytest

from sievepy.words.english import forms


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("invoice", "invoice invoices invoiced invoicing"),
        ("pay", "pay pays paid paying"),
        ("company", "company companies"),
        ("reply", "reply replies replied replying"),
        ("attach", "attach attaches attached attaching"),
        ("ban", "ban bans banned banning"),
        ("scan", "scan scans scanned scanning"),
        ("visit", "visit visits visited visiting"),
        ("box", "box boxes"),
        ("lie", "lie lies lied lying"),
        ("agree", "agree agrees agreed agreeing"),
        ("send", "send sends sent sending"),
    ],
)
def test_forms(word: str, expected: str) -> None:
    assert set(expected.split()) <= forms(word)


@pytest.mark.parametrize("word", ["ip", "акт", "ps5", "a"])
def test_other_scripts_and_numbers_stay_as_they_are(word: str) -> None:
    assert word in forms(word)
    assert word == "ip" or forms(word) == {word}


def test_y_after_a_vowel_stays() -> None:
    assert "delaies" not in forms("delay")
    assert {"delays", "delayed"} <= forms("delay")
