"""A test's letter is built as a mail program would send it, and read back as it was meant."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.ir.cases import CaseAttachment, CaseHeader, CaseLetter
from sievepy.mail.letter import Letter
from sievepy.mail.message import Message
from sievepy.mail.trust import Trust
from sievepy.ruletest.compose import compose

ZONE = dt.timezone(dt.timedelta(hours=5))


def no_file(path: str) -> bytes:
    raise FileNotFoundError(path)


def made(letter: CaseLetter, hops: int = 1) -> Letter:
    done = compose(letter, zone=ZONE, hops=hops, to="info@test.example", read=no_file)
    return Letter(Message(done.data), envelope=done.envelope, trust=Trust(hops), zone=ZONE)


def test_the_defaults_are_those_of_the_language() -> None:
    letter = made(CaseLetter(body="x"))
    assert letter.addresses("from").values == ("user@test.example",)
    assert letter.addresses("envelope-to").values == ("info@test.example",)
    received = letter.received_at()
    assert received is not None
    assert received.isoformat() == "2026-01-15T12:00:00+05:00"


def test_text_in_any_letters_comes_through() -> None:
    text = "Сәлеметсіз бе! Счёт — «на оплату»\nвторая строка\n.\n"
    letter = made(CaseLetter(subject="Қазан айы " * 20, body=text))
    assert [s.clean for s in letter.view("subject").segments] == [("Қазан айы " * 20).strip()]
    assert [s.clean for s in letter.view("body").segments] == [" ".join(text.split())]


def test_an_untrusted_header_stands_below_our_servers() -> None:
    headers = (CaseHeader("X-Spam-Score", "9"), CaseHeader("X-Spam-Score", "1", untrusted=True))
    assert made(CaseLetter(headers=headers)).number("spam-score") == 9
    assert made(CaseLetter(headers=headers[1:])).number("spam-score") is None
    assert len(made(CaseLetter(headers=headers)).view("header", "x-spam-score").segments) == 2


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_the_client_is_the_one_of_the_session(hops: int) -> None:
    letter = made(CaseLetter(client_ip="198.51.100.9", helo="mx.example"), hops)
    assert str(letter.client_ip()) == "198.51.100.9"
    assert [s.clean for s in letter.view("helo").segments] == ["mx.example"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.pdf", "pdf"), ("photo.JPG", "image"), ("a.zip", "archive"), ("s.exe", "executable"), ("b.docx", "office"),
     ("x.heic", "image"), ("ip.csv", "text"), ("old.eml", "letter")],
)  # fmt: skip
def test_an_attachment_is_what_its_name_says(name: str, kind: str) -> None:
    (item,) = made(CaseLetter(body="x", attachments=(CaseAttachment(name),))).attachments.items
    assert [s.clean for s in item.view("attachment-name").segments] == [name]
    assert item.kind == kind


def test_the_null_sender() -> None:
    assert made(CaseLetter(envelope_from="")).addresses("envelope-from").values == ("",)
    assert made(CaseLetter(sender="Имя <a@b.example>")).addresses("envelope-from").values == ("a@b.example",)
