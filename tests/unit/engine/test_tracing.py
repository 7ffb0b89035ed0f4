"""The trace: per rule its answer, the test that settled it, and what was matched."""

from __future__ import annotations

import datetime as dt

from sievepy.engine.tracing import RuleTrace
from sievepy.ir import conditions as ir
from sievepy.ir.script import Rule
from sievepy.plan import Assign, Tag
from sievepy.text import SourceFile
from tests.property.letters import StoredAttachment, StoredLetter, Values
from tests.unit.engine.make import (
    ALWAYS_TRUE,
    BODY,
    NEVER_TRUE,
    SUBJECT,
    UNKNOWN,
    context,
    holding,
    letter,
    phrase,
    program,
    rule,
)

BUH = Assign("buh")
LETTER = letter({"subject": "О СЧЁТЕ", "body": "пришлите акт"})
AKT, MISSING = holding(BODY, "акт"), holding(BODY, "договор")


def traced(*rules: Rule, of: StoredLetter = LETTER) -> RuleTrace:
    """The trace of the last rule."""
    return program(*rules).explain(of, context()).rules[-1]


def decided(trace: RuleTrace) -> ir.Test | None:
    return trace.decided_by.test if trace.decided_by is not None else None


def test_a_yes_names_the_test_and_the_matched_text_with_its_normal_form() -> None:
    trace = traced(rule("а", ir.AnyOf((MISSING, ir.Mentions(SUBJECT, (phrase("счете"),)))), BUH))
    assert (trace.truth, trace.when, trace.unless, trace.standing, trace.acted) == (True, True, False, "judged", True)
    assert trace.decided_by is not None
    [found] = trace.decided_by.found
    assert (found.context, found.matched, found.normal) == ("О СЧЁТЕ", "СЧЁТЕ", "счете")
    assert (found.hit.field, found.hit.part, found.hit.start, found.hit.end) == ("subject", "subject", 2, 7)


def test_a_no_names_the_first_test_that_failed() -> None:
    assert decided(traced(rule("а", ir.AllOf((AKT, MISSING, NEVER_TRUE)), BUH))) == NEVER_TRUE
    assert decided(traced(rule("а", ir.AllOf((AKT, MISSING)), BUH))) == MISSING
    assert decided(traced(rule("а", ir.Not(AKT), BUH))) == AKT


def test_a_no_by_unless_names_the_test_of_unless() -> None:
    trace = traced(rule("а", AKT, BUH, unless=ALWAYS_TRUE))
    assert (trace.truth, trace.when, trace.unless) == (False, True, True)
    assert decided(trace) == ALWAYS_TRUE


def test_an_unknown_names_what_was_not_known() -> None:
    assert decided(traced(rule("а", ir.AllOf((AKT, UNKNOWN)), BUH))) == UNKNOWN
    assert decided(traced(rule("а", AKT, BUH, unless=UNKNOWN))) == UNKNOWN
    assert decided(traced(rule("а", UNKNOWN, BUH, unless=NEVER_TRUE))) == UNKNOWN


def test_equal_tests_keep_the_places_where_their_own_rules_wrote_them() -> None:
    source = SourceFile("a.rules", "one two")
    one = ir.Match(BODY, "contains", ("акт",), origin=source.span(0, 3))
    two = ir.Match(BODY, "contains", ("акт",), origin=source.span(4, 7))
    trace = program(rule("а", one, Tag("т")), rule("б", two, BUH)).explain(LETTER, context())
    origins = [made.decided_by.test.origin for made in trace.rules if made.decided_by is not None]  # type: ignore[union-attr]
    assert [origin.text for origin in origins if origin is not None] == ["one", "two"]


def test_a_rule_that_had_no_turn_says_why_and_what_it_would_have_answered() -> None:
    below = traced(rule("решает", AKT, BUH), rule("ниже", holding(SUBJECT, "счет"), BUH))
    assert (below.standing, below.truth, below.acted) == ("decided above", True, False)
    off = traced(rule("а", AKT, BUH, off_until=dt.date(2027, 1, 1)))
    assert (off.standing, off.truth, off.acted) == ("off", True, False)


def test_an_observed_rule_is_judged_and_does_not_act() -> None:
    trace = traced(rule("а", AKT, BUH, observe=True))
    assert (trace.standing, trace.truth, trace.acted) == ("judged", True, False)


def test_inside_an_attachment_block_each_answer_names_its_attachment() -> None:
    items = tuple(
        StoredAttachment(n, 5, {"attachment-name": Values((name,))}) for n, name in (("2", "фото"), ("3", "акт"))
    )
    block = ir.Attachment(holding(ir.Field("attachment-name"), "акт"))
    trace = traced(rule("а", block, BUH), of=letter({}, attachments=items))
    assert [(answer.attachment, answer.truth) for answer in trace.answers] == [("2", False), ("3", True)]
    assert trace.decided_by is not None
    assert trace.decided_by.attachment == "3"


def test_a_block_without_any_attachment_answers_itself() -> None:
    block = ir.Attachment(holding(ir.Field("attachment-name"), "акт"))
    assert decided(traced(rule("а", block, BUH))) == block


def test_a_rule_is_found_by_its_title() -> None:
    trace = program(rule("а", AKT, BUH)).explain(LETTER, context())
    assert trace.rule("а") is trace.rules[0]
    assert trace.rule("б") is None
