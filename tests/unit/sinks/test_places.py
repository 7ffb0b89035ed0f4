"""Names from rules as path components: readable, injective, and never a way out."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sievepy.sinks.places import component, components

RESERVED = frozenset({"new", "cur", "tmp", "Triage"})
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text("./% ntew\x00", max_size=6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("buh", "buh"),
        ("Бухгалтерия и учёт", "Бухгалтерия и учёт"),
        ("boss@x-com.kz", "boss@x-com.kz"),
        ("..", "%2E."),
        (".hidden", "%2Ehidden"),
        ("a/b", "a%2Fb"),
        ("100%", "100%25"),
        ("a\nb", "a%0Ab"),
        ("new", "%6Eew"),
        ("Triage", "%54riage"),
        ("", "%"),
        (" a ", "%20a%20"),
    ],
)
def test_components(name: str, expected: str) -> None:
    assert component(name, RESERVED) == expected


def test_paths_lose_empty_parts_and_never_climb() -> None:
    assert components("Автоответы//2026/") == ("Автоответы", "2026")
    assert components("../../etc/new", RESERVED) == ("%2E.", "%2E.", "etc", "%6Eew")


@given(NAMES)
def test_a_component_is_one_harmless_file_name(name: str) -> None:
    text = component(name, RESERVED)
    assert text and "/" not in text and "\x00" not in text and not text.startswith(".")
    assert text not in RESERVED and text.isprintable()
    assert len(os.fsencode(text)) <= 255


@given(NAMES, NAMES)
def test_different_names_are_different_components(one: str, other: str) -> None:
    assert (component(one, RESERVED) == component(other, RESERVED)) == (one == other)


def test_long_names_stay_different_and_short() -> None:
    one, other = component("я" * 300), component("я" * 299 + "ю")
    assert one != other
    assert len(one.encode()) <= 200
    assert one.startswith("яяя")
