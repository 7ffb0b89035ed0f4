"""What comes back to an envelope sender of ours."""

from __future__ import annotations

import pytest

from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.relay.returned import Came, what_came

REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@mx.kz>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I'm sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kz

Final-Recipient: rfc822; buh@x.kz
{actions}
--b--
"""


def came(text: str, sender: str = "") -> tuple[Came, str]:
    return what_came(Message(text.replace("\n", "\r\n").encode()), Envelope(sender=sender))


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ("Action: failed\nStatus: 5.1.1", (Came.FAILURE, "5.1.1")),
        ("action : FAILED\nStatus: 5.2.2 (full)", (Came.FAILURE, "5.2.2")),
        ("Action: delayed\nStatus: 4.4.1", (Came.DELAY, "4.4.1")),
        ("Action: delivered\nStatus: 2.0.0", (Came.DELAY, "2.0.0")),
        ("Action: delayed\nStatus: 4.4.1\n\nAction: failed\nStatus: 5.0.0", (Came.FAILURE, "4.4.1, 5.0.0")),
        ("X-Nothing: said", (Came.FAILURE, "")),
    ],
)
def test_a_report_says_by_its_actions_what_happened(actions: str, expected: tuple[Came, str]) -> None:
    assert came(REPORT.format(actions=actions)) == expected


def test_an_automatic_answer_is_no_failure() -> None:
    answer = "From: buh@x.kz\nAuto-Submitted: auto-replied\nSubject: отпуск\n\nменя нет\n"
    assert came(answer, sender="buh@x.kz") == (Came.ANSWER, "")


@pytest.mark.parametrize("sender", ["", "postmaster@mx.kz"])
def test_what_is_none_of_these_is_taken_for_a_failure(sender: str) -> None:
    assert came("From: postmaster@mx.kz\nSubject: failure\n\nuser unknown\n", sender) == (Came.FAILURE, "")
