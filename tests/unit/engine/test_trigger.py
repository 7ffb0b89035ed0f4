"""The trigger algebra, line by line."""

from __future__ import annotations

import pytest

from sievepy.engine.atoms import ANY_ATTACHMENT
from sievepy.engine.trigger import ALWAYS, Trigger, Triggers
from sievepy.ir.conditions import (
    AllOf,
    AnyOf,
    Assigned,
    Attachment,
    Compare,
    Exists,
    Fact,
    Field,
    Not,
    Tagged,
    Test,
)
from tests.unit.engine.make import BODY, SUBJECT, TEXT, holding

A, B = holding(SUBJECT, "а"), holding(BODY, "б")
FACT = Fact("mailing-list")
NAME = holding(Field("attachment-name"), "акт")
SIZE = Compare(Field("attachment-size"), ">", 5)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (A, {A}),
        (FACT, {FACT}),
        (Exists(BODY), {Exists(BODY)}),
        (Not(A), ALWAYS),
        (Not(Exists(BODY)), ALWAYS),
        (Compare(Field("size"), ">", 5), ALWAYS),
        (Assigned(), ALWAYS),
        (Tagged("money"), ALWAYS),
        (AnyOf((A, B)), {A, B}),
        (AnyOf((A, Not(B))), ALWAYS),
        (AllOf((B, A)), {A}),
        (AllOf((Not(A), B)), {B}),
        (AllOf((Not(A), Assigned())), ALWAYS),
        (AllOf((AnyOf((A, B)), FACT)), {FACT}),
        (AllOf((B, AnyOf((A, FACT)))), {A, FACT}),
        (Attachment(NAME), {NAME}),
        (Attachment(SIZE), {ANY_ATTACHMENT}),
        (Attachment(Not(NAME)), {ANY_ATTACHMENT}),
        (Attachment(AllOf((NAME, SIZE))), {NAME}),
    ],
)
def test_the_trigger_of_a_condition(test: Test, expected: set[Test] | None) -> None:
    assert Triggers([test]).of(test) == (expected if expected is None else frozenset(expected))


def test_an_atom_that_many_rules_share_is_not_the_trigger_if_another_will_do() -> None:
    rules = [AllOf((A, holding(TEXT, f"слово {n}"))) for n in range(50)]
    chosen: list[Trigger] = [Triggers(rules).of(rule) for rule in rules]
    assert chosen == [frozenset({holding(TEXT, f"слово {n}")}) for n in range(50)]
