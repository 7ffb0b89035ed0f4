"""Clean and folded text, and the way back from one to the other."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.mail.normal import clean, fold, fold_map, key


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("  раз\r\n\tдва\u00a0 три ", "раз два три"),
        ("до\u00adго\u200bвор\ufeff", "договор"),
        ("и\u0306", "й"),
        ("и\u200d\u0306", "й"),
        ("\u202eраз\u202c", "раз"),
        ("раз\x00два\x1fтри", "раз два три"),
        ("", ""),
        (" \u200b ", ""),
    ],
)
def test_clean_is_what_a_person_sees(written: str, seen: str) -> None:
    assert clean(written) == seen


@pytest.mark.parametrize(
    ("written", "folded"), [("СЧЁТ", "счет"), ("Straße", "strasse"), ("ІЗДЕУ", "іздеу"), ("İ", "i\u0307"), ("ё", "е")]
)
def test_folded_is_comparable(written: str, folded: str) -> None:
    assert fold(written) == folded
    assert key(f" {written}\u00ad") == folded


TEXT = st.text(st.one_of(st.characters(), st.sampled_from("ёЁßİŉ \u00ad\u0306\u200bй")), max_size=60)


@settings(deadline=None)
@given(TEXT)
def test_clean_is_idempotent_and_composed(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


@settings(deadline=None)
@given(TEXT)
def test_each_folded_character_is_traced_to_its_clean_one(text: str) -> None:
    text = clean(text)
    folded, offsets = fold(text), fold_map(text)
    if offsets is None:
        assert len(folded) == len(text)
        return
    assert len(offsets) == len(folded) + 1
    assert offsets[-1] == len(text)
    for place, char in enumerate(folded):
        assert char in fold(text[offsets[place]])
