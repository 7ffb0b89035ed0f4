"""The relay behind a real Postfix, configured by the very blocks of docs/operations/placement.md."""

from __future__ import annotations

import os
import re
import shutil
import smtplib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endtoend import postfix
from tests.endtoend.relays import ROOT, RULES, Site, free_port, letter, running, wait

PAGE = (ROOT / "docs/operations/placement.md").read_text(encoding="utf-8")
MAILBOXES = ("info", "buh", "dispatcher")
OURS = """
myhostname = mail.x-com.kz
mydestination =
virtual_mailbox_domains = x-com.kz
virtual_mailbox_base = {mail}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_alias_maps = inline:{{ {{ activ@x-com.kz = gone@x-com.kz }} }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
address_verify_poll_delay = 1s
"""
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix is started by root only")


def block(kind: str) -> str:
    """The first block of this kind."""
    found = re.search(rf"^```{re.escape(kind)}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


class Pair:
    """Postfix at `port`, and the relay of `site` behind it."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        (home / "relay").mkdir()
        (home / "postfix").mkdir()
        self.mail = home / "mail"
        self.mail.mkdir()
        shutil.chown(self.mail, "nobody")
        self.site = Site(home / "relay")
        text = (
            block("toml")
            .replace("127.0.0.1:2525", f"127.0.0.1:{self.site.smtp}")
            .replace("port = 25", f"port = {self.port}")
        )
        text = text.replace("[relay]\n", f'[relay]\nmetrics = "127.0.0.1:{self.site.http}"\n')
        (self.site.home / "sievepy.toml").write_text('rules = "main.rules"\n' + text, encoding="utf-8")
        self.site.write_rules(
            RULES.replace('department archive { maildir "Archive/2026" }', "").replace(
                'rule "Архив" { when subject contains "archive"; assign archive }', ""
            )
        )

    def settings(self) -> str:
        mailboxes = ", ".join(f"{{ {name}@x-com.kz = {name}/ }}" for name in MAILBOXES)
        ours = OURS.format(mail=self.mail, mailboxes=mailboxes)
        return ours + block("main.cf").replace("[127.0.0.1]:2525", f"[127.0.0.1]:{self.site.smtp}")

    def arrived(self, mailbox: str) -> list[bytes]:
        return [path.read_bytes() for path in (self.mail / mailbox / "new").glob("*")]

    def wait_for(self, mailbox: str) -> bytes:
        wait(lambda: self.arrived(mailbox))
        (found,) = self.arrived(mailbox)
        return found

    def send(self, data: bytes, recipient: str = "info@x-com.kz") -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.b.kz") as client:
            client.ehlo()
            client.mail("client@b.kz")
            code, text = client.rcpt(recipient)
            return client.data(data) if code == 250 else (code, text)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with tempfile.TemporaryDirectory(prefix="sievepy-postfix-") as name:
        home = Path(name)
        home.chmod(0o755)
        found = Pair(home)
        with running(found.site), postfix.running(home / "postfix", found.port, found.settings()):
            yield found


def test_a_letter_to_the_mailbox_comes_to_its_department_through_the_relay(pair: Pair) -> None:
    assert pair.send(letter("Просим акты сверки", "за октябрь", 1))[0] == 250
    arrived = pair.wait_for("buh")
    assert b"X-Sievepy-Department: buh\n" in arrived
    assert re.search(rb"^Return-Path: <bounce\+\w+\.\w+@relay\.x-com\.kz>$", arrived, re.MULTILINE)
    assert pair.arrived("info") == []
    assert pair.send(letter("hello", "hi", 2))[0] == 250
    assert b"Subject: hello" in pair.wait_for("dispatcher").replace(b"=?utf-8?q?hello?=", b"hello")


def test_a_letter_to_somebody_else_does_not_pass_the_relay(pair: Pair) -> None:
    assert pair.send(letter("Просим акты сверки", "x", 1), "dispatcher@x-com.kz")[0] == 250
    assert b"X-Sievepy" not in pair.wait_for("dispatcher")


def test_what_postfix_sends_back_later_is_a_dead_letter_and_an_alarm(pair: Pair) -> None:
    assert pair.send(letter("Документы", "мой паспорт N 123", 3))[0] == 250
    alarm = pair.wait_for("dispatcher").decode()
    assert "a letter for activ was not delivered" in alarm
    assert "It came back after it had been delivered" in alarm
    listed = pair.site.command("queue", "list").stdout
    assert re.search(r"failed .* activ activ@x-com\.kz", listed)
    moved = pair.site.command("queue", "redirect", "activ@x-com.kz", "dispatcher@x-com.kz")
    assert moved.stdout == "1 deliveries go to dispatcher@x-com.kz\n"
    wait(lambda: len(pair.arrived("dispatcher")) == 2)


def test_a_bounce_address_that_nobody_made_is_refused_at_the_door(pair: Pair) -> None:
    code, said = pair.send(letter("x", "y", 4), "bounce+abc.aaaaaaaaaaaaaaaa@relay.x-com.kz")
    assert code in (450, 550), said
    assert b"unverified" in said.lower() or b"undeliverable" in said.lower(), said
