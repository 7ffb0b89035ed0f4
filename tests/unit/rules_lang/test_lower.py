"""Each field with each operator, each action, each fact: the test or action it is lowered to."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Any

import pytest

from sievepy import plan
from sievepy.ir import conditions as ir
from sievepy.ir.conditions import Field
from sievepy.plan import Action
from sievepy.rules_lang.language_tables import ACTIONS, ATTACHMENT_PARTS, FACTS, FIELDS, KINDS, LANGUAGES, SOURCES
from tests.unit.rules_lang.programs import ABON, actions_of, rules, sound, test_of

NET = ipaddress.ip_network("91.235.177.0/24")
WEEK = frozenset(range(5))
OFFICE = ir.Hours("office", ((WEEK, 540, 1080),))
DECLARED = """
list staff { Boss@x-com.kz; x-com.kz; *.x-com.kz }
network ours { 91.235.177.0/24 }
hours office { mon-fri 09:00-18:00 }
phrases act { "АКТ"; "счёт 5" }
"""


def _addresses(field: Field, every: bool) -> ir.Test:
    found = frozenset({"a@b.kz", "boss@x-com.kz"}), frozenset({"c.kz", "x-com.kz"}), frozenset({"d.kz", "x-com.kz"})
    return ir.AddressIs(field, *found, every)


def _words(value: str) -> Any:
    return lambda field, every: ir.Match(field, "is", (value,), every)


def _numbers(value: float) -> Any:
    return lambda how: lambda field, every: ir.Compare(field, how, value)


# What stands behind an operator of each kind of operands, and what it makes of a field. A kind that lowering knows and
# this table does not would fail below.
OPERANDS: dict[str, tuple[str, Any]] = {
    "exact": ('"НАС", @act', lambda f, e: ir.MentionsExact(f, (("НАС",), ("АКТ",), ("счёт", "5")), e)),
    "strings": ('"Ёлка  Ель"', _words("елка ель")),
    "words": ("Slovo.kz", _words("slovo.kz")),
    "regexes": (r"/а\/б/i, /в/", lambda f, e: ir.Matches(f, (ir.Regex("а/б", True), ir.Regex("в")), e)),
    "addresses": ("A@b.kz, c.kz, *.d.kz, @staff", _addresses),
    "hours": ("@office", lambda f, e: ir.ReceivedIn(OFFICE)),
    "days": ("mon-fri", lambda f, e: ir.ReceivedDay(WEEK)),
    "window": ("18:00-09:00", lambda f, e: ir.ReceivedTime(1080, 540)),
    "dates": (
        "2026-12-01 .. 2027-01-10",
        lambda f, e: ir.DateIs(f.kind, dt.date(2026, 12, 1), dt.date(2027, 1, 10)),
    ),
    "kind": ("pdf", _words("pdf")),
    "language": ("kk", _words("kk")),
    "source": ("relay", _words("relay")),
}


def _expected(operator: str, operand: str, field: Field, every: bool) -> tuple[str, ir.Test]:
    """The operands to write behind an operator, and the test that is to be made."""
    match operand, operator:
        case "literals", _:
            return '"Ёж", @act', ir.Match(field, operator, ("еж", "акт", "счет 5"), every)  # type: ignore[arg-type]
        case "networks", "in":
            return "@ours", ir.ClientIp((NET,))
        case "networks", _:
            return "@ours, 10.0.0.1", ir.HasIp(field, (NET, ipaddress.ip_network("10.0.0.1")), every)
        case "size", _:
            return "2KB", ir.Compare(field, "=" if operator == "is" else operator, 2048.0)  # type: ignore[arg-type]
        case "number", _:
            return "7.5", ir.Compare(field, "=" if operator == "is" else operator, 7.5)  # type: ignore[arg-type]
        case "nothing", "exists":
            return "", ir.Exists(field)
        case "nothing", "absent":
            return "", ir.Not(ir.Exists(field))
        case "nothing", _:
            return "", ir.Authentication(field.kind, operator)  # type: ignore[arg-type]
    text, make = OPERANDS[operand]
    return text, make(field, every)


PAIRS = [(words, operator, operand) for words, spec in FIELDS.items() for operator, operand in spec.operators.items()]
LITERAL = [pair for pair in PAIRS if pair[2] not in ("phrases", "near")]
INFLECTED = [pair for pair in PAIRS if pair[2] in ("phrases", "near")]


def _written(words: str) -> tuple[str, Field]:
    header = words == "header"
    return 'header "X-Mark"' if header else words, Field(FIELDS[words].kind, "x-mark" if header else None)


@pytest.mark.parametrize(("words", "operator", "operand"), LITERAL)
def test_each_field_takes_each_of_its_operators(words: str, operator: str, operand: str) -> None:
    written, field = _written(words)
    behind, expected = _expected(operator, operand, field, False)
    if field.kind.startswith("attachment-"):
        expected = ir.Attachment(expected)
    assert test_of(f"{written} {operator} {behind}", DECLARED) == expected


@pytest.mark.parametrize(("words", "operator", "operand"), INFLECTED)
def test_each_field_of_words_takes_phrases(words: str, operator: str, operand: str) -> None:
    written, field = _written(words)
    behind = '"счёт", "оплата" within 6' if operand == "near" else '"счёт", @act'
    test = test_of(f"{written} {operator} {behind}", DECLARED)
    if isinstance(test, ir.Attachment):
        test = test.test
    assert isinstance(test, ir.MentionsNear if operand == "near" else ir.Mentions)
    assert test.field == field
    assert test.phrases[0].slots[0].words >= {"счет", "счета", "счетов"}
    assert len(test.phrases) == (2 if operand == "near" else 3)
    assert not isinstance(test, ir.MentionsNear) or test.within == 6


@pytest.mark.parametrize("part", ATTACHMENT_PARTS)
def test_the_short_form_of_attachments_is_a_block_of_one_line(part: str) -> None:
    operator, operand = next(iter(FIELDS[f"attachment {part}"].operators.items()))
    behind = '"акт"' if operand == "phrases" else _expected(operator, operand, Field("x"), False)[0]
    line = f"{part} {operator} {behind}"
    assert test_of(f"attachment {line}", DECLARED) == test_of(f"attachment {{ {line} }}", DECLARED)


@pytest.mark.parametrize("words", [words for words, spec in FIELDS.items() if spec.several])
def test_every_is_kept_for_fields_with_several_values(words: str) -> None:
    operators = FIELDS[words].operators
    operator, operand = next((o, k) for o, k in operators.items() if k not in ("phrases", "near", "nothing"))
    written, field = _written(words)
    of_attachments = field.kind.startswith("attachment-")
    behind, inner = _expected(operator, operand, field, not of_attachments)
    if of_attachments:
        there = ir.Exists(Field("attachment"))
        inner = ir.AllOf((there, ir.Not(ir.Attachment(ir.Not(inner)))))
    assert test_of(f"every {written} {operator} {behind}", DECLARED) == inner


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact(fact: str) -> None:
    setting = ABON + 'rule "S" { when bounce; tag money; also assign abon }'
    match fact:
        case "assigned":
            assert test_of("assigned") == ir.Assigned()
            assert test_of("assigned abon", setting) == ir.Assigned("abon")
        case "tagged":
            assert test_of("tagged money", setting) == ir.Tagged("money")
        case _:
            assert test_of(fact) == ir.Fact(fact.replace(" ", "-"))


def test_the_few_words_are_those_that_letters_answer_with() -> None:
    assert test_of(f"attachment kind is {', '.join(KINDS)}") == ir.Attachment(
        ir.Match(Field("attachment-kind"), "is", KINDS)
    )
    assert test_of(f"language is {', '.join(LANGUAGES)}") == ir.Match(Field("language"), "is", LANGUAGES)
    assert test_of(f"source is {', '.join(SOURCES)}") == ir.Match(Field("source"), "is", SOURCES)


def test_blocks() -> None:
    empty, bounce = ir.Fact("empty"), ir.Fact("bounce")
    assert test_of("any { empty; bounce }") == ir.AnyOf((empty, bounce))
    assert test_of("all { empty; bounce }") == ir.AllOf((empty, bounce))
    assert test_of("none { empty; bounce }") == ir.Not(ir.AnyOf((empty, bounce)))
    assert test_of("none { empty }") == ir.Not(empty)
    assert test_of("not empty") == ir.Not(empty)
    assert test_of('attachment { name ends ".pdf"; not kind is pdf }') == ir.Attachment(
        ir.AllOf((
            ir.Match(Field("attachment-name"), "ends", (".pdf",)),
            ir.Not(ir.Match(Field("attachment-kind"), "is", ("pdf",))),
        ))
    )  # fmt: skip


def test_a_named_condition_is_its_test_wherever_it_is_used() -> None:
    declared = "condition quiet when any { empty; condition automatic }\ncondition automatic when auto-reply"
    expected = ir.AnyOf((ir.Fact("empty"), ir.Fact("auto-reply")))
    assert test_of("condition quiet", declared) == expected
    assert test_of("not condition quiet", declared) == ir.Not(expected)


def test_the_comma_is_any_of_where_a_value_is_compared() -> None:
    field = Field("size")
    both = (ir.Compare(field, "=", 1024.0), ir.Compare(field, "=", 2048.0))
    assert test_of("size is 1KB, 2KB") == ir.AnyOf(both)
    assert test_of("received day is sat, sun") == ir.ReceivedDay(frozenset({5, 6}))


def test_white_space_at_the_end_of_a_key_counts_where_it_can_occur() -> None:
    field = Field("subject")
    assert test_of('subject contains " IP  "') == ir.Match(field, "contains", (" ip ",))
    assert test_of('subject starts " re: "') == ir.Match(field, "starts", ("re: ",))
    assert test_of('subject ends " kz "') == ir.Match(field, "ends", (" kz",))
    assert test_of('subject is " да "') == ir.Match(field, "is", ("да",))


def test_near_with_names_is_any_combination_of_one_phrase_each() -> None:
    declared = 'phrases what { "счёт"; "акт" }\nphrases do { "оплата"; "сверка" }'
    test = test_of("text mentions all of @what, @do within 4", declared)
    assert isinstance(test, ir.AnyOf)
    written = [[p.written for p in near.phrases] for near in test.tests if isinstance(near, ir.MentionsNear)]
    assert written == [["счёт", "оплата"], ["счёт", "сверка"], ["акт", "оплата"], ["акт", "сверка"]]


# ---------------------------------------------------------------- actions

FILES = {"rules/thanks.txt": "Спасибо."}
ACTION_CASES: list[tuple[str, tuple[Action, ...]]] = [
    ("assign abon, boss", (plan.Assign("abon"), plan.Assign("boss"))),
    ("assign abon with content", (plan.Assign("abon", with_content=True),)),
    ("assign same", (plan.AssignSame(),)),
    ("also assign abon", (plan.Assign("abon", also=True),)),
    ('file "Счета/2026" with content', (plan.FileInto("Счета/2026", True),)),
    ("forward A@b.kz, c@d.kz", (plan.Forward("a@b.kz"), plan.Forward("c@d.kz"))),
    ("quarantine", (plan.Quarantine(),)),
    ('quarantine "реклама"', (plan.Quarantine("реклама"),)),
    ("discard", (plan.Discard(),)),
    ("triage", (plan.Triage(),)),
    ("propose abon", (plan.Propose("abon"),)),
    ("tag money, urgent", (plan.Tag("money"), plan.Tag("urgent"))),
    ("copy a@b.kz with content", (plan.Copy("a@b.kz", True),)),
    ("notify abon, boss with subject digest 10min", (plan.Notify("abon", True, 600), plan.Notify("boss", True, 600))),
    (
        'bitrix task "main" with content { TITLE "Акт" }',
        (plan.Bitrix("task", "main", (("TITLE", "Акт"),), True),),
    ),
    ("bitrix lead", (plan.Bitrix("lead"),)),
    ('print "front-desk"', (plan.Print("front-desk"),)),
    ('pipe "archive"', (plan.Pipe("archive"),)),
    ("sla 4h", (plan.Sla(4, "h"),)),
    ("sla 1wd in office", (plan.Sla(1, "wd", "office"),)),
    ('reply "thanks.txt"', (plan.Reply("rules/thanks.txt"),)),
    ('subject prefix "[Акт] "', (plan.SubjectPrefix("[Акт] "),)),
    ("assign abon; continue", (plan.Assign("abon"),)),
    ("tag a; tag a", (plan.Tag("a"),)),
]
PEOPLE = ABON + "person boss { email boss@x-com.kz }\nhours office { mon-fri 09:00-18:00 }\n"


@pytest.mark.parametrize(("written", "expected"), ACTION_CASES)
def test_each_action(written: str, expected: tuple[Action, ...]) -> None:
    text = f'{PEOPLE}rule "R" {{ when empty; {written} }}'
    script = sound(text, FILES).script
    assert script is not None
    assert script.rules[0].actions == expected
    assert script.rules[0].carry_on == ("continue" in written)


@pytest.mark.parametrize("word", ["reject", "defer"])
def test_each_refusal(word: str) -> None:
    script = sound(f'session rule "S" {{ when helo ends ".invalid"; {word} "нет" }}').script
    assert script is not None
    assert script.rules == ()
    assert script.session_rules[0].actions == ((plan.Reject if word == "reject" else plan.Defer)("нет"),)


def test_every_action_of_the_tables_is_lowered_by_a_test_above() -> None:
    written = {text for text, _ in ACTION_CASES}
    missing = [w for w in ACTIONS if w not in ("reject", "defer") and not any(w in text for text in written)]
    assert missing == []
    assert set(plan.ACTION_NAMES.values()) == set(ACTIONS) - {"also assign", "continue"}


# ---------------------------------------------------------------- rules


def test_rules_stand_in_the_order_of_priority_then_of_place() -> None:
    made = rules(
        'rule "weak" { priority 200; when empty; tag a }\nrule "b" { when empty; tag a }\n'
        'rule "c" { when empty; tag a }\nrule "first" { priority 1; when empty; tag a }'
    )
    assert [(rule.title, rule.priority) for rule in made] == [("first", 1), ("b", 100), ("c", 100), ("weak", 200)]


def test_modifiers_and_unless() -> None:
    (rule,) = rules('rule "R" { off until 2026-12-31; when empty unless bounce; tag a }')
    assert (rule.off_until, rule.unless, rule.observe) == (dt.date(2026, 12, 31), ir.Fact("bounce"), False)
    (rule,) = rules('rule "R" { observe; when empty\n unless bounce\n tag a }')
    assert (rule.observe, rule.unless) == (True, ir.Fact("bounce"))


def test_origins_are_the_header_and_the_tests_as_written() -> None:
    (rule,) = rules('rule "R" { when any { subject contains "a"; not empty }; tag a }')
    assert rule.origin is not None
    assert rule.origin.text == 'rule "R"'
    assert isinstance(rule.test, ir.AnyOf)
    assert [test.origin.text for test in (rule.test, *rule.test.tests) if test.origin is not None] == [
        'any { subject contains "a"; not empty }',
        'subject contains "a"',
        "not empty",
    ]


def test_equal_phrases_are_one_object() -> None:
    first, second = rules('rule "A" { when text mentions "акт"; tag a }\nrule "B" { when body mentions "акт"; tag a }')
    assert isinstance(first.test, ir.Mentions)
    assert isinstance(second.test, ir.Mentions)
    assert first.test.phrases[0] is second.test.phrases[0]


def test_actions_are_in_the_order_written() -> None:
    assert actions_of("tag b; triage; tag a") == (plan.Tag("b"), plan.Triage(), plan.Tag("a"))
