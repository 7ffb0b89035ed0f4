"""W5xx beyond the pages."""

from __future__ import annotations

import pytest

from sievepy.rules_lang.settings import Settings
from sievepy.text import Severity
from tests.unit.lint.programs import BARE, DEPARTMENTS, REST, TRUSTING, codes_of_rules, linted


def notes(rules: str, code: str) -> int:
    return sum(d.code == code and d.severity is Severity.NOTE for d in linted(DEPARTMENTS + rules + REST))


@pytest.mark.parametrize(
    ("condition", "is_noted"),
    [
        ('not subject mentions "счёт"', True),
        ('any { subject mentions "счёт"; size > 5MB }', True),
        ('all { size > 5MB; none { subject mentions "счёт" } }', True),
        ('any { subject mentions "счёт"; from is x.kz }', False),
        ('all { subject mentions "счёт"; size > 5MB }', False),
        ("size > 5MB", False),
        ("not mailing-list", False),
        ('bounce unless subject mentions "счёт"', False),
    ],
)
def test_rules_that_read_every_letter(condition: str, is_noted: bool) -> None:
    assert notes(f'rule "A" {{ when {condition}; tag x }}', "W501") == is_noted


@pytest.mark.parametrize(
    ("condition", "is_broad"),
    [
        ('text mentions "реклама"', True),
        ('any { from is x.kz; text mentions "реклама" }', True),
        ("not from is x.kz", True),
        ("mailing-list", True),
        ("size > 5MB", True),
        ('subject contains "viagra"', True),
        ("from is x.kz", False),
        ('all { from is x.kz; text mentions "реклама" }', False),
        ("bounce", False),
        ('header "X-Spam-Flag" is "YES"', False),
        ("spam score > 15", False),
        ("dmarc fail", False),
    ],
)
def test_broad_discards(condition: str, is_broad: bool) -> None:
    found = codes_of_rules(f'rule "A" {{ when {condition}; discard }}', TRUSTING)
    assert [code for code in found if code == "W502"] == (["W502"] if is_broad else [])


INTAKE = Settings(intake=frozenset({"info@x-com.kz"}))


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ('rule "A" { when bounce; forward INFO@x-com.kz }', 1),
        ('rule "A" { when bounce; copy info@x-com.kz }', 1),
        ('department d { email info@x-com.kz }\nrule "A" { when bounce; assign d }', 1),
        ('person p { email info@x-com.kz }\nrule "A" { when bounce; notify p }', 1),
        ('rule "A" { when bounce; forward other@x-com.kz }', 0),
    ],
)
def test_loops(text: str, loops: int) -> None:
    assert codes_of_rules(text, INTAKE) == ["W503"] * loops


@pytest.mark.parametrize(
    ("actions", "found"),
    [
        ("copy a@else.kz with content", ["W504"]),
        ("copy a@x-com.kz with content", []),
        ("copy a@else.kz", []),
        ("assign activ; copy a@x-com.kz with content", ["W505"]),
        ("assign activ; copy a@else.kz with content", ["W504"]),
        ('assign activ; file "x" with content', ["W505"]),
        ("assign activ; bitrix task with content", ["W505"]),
        ("assign buh; bitrix task with content", []),
        ("assign activ with content", []),
    ],
)
def test_content_of_restricted_departments(actions: str, found: list[str]) -> None:
    assert [c for c in codes_of_rules(f'rule "A" {{ when bounce; {actions} }}') if c in ("W504", "W505")] == found


@pytest.mark.parametrize(
    ("condition", "settings", "keys"),
    [
        ("spam score > 5", BARE, ["hops"]),
        ("client ip in 10.0.0.0/8", BARE, ["hops"]),
        ("spf fail", BARE, ["hops"]),
        ("verified", BARE, ["hops"]),
        ("spf fail", Settings(trusted_hops=1), ["authserv-id"]),
        ("verified", Settings(trusted_hops=1), ["authserv-id"]),
        ("spam score > 5", Settings(trusted_hops=1), []),
        ("spf fail", TRUSTING, []),
        ("size > 5MB", BARE, []),
        ("all { spf fail; dkim fail; client ip in 10.0.0.0/8 }", BARE, ["hops"]),
    ],
)
def test_facts_that_nobody_may_believe(condition: str, settings: Settings, keys: list[str]) -> None:
    found = [d for d in linted(f'rule "A" {{ when {condition}; triage }}{REST}', settings) if d.code == "W507"]
    assert [d.message.split("`")[1] for d in found] == keys


def test_a_session_sees_the_client_itself() -> None:
    assert codes_of_rules('session rule "A" { when client ip in 10.0.0.0/8; defer "later" }') == []


@pytest.mark.parametrize(
    ("rule", "is_forgeable"),
    [
        ('when text mentions "реклама" unless from is x.kz; quarantine', True),
        ('when all { text mentions "реклама"; not from is x.kz }; quarantine', True),
        ('when text mentions "реклама" unless any { from is x.kz; bounce }; quarantine', True),
        ('when text mentions "реклама" unless all { from is x.kz; verified }; quarantine', False),
        ('when text mentions "реклама" unless all { from is x.kz; size > 1MB }; quarantine', True),
        ('when text mentions "реклама" unless bounce; quarantine', False),
        ('when text mentions "реклама" unless from is x.kz; assign buh', False),
        ("when from is x.kz; quarantine", False),
    ],
)
def test_exemptions_by_a_forgeable_address(rule: str, is_forgeable: bool) -> None:
    assert codes_of_rules(f'rule "A" {{ {rule} }}', TRUSTING) == (["W508"] if is_forgeable else [])


def test_deadlines_are_noted_once() -> None:
    rules = 'department d { email d@x-com.kz; sla 4h }\nrule "A" { when bounce; assign d; sla 2h }'
    assert notes(rules, "W509") == 1
    assert not [d for d in linted(DEPARTMENTS + rules + REST, Settings(sla_clock=True)) if d.code == "W509"]


@pytest.mark.parametrize(
    ("guard", "open_to"),
    [
        ("", "auto-reply bounce mailing-list"),
        ("unless any { auto-reply; bounce; mailing-list }", ""),
        ("unless any { auto-reply; bounce }", "mailing-list"),
        ("unless all { auto-reply; bounce; mailing-list }", "auto-reply bounce mailing-list"),
    ],
)
def test_replies_to_machines(guard: str, open_to: str) -> None:
    rules = f'rule "A" {{ when subject mentions "счёт" {guard}; assign buh; reply "ok.txt" }}'
    found = [d.message for d in linted(DEPARTMENTS + rules + REST) if d.code == "W510"]
    assert [" ".join(message.split("`")[1::2]) for message in found] == ([open_to] if open_to else [])
