"""Facts that a letter's headers and shape tell."""

from __future__ import annotations

import pytest

from sievepy.mail.envelope import Envelope
from tests.unit.mail.letters import letter


def with_header(line: str) -> str:
    return f"From: a@b.example\n{line}\n\nhello there\n"


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("List-Id: News <news.shop.example>", "mailing-list"),
        ("Precedence: list", "mailing-list"),
        ("list-unsubscribe: <mailto:off@shop.example>", "mailing-list"),
        ("Auto-Submitted: auto-replied (vacation)", "auto-reply"),
        ("Auto-Submitted: Auto-Replied; owner-email=a@b.example", "auto-reply"),
        ("X-Autoreply: yes", "auto-reply"),
        ("Precedence: auto_reply", "auto-reply"),
        ("Subject: Автоответ: Re: Ваше обращение", "auto-reply"),
        ("Subject: =?utf-8?b?0JDQstGC0L7QvtGC0LLQtdGC?=: x", "auto-reply"),
        ("Subject: Out of Office: Re: act", "auto-reply"),
        ("Auto-Submitted: auto-generated", "auto-generated"),
        ("Auto-Submitted: auto-notified", "auto-generated"),
    ],
)
def test_sign_of(line: str, fact: str) -> None:
    assert letter(with_header(line)).fact(fact) is True
    assert letter(with_header("Subject: hello")).fact(fact) is False


def test_automatic_letters_are_told_apart() -> None:
    replied, generated = (letter(with_header(f"Auto-Submitted: {v}")) for v in ("auto-replied", "auto-generated"))
    assert replied.fact("auto-generated") is False
    assert generated.fact("auto-reply") is False
    assert letter(with_header("Auto-Submitted: no")).fact("auto-generated") is False


def test_a_subject_that_only_speaks_of_automatic_answers_is_none() -> None:
    assert letter(with_header("Subject: Как включить автоответ")).fact("auto-reply") is False


REPORT = """\
    From: MAILER-DAEMON@mx.example
    Content-Type: multipart/report; report-type={kind}; boundary=b

    --b
    Content-Type: text/plain

    could not be delivered
    --b
    Content-Type: message/{part}

    Status: 5.1.1
    --b--
    """


def test_a_bounce_is_a_status_report_to_nobody() -> None:
    text = REPORT.format(kind="delivery-status", part="delivery-status")
    assert letter(text, envelope=Envelope(sender="")).fact("bounce") is True
    assert letter(text, envelope=Envelope(sender="a@b.example")).fact("bounce") is False
    assert letter(text).fact("bounce") is True, "without an envelope the report alone decides"
    assert letter("From: a@b.example\n\nhi\n", envelope=Envelope(sender="")).fact("bounce") is False


def test_a_feedback_report_is_never_a_bounce() -> None:
    text = REPORT.format(kind="feedback-report", part="feedback-report")
    assert letter(text, envelope=Envelope(sender="")).fact("bounce") is False


def test_empty_means_no_words_of_ones_own() -> None:
    assert letter("From: a@b.example\nSubject:\n\n\n").fact("empty") is True
    assert letter("From: a@b.example\nSubject: hi\n\n\n").fact("empty") is False
