"""Simplifications keep the meaning with all three values, and keep the object where there is nothing to simplify."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from sievepy.ir.conditions import AllOf, AnyOf, Attachment, Exists, Fact, Field, Not, Test, Truth
from sievepy.ir.passes import simplified, simplify
from sievepy.ir.script import Rule, Script
from sievepy.plan import Tag, Triage

A, B, C = Fact("empty"), Fact("bounce"), Fact("verified")


def truth(test: Test, facts: dict[Test, Truth]) -> Truth:
    """Kleene's strong logic, by the book."""
    match test:
        case Not(inner):
            value = truth(inner, facts)
            return None if value is None else not value
        case AllOf(tests):
            values = [truth(t, facts) for t in tests]
            return False if False in values else None if None in values else True
        case AnyOf(tests):
            values = [truth(t, facts) for t in tests]
            return True if True in values else None if None in values else False
    return facts[test]


_TESTS = st.recursive(
    st.sampled_from([A, B, C]),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda tests: AllOf(tuple(tests))),
        st.lists(inner, min_size=1, max_size=3).map(lambda tests: AnyOf(tuple(tests))),
    ),
    max_leaves=12,
)


@given(_TESTS)
def test_the_meaning_is_kept_for_yes_no_and_unknown(test: Test) -> None:
    simple = simplified(test)
    for values in itertools.product((True, False, None), repeat=3):
        facts: dict[Test, Truth] = dict(zip((A, B, C), values, strict=True))
        assert truth(simple, facts) == truth(test, facts)


@given(_TESTS)
def test_what_is_simple_stays_the_same_object(test: Test) -> None:
    simple = simplified(test)
    assert simplified(simple) is simple


def test_each_law() -> None:
    assert simplified(Not(Not(A))) is A
    assert simplified(AnyOf((A,))) is A
    assert simplified(AllOf((AllOf((A, B)), C))) == AllOf((A, B, C))
    assert simplified(AnyOf((AnyOf((A, B)), C))) == AnyOf((A, B, C))
    assert simplified(AnyOf((A, B, A))) == AnyOf((A, B))
    assert simplified(AnyOf((A, AllOf((B, C))))) == AnyOf((A, AllOf((B, C))))
    assert simplified(Attachment(AllOf((Exists(Field("attachment-text")),)))) == Attachment(
        Exists(Field("attachment-text"))
    )


def test_there_is_no_excluded_middle() -> None:
    assert simplified(AnyOf((A, Not(A)))) == AnyOf((A, Not(A)))
    assert simplified(AllOf((A, Not(A)))) == AllOf((A, Not(A)))


def test_a_script_is_simplified_rule_by_rule_and_shared_tests_stay_shared() -> None:
    shared = AllOf((AllOf((A, B)), C))
    rules = (Rule("1", shared, (Tag("t"),)), Rule("2", A, (Tag("t"),), unless=shared), Rule("3", B, (Tag("t"),)))
    simple = simplify(Script(rules, (Triage(),)))
    assert simple.rules[0].test == AllOf((A, B, C))
    assert simple.rules[1].unless is simple.rules[0].test
    assert simple.rules[2] is rules[2]
