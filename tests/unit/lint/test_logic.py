"""What is proved of conditions is true: checked against every truth value, and against naive matching of texts."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sievepy.ir.conditions import (
    AddressIs,
    AllOf,
    AnyOf,
    Assigned,
    Attachment,
    ClientIp,
    Compare,
    DateIs,
    Exists,
    Fact,
    Field,
    HasIp,
    Match,
    Matches,
    Mentions,
    MentionsExact,
    MentionsNear,
    Not,
    Phrase,
    ReceivedDay,
    ReceivedTime,
    Regex,
    Slot,
    Test,
    Truth,
)
from sievepy.lint.logic.atoms import atom_implies, disjoint, glob
from sievepy.lint.logic.clauses import clauses
from sievepy.lint.logic.constants import constants
from sievepy.lint.logic.index import Index, asks, clause_asks, condition_offers, offers
from sievepy.lint.logic.phrases import phrase_implies
from sievepy.lint.logic.proof import implies, never, possible

SUBJECT, CONTENT, BODY, FROM = Field("subject"), Field("content"), Field("body"), Field("from")
SIZE = Field("size")
A, B, C = Fact("bounce"), Fact("empty"), Fact("auto-reply")


def phrase(*words: str, gaps: tuple[int, ...] = ()) -> Phrase:
    """A phrase of words with `|` between the forms of one."""
    slots = tuple(Slot(words=frozenset(word.split("|"))) for word in words)
    return Phrase(slots, gaps or (0,) * (len(words) - 1))


def says(*phrases: Phrase, field: Field = SUBJECT, every: bool = False) -> Mentions:
    return Mentions(field, phrases, every)


# ---------------------------------------------------------------- whole conditions, against all truth values

atoms = st.sampled_from([A, B, C, *(Compare(SIZE, how, n) for how in ("<", "<=", ">", ">=", "=") for n in (1, 2, 3))])
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda tests: AllOf(tuple(tests))),
        st.lists(inner, min_size=1, max_size=3).map(lambda tests: AnyOf(tuple(tests))),
    ),
    max_leaves=8,
)
LETTERS = [
    (dict(zip((A, B, C), truths, strict=True)), size)
    for truths in product((True, False, None), repeat=3)
    for size in (None, 0.5, 1, 1.5, 2, 2.5, 3, 4)
]


def judge(test: Test, facts: dict[Fact, Truth], size: float | None) -> Truth:
    match test:
        case Fact():
            return facts[test]
        case Compare(how=how, value=value):
            if size is None:
                return None
            return {"<": size < value, "<=": size <= value, "=": size == value, ">=": size >= value, ">": size > value}[
                how
            ]
        case Not(test=inner):
            truth = judge(inner, facts, size)
            return None if truth is None else not truth
        case AllOf(tests=tests):
            return kleene_all(judge(t, facts, size) for t in tests)
        case AnyOf(tests=tests):
            truth = kleene_all(None if v is None else not v for v in (judge(t, facts, size) for t in tests))
            return None if truth is None else not truth
    raise AssertionError(test)


def kleene_all(values: Iterable[Truth]) -> Truth:
    seen = set(values)
    return False if False in seen else None if None in seen else True


@given(conditions, conditions)
def test_what_is_implied_holds_wherever_the_condition_does(a: Test, b: Test) -> None:
    if implies(a, b):
        for facts, size in LETTERS:
            if judge(a, facts, size) is True:
                assert judge(b, facts, size) is True


@given(conditions, st.booleans())
def test_what_never_holds_is_never_yes(test: Test, positive: bool) -> None:
    if never(test, positive):
        assert all(judge(test, facts, size) is not positive for facts, size in LETTERS)


@given(conditions)
def test_clauses_say_the_same_as_the_condition(test: Test) -> None:
    alternatives = clauses(test)
    if alternatives is None:
        return
    for facts, size in LETTERS:
        yes = any(all(judge(x.atom, facts, size) is x.positive for x in clause) for clause in alternatives)
        assert yes is (judge(test, facts, size) is True)


@given(conditions)
def test_every_condition_implies_itself(test: Test) -> None:
    if clauses(test) is not None:
        assert implies(test, test)


@given(conditions, conditions)
def test_the_index_finds_every_condition_that_is_implied(a: Test, b: Test) -> None:
    index: Index[int] = Index()
    index.add(condition_offers(b, index.crowd), 1)
    for clause in possible(clauses(a) or ()):
        if implies(AllOf(tuple(x.atom if x.positive else Not(x.atom) for x in clause)), b) and not never(b, False):
            assert 1 in index.find(clause_asks(clause))


def test_very_wide_conditions_are_still_searched_for_opposites() -> None:
    many = tuple(Match(SUBJECT, "contains", (str(i),)) for i in range(3000))
    assert never(AllOf((*many, Not(many[7]))))
    assert not never(AllOf(many))


def test_too_many_clauses_prove_nothing() -> None:
    wide = AllOf(tuple(AnyOf(tuple(Compare(SIZE, "=", 10 * i + j) for j in range(3))) for i in range(6)))
    assert clauses(wide) is None
    assert not implies(wide, A) and not never(wide)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (AllOf((A, AnyOf((B, C)))), AnyOf((AllOf((A, B)), AllOf((A, C))))),
        (AllOf((A, Not(B))), Not(B)),
        (Not(AnyOf((A, B))), Not(A)),
        (Compare(SIZE, ">", 30), Not(Compare(SIZE, "<", 20))),
        (AllOf((A, Not(A))), B),
    ],
)
def test_implication_sees_through_blocks(a: Test, b: Test) -> None:
    assert implies(a, b)


# ---------------------------------------------------------------- atoms

IMPLIED = [
    (says(phrase("счёт", "на", "оплату")), says(phrase("счёт"))),
    (says(phrase("счёт")), says(phrase("счёт|счета"))),
    (says(phrase("акт", "сверки")), says(phrase("акт", "сверки", gaps=(4,)))),
    (says(phrase("акт", "взаимной", "сверки")), says(phrase("акт", "сверки", gaps=(1,)))),
    (says(phrase("счёт")), says(phrase("счёт"), field=CONTENT)),
    (says(phrase("счёт"), every=True), says(phrase("счёт"))),
    (says(phrase("оплата")), Mentions(SUBJECT, (Phrase((Slot(prefixes=frozenset({"оплат"})),), ()),))),
    (says(phrase("шот")), Mentions(SUBJECT, (Phrase((Slot(plain=frozenset({"шот"})),), ()),))),
    (says(phrase("schet")), Mentions(SUBJECT, (Phrase((Slot(skeletons=frozenset({"Set"})),), ()),))),
    (says(phrase("счёт")), Exists(SUBJECT)),
    (MentionsExact(SUBJECT, (("НАС",),)), says(phrase("нас"))),
    (MentionsExact(SUBJECT, (("ООО", "НАС"),)), MentionsExact(SUBJECT, (("НАС",),))),
    (MentionsNear(SUBJECT, (phrase("a"), phrase("b")), 3), says(phrase("b"))),
    (MentionsNear(SUBJECT, (phrase("a"), phrase("b")), 3), MentionsNear(SUBJECT, (phrase("b"), phrase("a")), 6)),
    (Match(SUBJECT, "is", ("abc",)), Match(SUBJECT, "contains", ("b",))),
    (Match(SUBJECT, "starts", ("abc",)), Match(SUBJECT, "starts", ("ab",))),
    (Match(SUBJECT, "ends", ("abc",)), Match(SUBJECT, "contains", ("bc",))),
    (Match(SUBJECT, "is", ("отчёт.pdf",)), Match(SUBJECT, "like", ("*.pdf",))),
    (Matches(SUBJECT, (Regex("a"),)), Matches(SUBJECT, (Regex("b"), Regex("a")))),
    (AddressIs(FROM, frozenset({"a@x.kz"})), AddressIs(FROM, domains=frozenset({"x.kz"}))),
    (AddressIs(FROM, domains=frozenset({"m.x.kz"})), AddressIs(FROM, subdomains=frozenset({"x.kz"}))),
    (AddressIs(FROM, subdomains=frozenset({"m.x.kz"})), AddressIs(FROM, subdomains=frozenset({"x.kz"}))),
    (
        HasIp(BODY, (ipaddress.ip_network("10.1.0.0/16"),)),
        HasIp(BODY, (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::/64"))),
    ),
    (ClientIp((ipaddress.ip_network("10.1.0.0/16"),)), ClientIp((ipaddress.ip_network("10.0.0.0/8"),))),
    (Compare(SIZE, ">", 5), Compare(SIZE, ">=", 5)),
    (Compare(SIZE, "=", 5), Compare(SIZE, "<", 6)),
    (ReceivedDay(frozenset({5})), ReceivedDay(frozenset({5, 6}))),
    (ReceivedTime(23 * 60, 60), ReceivedTime(22 * 60, 2 * 60)),
    (
        DateIs("date", dt.date(2026, 1, 2), dt.date(2026, 1, 3)),
        DateIs("date", dt.date(2026, 1, 1), dt.date(2026, 1, 31)),
    ),
    (Attachment(AllOf((A, B))), Attachment(A)),
    (Attachment(A), Exists(Field("attachment"))),
]


@pytest.mark.parametrize(("a", "b"), IMPLIED)
def test_implied_atoms(a: Test, b: Test) -> None:
    assert implies(a, b)
    assert implies(Not(b), Not(a))
    assert not implies(b, a)


@pytest.mark.parametrize(("a", "b"), IMPLIED)
def test_the_index_knows_every_kind_of_implication(a: Test, b: Test) -> None:
    filed = offers(b, lambda feature: len(feature[1]))  # type: ignore[arg-type]
    assert filed is None or filed & set(asks(a))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (says(phrase("счёт")), says(phrase("счёт"), field=BODY)),
        (says(phrase("счёт"), field=BODY), says(phrase("счёт"), field=CONTENT)),
        (says(phrase("счёт")), says(phrase("счёт"), every=True)),
        (says(phrase("акт", "сверки", gaps=(4,))), says(phrase("акт", "сверки"))),
        (says(phrase("a", "x", "y", "b")), says(phrase("a", "b", gaps=(1,)))),
        (says(phrase("сверки", "акт")), says(phrase("акт", "сверки", gaps=(4,)))),
        (says(phrase("нас")), MentionsExact(SUBJECT, (("НАС",),))),
        (MentionsNear(SUBJECT, (phrase("a"),), 9), MentionsNear(SUBJECT, (phrase("a"),), 6)),
        (Match(SUBJECT, "contains", ("abc",)), Match(SUBJECT, "starts", ("abc",))),
        (AddressIs(FROM, domains=frozenset({"x.kz"})), AddressIs(FROM, subdomains=frozenset({"x.kz"}))),
        (AddressIs(FROM, domains=frozenset({"yx.kz"})), AddressIs(FROM, subdomains=frozenset({"x.kz"}))),
        (Compare(SIZE, ">=", 5), Compare(SIZE, ">", 5)),
        (Match(SUBJECT, "contains", ("a",)), Exists(SUBJECT)),
        (Attachment(A), Attachment(B)),
    ],
)
def test_atoms_that_do_not_imply_each_other(a: Test, b: Test) -> None:
    assert not implies(a, b)


SLOTS = st.sampled_from([frozenset("a"), frozenset("b"), frozenset("ab"), frozenset("c")]).map(lambda w: Slot(words=w))
PHRASES = st.lists(SLOTS, min_size=1, max_size=4).flatmap(
    lambda slots: st.lists(st.integers(0, 2), min_size=len(slots) - 1, max_size=len(slots) - 1).map(
        lambda gaps: Phrase(tuple(slots), tuple(gaps))
    )
)


def occurs(wanted: Phrase, tokens: list[str]) -> bool:
    def at(position: int, slot: int) -> bool:
        if position >= len(tokens) or tokens[position] not in wanted.slots[slot].words:
            return False
        if slot + 1 == len(wanted.slots):
            return True
        return any(at(position + 1 + gap, slot + 1) for gap in range(wanted.gaps[slot] + 1))

    return any(at(i, 0) for i in range(len(tokens)))


@given(PHRASES, PHRASES, st.lists(st.sampled_from("abcx"), max_size=9))
def test_a_covered_phrase_hits_nothing_new(q: Phrase, p: Phrase, tokens: list[str]) -> None:
    if phrase_implies(q, p) and occurs(q, tokens):
        assert occurs(p, tokens)


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        (Compare(SIZE, ">", 5), Compare(SIZE, "<", 5), True),
        (Compare(SIZE, ">=", 5), Compare(SIZE, "<=", 5), False),
        (Compare(SIZE, ">", 5), Compare(Field("spam-score"), "<", 5), False),
        (Match(Field("language"), "is", ("ru",)), Match(Field("language"), "is", ("kk", "en")), True),
        (Match(SUBJECT, "is", ("a",)), Match(SUBJECT, "is", ("b",)), False),
        (AddressIs(FROM, frozenset({"a@x"})), AddressIs(FROM, frozenset({"b@x"})), False),
        (ReceivedDay(frozenset({5})), ReceivedDay(frozenset({6})), True),
        (ReceivedTime(0, 60), ReceivedTime(23 * 60, 0), True),
        (ReceivedTime(0, 60), ReceivedTime(23 * 60, 30), False),
        (DateIs("date", dt.date(2026, 1, 1), dt.date(2026, 1, 1)), DateIs("date", dt.date.max, dt.date.max), True),
        (ClientIp((ipaddress.ip_network("10.0.0.0/8"),)), ClientIp((ipaddress.ip_network("::/8"),)), True),
    ],
)
def test_only_fields_with_one_value_shut_each_other_out(a: Test, b: Test, apart: bool) -> None:
    assert disjoint(a, b) is disjoint(b, a) is apart  # type: ignore[arg-type]


def test_globs() -> None:
    assert glob("a*b?c").fullmatch("axxbyc")
    assert not glob("a.c").fullmatch("abc")
    assert not atom_implies(Match(SUBJECT, "like", ("*a",)), Match(SUBJECT, "like", ("*",)))


def test_constants_are_the_outermost_parts() -> None:
    dead = AllOf((A, Not(A)))
    assert list(constants(AnyOf((B, dead)))) == [(dead, False)]
    assert list(constants(dead)) == [(dead, False)]
    assert list(constants(AnyOf((A, Not(A))), None, Not(dead))) == [(AnyOf((A, Not(A))), True), (Not(dead), True)]
    assert not list(constants(A, Assigned()))
    assert list(constants(Attachment(dead))) == [(Attachment(dead), False)]
