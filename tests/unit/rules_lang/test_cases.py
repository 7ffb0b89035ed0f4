"""Tests beside rules: each line and each expectation, lowered; and tests that cannot fail or contradict themselves."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy import plan
from sievepy.ir.cases import Case, CaseAttachment, CaseHeader, CaseLetter, Expect
from tests.unit.rules_lang.programs import ABON, errors, sound

RULE = 'rule "Акты" { when subject mentions "акт"; assign abon; tag money }\n'


def case(lines: str, files: dict[str, str] | None = None) -> Case:
    (found,) = sound(f'{ABON}{RULE}test "T" {{ {lines} }}', files).cases
    return found


@pytest.mark.parametrize(
    ("line", "letter"),
    [
        ("from a@b.kz", CaseLetter(sender="a@b.kz")),
        ('from "Иван <a@b.kz>"', CaseLetter(sender="Иван <a@b.kz>")),
        ('from "MAILER-DAEMON"', CaseLetter(sender="MAILER-DAEMON")),
        ("to info@x-com.kz", CaseLetter(to="info@x-com.kz")),
        ('subject "Акт"', CaseLetter(subject="Акт")),
        ('body "Да"', CaseLetter(body="Да")),
        ('body """\n    Да\n      нет\n    """', CaseLetter(body="Да\n  нет\n")),
        ('header "X-A" "1"', CaseLetter(headers=(CaseHeader("X-A", "1"),))),
        ('header "X-A" "1" untrusted', CaseLetter(headers=(CaseHeader("X-A", "1", untrusted=True),))),
        ('attachment "a.pdf"', CaseLetter(attachments=(CaseAttachment("a.pdf"),))),
        (
            'attachment "a.pdf" type "application/pdf" text "Акт"',
            CaseLetter(attachments=(CaseAttachment("a.pdf", "application/pdf", "Акт"),)),
        ),
        ("at 2026-11-21 23:30", CaseLetter(at=dt.datetime(2026, 11, 21, 23, 30))),
        ("envelope-from a@b.kz", CaseLetter(envelope_from="a@b.kz")),
        ("envelope-from <>", CaseLetter(envelope_from="")),
        ("envelope-to a@b.kz, c@d.kz", CaseLetter(envelope_to=("a@b.kz", "c@d.kz"))),
        ("client-ip 91.235.177.5", CaseLetter(client_ip="91.235.177.5")),
        ("helo mail.b.kz", CaseLetter(helo="mail.b.kz")),
        ("source imap", CaseLetter(source="imap")),
        ('folder "SPAM"', CaseLetter(folder="SPAM")),
        ("known abon", CaseLetter(known=("abon",))),
        ("verified", CaseLetter(verified=True)),
    ],
)
def test_each_line_of_a_letter(line: str, letter: CaseLetter) -> None:
    assert case(f"{line}\nexpect triage").letter == letter


def test_the_path_of_a_message_is_as_the_reader_of_files_takes_it() -> None:
    assert case('message "letters/a.eml"\nexpect triage').letter.message == "rules/letters/a.eml"


@pytest.mark.parametrize(
    ("written", "outcomes"),
    [
        ("assign abon", (plan.Assign("abon"),)),
        ("assign same", (plan.AssignSame(),)),
        ("also assign abon", (plan.Assign("abon", also=True),)),
        ('file "A/B"', (plan.FileInto("A/B"),)),
        ("forward", (plan.Forward(""),)),
        ("forward a@b.kz", (plan.Forward("a@b.kz"),)),
        ("quarantine", (plan.Quarantine(),)),
        ("discard", (plan.Discard(),)),
        ("triage", (plan.Triage(),)),
        ("propose abon", (plan.Propose("abon"),)),
        ("reject", (plan.Reject(""),)),
        ("defer", (plan.Defer(""),)),
        ("tag money, urgent", (plan.Tag("money"), plan.Tag("urgent"))),
        ('reply "never-written.txt"', (plan.Reply("rules/never-written.txt"),)),
        ('rule "Акты"', ("Акты",)),
        ('rule "otherwise"', ("otherwise",)),
    ],
)
def test_each_expectation(written: str, outcomes: tuple[plan.Action | str, ...]) -> None:
    assert case(f"expect {written}").expects == tuple(Expect(outcome) for outcome in outcomes)
    assert case(f"expect not {written}").expects == tuple(Expect(outcome, negated=True) for outcome in outcomes)


def test_a_case_has_its_title_and_places() -> None:
    found = case('subject "Акт"\nexpect assign abon')
    assert found.title == "T"
    assert found.origin is not None
    assert found.origin.text == 'test "T"'
    assert [e.origin.text for e in found.expects if e.origin is not None] == ["expect assign abon"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ('subject "a"', "E146"),
        ('subject "a"; subject "b"; expect triage', "E145"),
        ('message "a.eml"; subject "b"; expect triage', "E145"),
        ('message "a.eml"; attachment "b.pdf"; expect triage', "E145"),
        ("expect continue", "E145"),
        ('expect rule "Счета"', "E101"),
        ("expect assign gone", "E101"),
        ("known gone; expect triage", "E101"),
        ("from nobody; expect triage", "E050"),
        ("envelope-to nobody; expect triage", "E050"),
        ("client-ip 1.2.3; expect triage", "E052"),
        ("source pop3; expect triage", "E061"),
        ("at 21.11.2026 23:30; expect triage", "E057"),
        ("at 2026-11-21 25:30; expect triage", "E056"),
        ('header "X A" "1"; expect triage', "E063"),
        ('message "../../a.eml"; expect triage', "E112"),
    ],
)
def test_each_mistake_of_a_test(lines: str, code: str) -> None:
    assert errors(f'{ABON}{RULE}test "T" {{ {lines} }}') == [code]


def test_headers_and_attachments_may_stand_several_times() -> None:
    found = case('header "X" "1"; header "X" "2"; attachment "a.pdf"; attachment "b.pdf"; expect triage').letter
    assert [h.value for h in found.headers] == ["1", "2"]
    assert [a.name for a in found.attachments] == ["a.pdf", "b.pdf"]
