"""What counts as an attachment, and what can be asked of one."""

from __future__ import annotations

import base64

from sievepy.mail.view import View
from tests.unit.mail.letters import letter

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").decode()


def texts(view: View) -> list[str]:
    return [segment.clean for segment in view.segments]


def mixed(*parts: str) -> str:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n{body}--b--\n"


TEXT = "Content-Type: text/plain; charset=utf-8\n\nhello"


def test_a_letter_without_attachments_has_none() -> None:
    assert letter("From: a@b.example\n\nhello\n").attachments.items == ()
    assert letter(mixed(TEXT)).exists("attachment") is False


def test_a_file_name_makes_an_attachment_and_so_does_the_disposition() -> None:
    named = 'Content-Type: application/pdf; name="act.pdf"\n\n%PDF-1.7'
    disposed = "Content-Type: text/plain\nContent-Disposition: attachment\n\nlog"
    found = letter(mixed(TEXT, named, disposed)).attachments
    assert found.complete
    assert [texts(a.view("attachment-name")) for a in found.items] == [["act.pdf"], []]
    assert [a.kind for a in found.items] == ["pdf", "text"]
    assert letter(mixed(TEXT, named)).exists("attachment") is True


def test_the_kind_is_read_off_the_bytes_and_the_type_is_what_was_declared() -> None:
    disguised = 'Content-Type: application/pdf; name="act.pdf"\nContent-Transfer-Encoding: base64\n\nTVqQAAMAAAA='
    (item,) = letter(mixed(TEXT, disguised)).attachments.items
    assert texts(item.view("attachment-type")) == ["application/pdf"]
    assert texts(item.view("attachment-kind")) == ["executable"]
    assert item.size == 8


def test_an_image_that_the_page_shows_is_none_and_one_that_it_does_not_show_is_one() -> None:
    page = 'Content-Type: text/html\n\n<p>hi <img src="cid:logo@x"></p>'
    logo = f"Content-Type: image/png; name=logo.png\nContent-ID: <logo@x>\nContent-Transfer-Encoding: base64\n\n{PNG}"
    other = logo.replace("logo@x", "photo@x").replace("logo.png", "photo.png")
    items = letter(mixed(page, logo, other)).attachments.items
    assert [texts(a.view("attachment-name")) for a in items] == [["photo.png"]]


def test_an_attached_letter_counts_and_so_do_its_parts() -> None:
    inner = mixed(TEXT, 'Content-Type: text/csv; name="ips.csv"\n\n1,2').replace("--b", "--c").replace("=b", "=c")
    attached = f'Content-Type: message/rfc822; name="old.eml"\n\n{inner}'
    items = letter(mixed(TEXT, attached)).attachments.items
    assert [texts(a.view("attachment-name")) for a in items] == [["old.eml"], ["ips.csv"]]
    assert items[0].kind == "letter"


def test_the_words_of_a_pdf_are_unknown_and_those_of_a_log_are_read() -> None:
    log = 'Content-Type: application/octet-stream; name="ban.log"\n\nBan 91.235.177.14'
    pdf = 'Content-Type: application/pdf; name="act.pdf"\n\n%PDF-1.7'
    photo = f'Content-Type: image/png; name="p.png"\nContent-Transfer-Encoding: base64\n\n{PNG}'
    views = [a.view("attachment-text") for a in letter(mixed(TEXT, log, pdf, photo)).attachments.items]
    assert [(texts(v), v.complete) for v in views] == [(["Ban 91.235.177.14"], True), ([], False), ([], True)]


def test_a_letter_that_is_nothing_but_a_file_has_one_attachment() -> None:
    bare = "From: a@b.example\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n\n%PDF-1.7"
    assert len(letter(bare).attachments.items) == 1
