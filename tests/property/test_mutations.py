"""The property test can fail: planted faults turn it red. Three here; all ten by `python -m
tests.property.mutations`."""

from __future__ import annotations

import pytest

from tests.property.mutations import MUTATIONS, ROOT, Mutation, turns_red

BRIEF = (
    "`not` never wakes its rule",
    "`continue` is not heeded",
    "a letter to a restricted department is copied whole",
)


@pytest.mark.parametrize("mutation", [m for m in MUTATIONS if m.name in BRIEF], ids=lambda mutation: mutation.file)
def test_a_mutation_of_the_engine_turns_the_property_test_red(mutation: Mutation) -> None:
    assert turns_red(mutation)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_every_listed_mutation_names_one_line_of_the_engine(mutation: Mutation) -> None:
    lines = (ROOT / "sievepy" / "engine" / mutation.file).read_text(encoding="utf-8").split("\n")
    assert lines.count(mutation.old) == 1
    assert mutation.new not in lines


def test_there_are_ten() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) == 10
