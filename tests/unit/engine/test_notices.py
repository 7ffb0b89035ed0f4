"""Who is told of a letter, and that no subject of a letter with somebody's documents is repeated."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.engine.context import EvalContext
from sievepy.engine.program import build
from sievepy.ir.conditions import Fact, Not
from sievepy.ir.script import Channel, Department, Rule, Script
from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.mail.trust import NO_TRUST
from sievepy.plan import Action, Assign, Notify, Plan, Quarantine, Triage

CHANNEL = (Channel("email", "x@x.kz"),)
DEPARTMENTS = (
    Department("buh", None, CHANNEL, notify=("anna", "boss")),
    Department("ip", None, CHANNEL),
    Department("activ", None, CHANNEL, restricted=True, notify=("anna",)),
)
PLAIN = b"Subject: x\r\n\r\nbody\r\n"
ANNA = Notify("anna", with_subject=True)


def with_part(*headers: str, body: str = "x") -> bytes:
    lines = ["Subject: x", 'Content-Type: multipart/mixed; boundary="b"', "", "--b", *headers, "", body, "--b--", ""]
    return "\r\n".join(lines).encode("latin-1")


def planned(*actions: Action, data: bytes = PLAIN) -> Plan:
    rules = tuple(Rule(f"rule {n}", Not(Fact("mailing-list")), (a,), carry_on=True) for n, a in enumerate(actions, 1))
    program = build(Script(rules, (Triage(),), departments=DEPARTMENTS))
    context = EvalContext(dt.datetime(2026, 1, 15, tzinfo=dt.UTC), dt.UTC, Envelope(), NO_TRUST)
    plan = program.evaluate(Message(data), context)
    assert program.trace(Message(data), context).plan == plan
    return plan


def told(plan: Plan) -> list[tuple[Action, tuple[str, ...]]]:
    return [(p.action, p.rules) for p in plan.actions if isinstance(p.action, Notify)]


def test_a_department_s_own_notices_tell_of_each_letter_it_gets() -> None:
    assert told(planned(Assign("buh"))) == [(Notify("anna"), ("rule 1",)), (Notify("boss"), ("rule 1",))]
    assert told(planned(Assign("ip"))) == []


def test_whom_a_rule_notifies_too_is_told_once() -> None:
    plan = planned(Assign("buh"), Notify("boss"), Assign("activ", also=True))
    assert told(plan) == [(Notify("boss"), ("rule 2", "rule 1")), (Notify("anna"), ("rule 1", "rule 3"))]


def test_a_letter_that_the_department_does_not_get_is_not_told_of() -> None:
    plan = planned(Assign("buh"), Quarantine())
    assert told(plan) == []
    assert plan.kept == ()


PICTURED = [
    with_part('Content-Type: image/jpeg; name="scan.jpg"', "Content-Disposition: attachment"),
    with_part('Content-Type: application/pdf; name="x.pdf"', "Content-Disposition: attachment"),
    with_part('Content-Type: application/octet-stream; name="x"', body="%PDF-1.7"),
    with_part("Content-Disposition: attachment; filename=x.bin", body="\xff\xd8\xff\xe0"),
    with_part('Content-Type: IMAGE/X-UNHEARD-OF; name="x"', "Content-Disposition: attachment"),
]


@pytest.mark.parametrize("data", PICTURED)
def test_no_subject_of_a_letter_with_pictures_or_pdf_files(data: bytes) -> None:
    plan = planned(Assign("ip"), ANNA, data=data)
    assert told(plan) == [(Notify("anna"), ("rule 2",))]
    (note,) = plan.notes
    assert (note.text, note.rule) == (
        "notify anna: without the subject, the letter has a picture or a PDF file",
        "rule 2",
    )


@pytest.mark.parametrize("data", [PLAIN, with_part("Content-Disposition: attachment; filename=price.csv", body="a;b")])
def test_the_subject_of_other_letters_stays(data: bytes) -> None:
    assert told(planned(Assign("ip"), ANNA, data=data)) == [(ANNA, ("rule 2",))]


def test_no_subject_where_not_all_was_read() -> None:
    parts = "".join("--b\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\na\r\n" for _ in range(2000))
    data = f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n{parts}--b--\r\n'.encode()
    assert not Message(data).parts_complete
    plan = planned(Assign("ip"), ANNA, data=data)
    assert told(plan) == [(Notify("anna"), ("rule 2",))]
    assert "not all of the letter's attachments were read" in plan.notes[-1].text


def test_two_notices_that_become_one_are_one() -> None:
    plan = planned(Assign("ip"), ANNA, Notify("anna"), data=PICTURED[0])
    assert told(plan) == [(Notify("anna"), ("rule 2", "rule 3"))]


def test_a_restricted_department_s_letter_tells_no_subject() -> None:
    assert told(planned(Assign("activ"), ANNA)) == [(Notify("anna"), ("rule 2", "rule 1"))]


def test_what_quarantine_keeps_back_has_no_such_subject_either() -> None:
    plan = planned(Quarantine(), ANNA, data=PICTURED[0])
    assert [p.action for p in plan.kept] == [Notify("anna")]
