"""What `explain` shows: the answer of each rule, the test that settled it, the words it met under a caret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from sievepy.cli.explanation import as_object, as_text, why_not
from sievepy.compiler import compile_file
from sievepy.engine import EvalContext, build
from sievepy.engine.tracing import Trace
from sievepy.mail.message import Message

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
RULES = """
department buh { email buh@x-com.kz }
department ip { email ip@x-com.kz }
network ours { 91.235.177.0/24 }

rule "Адреса" { when content has ip in @ours; also assign ip }
rule "Спам" { when spam score > 5; quarantine }
rule "Акты" {
    when any {
        subject mentions "акт … сверки"
        attachment { name mentions "акт"; kind is pdf }
    }
    unless from is staff@x-com.kz
    assign buh; tag money
}
rule "Потом" { off until 2030-01-01; when subject exists; also assign ip }
rule "Смотрим" { observe; when subject exists; also assign ip }
rule "Ниже" { when subject contains "сверк"; assign ip }
otherwise { triage }
"""


@pytest.fixture
def trace() -> Callable[..., Trace]:
    """Judges a letter by the rules above, or others."""

    def of(letter: str, rules: str = RULES) -> Trace:
        compilation = compile_file("a.rules", lambda path: rules.encode())
        assert compilation.script is not None, compilation.diagnostics
        message = Message(letter.replace("\n", "\r\n").encode())
        return build(compilation.script).trace(message, EvalContext(NOW, dt.UTC))

    return of


ACT = "From: ann@y.kz\nSubject: =?utf-8?b?{}?=\n\nадрес 91.235.177.5, спасибо\n".format(
    "0J/RgNC+0YjRgyDQsNC60YLRiyDQuCDRgdCy0LXRgNC60Lgg0LfQsCAyMDI1"  # Прошу акты и сверки за 2025
)
NO_SPAM = RULES.replace('rule "Спам" { when spam score > 5; quarantine }\n', "")


def text(trace: Trace, name: str = "a.eml") -> list[str]:
    return [line.rstrip() for line in as_text(trace, name)]


def test_a_rule_that_holds_shows_what_it_met_under_a_caret(trace: Callable[..., Trace]) -> None:
    lines = text(trace(ACT, NO_SPAM))
    assert lines[0] == "a.eml: assign ip, buh"
    at = lines.index('yes      "Адреса"  a.rules:6:1')
    assert lines[at + 1 : at + 4] == [
        "         content has ip in @ours: yes",
        "           content 1  адрес 91.235.177.5, спасибо",
        "                            ^^^^^^^^^^^^",
    ]
    at = lines.index('yes      "Акты"  a.rules:7:1')
    assert lines[at + 1 : at + 4] == [
        '         subject mentions "акт … сверки": yes',
        "           subject  Прошу акты и сверки за 2025",
        "                          ^^^^^^^^^^^^^",
    ]


def test_what_was_compared_stands_beside_the_caret_where_it_differs(trace: Callable[..., Trace]) -> None:
    rules = 'rule "a" { when subject contains "ёлка"; quarantine }\notherwise { triage }\n'
    lines = text(trace("Subject: ЁЛКА\n\nx\n", rules))
    assert "                    ^^^^ елка" in lines


def test_a_rule_that_does_not_hold_names_the_test_that_settled_it(trace: Callable[..., Trace]) -> None:
    lines = text(trace("From: a@b.kz\nSubject: other\n\nx\n", NO_SPAM))
    at = lines.index('no       "Адреса"  a.rules:6:1')
    assert lines[at + 1] == "         content has ip in @ours: no"


def test_what_is_not_known_is_said_with_the_reason_in_the_plan(trace: Callable[..., Trace]) -> None:
    lines = text(trace(ACT))
    at = lines.index('unknown  "Спам"  a.rules:7:1')
    assert lines[at + 1] == "         spam score > 5: unknown"
    assert any("could not be answered" in line for line in lines[lines.index("notes") :])
    assert 'yes      "Акты" (decided above)  a.rules:8:1' in lines


def test_rules_without_a_turn_are_answered_and_marked(trace: Callable[..., Trace]) -> None:
    lines = text(trace(ACT, NO_SPAM))
    assert any(line.startswith('yes      "Потом" (off)') for line in lines)
    assert any(line.startswith('yes      "Смотрим" (only observed)') for line in lines)
    assert any(line.startswith('yes      "Ниже" (decided above)') for line in lines)


def test_the_plan_with_the_rules_that_asked(trace: Callable[..., Trace]) -> None:
    lines = text(trace(ACT, NO_SPAM))
    plan = lines[lines.index("plan") :]
    assert plan[1:4] == ['  also assign ip  by "Адреса"', '  assign buh  by "Акты"', '  tag money  by "Акты"']


def test_long_texts_are_shown_around_the_match(trace: Callable[..., Trace]) -> None:
    rules = 'rule "a" { when body contains "иголка"; quarantine }\notherwise { triage }\n'
    shown = next(
        line for line in text(trace(f"Subject: a\n\n{'сено ' * 50}иголка {'сено ' * 50}\n", rules)) if "…" in line
    )
    assert len(shown) < 120
    assert shown.count("…") == 2 and "иголка" in shown


def test_letters_cannot_steer_the_terminal(trace: Callable[..., Trace]) -> None:
    rules = 'rule "a" { when from name contains "a"; quarantine }\notherwise { triage }\n'
    lines = text(trace('From: "a\x1b[2J" <a@b.kz>\n\nx\n', rules), "name\x1b[2J.eml")
    assert "\x1b" not in "".join(lines)


# ---------------------------------------------------------------- why not


@pytest.mark.parametrize(
    ("title", "letter", "verdict"),
    [
        ("Акты", ACT, "it holds, and it acted"),
        ("Акты", ACT.replace("ann@y.kz", "staff@x-com.kz"), "it does not hold: its `unless` does"),
        ("Акты", "Subject: x\n\nx\n", "it does not hold"),
        ("Ниже", ACT, 'it holds, but a rule above decided: "Адреса", "Акты"'),
        ("Потом", ACT, "it holds, but it is off until 2030-01-01"),
        ("Смотрим", ACT, "it holds, and is only observed"),
    ],
)
def test_why_not(trace: Callable[..., Trace], title: str, letter: str, verdict: str) -> None:
    found = trace(letter, NO_SPAM)
    rule = found.rule(title)
    assert rule is not None
    assert list(why_not(rule, found.plan))[-1].strip() == verdict


def test_why_not_of_what_is_unknown(trace: Callable[..., Trace]) -> None:
    found = trace(ACT)
    rule = found.rule("Спам")
    assert rule is not None
    assert list(why_not(rule, found.plan))[-1].strip() == "it cannot be answered: something was not known"


def test_why_not_shows_every_test(trace: Callable[..., Trace]) -> None:
    found = trace("From: a@b.kz\nSubject: x\n\nx\n", NO_SPAM)
    rule = found.rule("Акты")
    assert rule is not None
    lines = list(why_not(rule, found.plan))
    assert '  when   subject mentions "акт … сверки": no' in lines
    assert any(line.startswith("  when   attachment {") for line in lines)
    assert "  unless from is staff@x-com.kz: no" in lines


# ---------------------------------------------------------------- for programs


def test_as_data(trace: Callable[..., Trace]) -> None:
    found = as_object(trace(ACT, NO_SPAM), "a.eml")
    assert found["source"] == "a.eml"
    rule = next(rule for rule in found["rules"] if rule["rule"] == "Акты")
    assert (rule["answer"], rule["standing"], rule["acted"], rule["place"]) == ("yes", "judged", True, "a.rules:7:1")
    assert rule["decided_by"]["hits"] == [
        {
            "field": "subject",
            "part": "subject",
            "start": 6,
            "end": 19,
            "matched": "акты и сверки",
            "normal": "акты и сверки",
        }
    ]
    assert found["plan"]["departments"] == ("ip", "buh")
    assert found["plan"]["actions"][0] == {
        "action": "assign", "department": "ip", "also": True, "with_content": False, "rules": ("Адреса",),
    }  # fmt: skip
