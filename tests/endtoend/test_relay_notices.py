"""The real relay and a mail server behind it: who is told of letters, how much, and what the server is not given."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sievepy.mail.message import Message
from tests.endtoend.relays import PATIENCE, Arrived, RawSink, Site, letter, running, wait

RULES = """
department buh "Бухгалтерия" { email buh@x-com.kz; notify boss }
person anna { email anna@x-com.kz }
person boss { email boss@x-com.kz }
rule "Акты" { when subject contains "акт"; assign buh }
rule "Сводка" { when subject contains "акт"; notify anna with subject digest 10min }
rule "Сразу" { when subject contains "договор"; notify anna with subject }
otherwise { triage }
"""
CANARY = "договор-канарейка"


class Office:
    """A relay with rules that notify, and the server it sends to."""

    def __init__(self, home: Path, *extensions: str) -> None:
        self.sink = RawSink()
        self.sink.extensions = ["8BITMIME", *extensions]
        self.sink.start()
        self.site = Site(home, email=f'host = "127.0.0.1"\nport = {self.sink.port}\ntls = "none"')
        self.site.write_rules(RULES)

    def to(self, address: str, count: int = 1) -> list[str]:
        """The texts of the letters that came for it, once there are so many."""
        wait(lambda: len(self._for(address)) >= count)
        return [text_of(one) for one in self._for(address)]

    def _for(self, address: str) -> list[Arrived]:
        return [one for one in self.sink.arrived if one.recipient == address]

    def ehlo(self) -> list[str]:
        with smtplib.SMTP("127.0.0.1", self.site.smtp, timeout=PATIENCE) as client:
            client.ehlo("client.b.kz")
            return sorted(f"{name} {value}".strip().upper() for name, value in client.esmtp_features.items())


def text_of(arrived: Arrived) -> str:
    (text,) = [part.text().text for part in Message(arrived.data).parts() if part.type == "text/plain"]
    return text.replace("\r\n", "\n")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    with running(made.site):
        yield made
    made.sink.close()


def test_a_digest_survives_a_crash_and_tells_of_all_in_one_letter(office: Office) -> None:
    site = office.site
    ids = [site.send(letter(f"акт {number}", "текст", number)) for number in range(3)]
    assert len(office.to("boss@x-com.kz", 3)) == 3  # the department's own notices wait for nobody
    site.kill()
    site.start()
    ids.append(site.send(letter("акт 4", "текст", 4)))
    office.to("boss@x-com.kz", 4)
    assert site.command("queue", "flush").stdout == "4 deliveries are due now\n"
    (text,) = office.to("anna@x-com.kz")
    told = zip(ids, (0, 1, 2, 4), strict=True)
    lines = [f"Queue id: {id}\nDepartment: buh\nRule: Сводка\nSubject: акт {n}\n" for id, n in told]
    assert text == "4 letters came.\n\n" + "\n".join(lines)
    wait(lambda: '"queued"' not in site.command("queue", "list", "--json").stdout)
    assert len(office.to("anna@x-com.kz")) == 1


def test_a_subject_is_told_where_a_rule_says_so_and_kept_out_of_log_and_journal(office: Office) -> None:
    site = office.site
    id = site.send(letter(CANARY, "текст", 1))
    assert office.to("anna@x-com.kz") == [f"A letter came.\n\nQueue id: {id}\nRule: Сразу\nSubject: {CANARY}\n"]
    said = [site.command(*words).stdout for words in (("trace", id), ("queue", "show", id, "--json"))]
    for text in (site.log(), *said):
        assert id in text
    for text in (site.log(), site.page("/metrics")[1], *said):
        assert CANARY not in text


def test_the_subject_of_a_letter_with_a_picture_is_not_told(office: Office) -> None:
    lines = [
        "From: client@b.kz",
        f"Subject: =?utf-8?b?{base64.b64encode(CANARY.encode()).decode()}?=",
        'Content-Type: application/octet-stream; name="x.bin"',
        "Content-Transfer-Encoding: base64",
        "",
        base64.b64encode(b"\xff\xd8\xff\xe0 as pictures begin").decode(),
        "",
    ]
    data = "\r\n".join(lines).encode()
    id = office.site.send(data)
    assert office.to("anna@x-com.kz") == [f"A letter came.\n\nQueue id: {id}\nRule: Сразу\n"]


def test_a_letter_too_large_for_the_server_is_held_and_a_person_reads_where_it_lies(tmp_path: Path) -> None:
    office = Office(tmp_path, "SIZE 20000")
    site = office.site
    with running(site):
        assert "SIZE 10000" in office.ehlo()  # less than the server's own limit: our fields need room
        data = letter("акт", "текст\r\n" * 4000, 1)
        id = site.send(data)
        (alarm,) = site.wait_for("Triage")
        assert f"Letter: {id}\r\n".encode() in alarm
        assert f"`sievepy queue export {id}`".encode() in alarm
        assert b"20000" in alarm
        assert site.command("queue", "export", id).stdout.encode() == data.replace(b"\r\n", b"\n")
        assert "held" in site.command("queue", "list").stdout
        assert office._for("buh@x-com.kz") == []
    office.sink.close()


@pytest.mark.parametrize(("extensions", "expected"), [(["8BITMIME"], True), ([], False)])
def test_what_is_offered_is_what_the_server_behind_can_do(
    tmp_path: Path, extensions: list[str], expected: bool
) -> None:
    office = Office(tmp_path)
    office.sink.extensions = extensions
    with running(office.site):
        offered = office.ehlo()
        assert ("8BITMIME" in offered) is expected
        assert f"SIZE {35 << 20}" in offered
        assert "SMTPUTF8" not in offered
    office.sink.close()


def test_a_server_that_nobody_reached_promises_nothing_until_it_is_heard_of(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.sink.close()
    with running(office.site):
        assert "8BITMIME" not in office.ehlo()
