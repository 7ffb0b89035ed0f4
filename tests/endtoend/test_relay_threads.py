"""The real relay remembers where letters went: an answer joins its thread, by its In-Reply-To and References alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.endtoend.relays import RULES, Site, letter, running

KNOWN = 'rule "Ответ на известное обращение" { when reply to known; assign same }\n'
ACT = letter("Просим акты сверки", "за октябрь", 1)
PASSPORT = letter("Документы", "мой паспорт N 123", 2)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.write_rules(RULES.replace('rule "Акты"', KNOWN + 'rule "Акты"', 1))
    return made


def answer(number: int, *answered: int, subject: str = "hello", body: str = "and one more thing") -> bytes:
    """A letter that no rule matches, in a thread of letters with these numbers."""
    ids = [f"<{one}@b.kz>" for one in answered]
    return letter(subject, body, number, f"In-Reply-To: {ids[-1]}", "References: " + "\r\n ".join(ids))


def plan(site: Site, id: str) -> dict[str, list[str]]:
    done = site.command("queue", "show", id, "--json")
    found: dict[str, list[str]] = json.loads(done.stdout)["plan"]
    return found


def arrives(site: Site, data: bytes, mailbox: str, sender: str = "client@b.kz") -> str:
    """Its id, once it lies in the mailbox, whole."""
    id = site.send(data, sender)
    site.wait(lambda: any(one.endswith(data) for one in site.arrived(mailbox)))
    return id


def test_an_answer_goes_where_the_letter_went_and_a_restart_does_not_matter(site: Site) -> None:
    with running(site):
        arrives(site, ACT, "buh@x-com.kz")
        id = arrives(site, answer(11, 1), "buh@x-com.kz")
        assert plan(site, id)["departments"] == ["buh"]
        assert plan(site, id)["rules"] == ["Ответ на известное обращение"]
        assert "the thread lives in buh" in site.command("trace", id).stdout
        site.stop()
        site.start()
        arrives(site, answer(12, 1), "buh@x-com.kz")
        site.kill()
        site.start()
        arrives(site, answer(13, 99, 12, 98), "buh@x-com.kz")  # by an answer that joined the thread, among unknown ones
        assert site.arrived("Triage") == []


def test_an_answer_accepted_before_a_kill_joins_its_thread_after_it(site: Site) -> None:
    with running(site):
        arrives(site, ACT, "buh@x-com.kz")
        site.send(answer(11, 1))
        site.kill()
        site.start()
        site.wait_for("buh@x-com.kz", 2)


def test_an_unknown_thread_is_left_to_the_other_rules(site: Site) -> None:
    with running(site):
        arrives(site, ACT, "buh@x-com.kz")
        arrives(site, answer(11, 77), "Triage")
        arrives(site, answer(12, 77, subject="archive"), "Archive/2026")


def test_answers_to_what_a_person_was_given_are_unknown(site: Site) -> None:
    with running(site):
        arrives(site, letter("hello", "x", 5), "Triage")
        advert = site.send(letter("Реклама", "купите", 6))
        site.wait(lambda: "held" in site.command("queue", "list").stdout)
        arrives(site, answer(11, 5), "Triage")
        arrives(site, answer(12, 6), "Triage")
        assert plan(site, advert)["departments"] == []


def test_forged_and_endless_references_do_no_harm(site: Site) -> None:
    lines = "\r\n ".join(f"<{number}@forged.kz>" for number in range(30_000))
    forged = [
        letter("hello", "x", 21, f"References: {lines}"),
        letter("hello", "x", 22, "In-Reply-To: " + "<" * 50_000),
        letter("hello", "x", 23, "In-Reply-To: <x' OR 1=1 --@b.kz>", "References: <\xff\t\x01>"),
        letter("hello", "x", 24, "In-Reply-To: <1@b.kz>", f"References: {lines}"),
    ]
    with running(site):
        arrives(site, ACT, "buh@x-com.kz")
        for data in forged[:3]:
            arrives(site, data, "Triage")
        arrives(site, forged[3], "buh@x-com.kz")  # what it says first is true all the same
        assert "died" not in site.log()


def test_a_stranger_in_a_restricted_thread_is_delivered_to_it_and_told_nothing(site: Site) -> None:
    """The restricted department gets it, the other one no byte of it, as with the letter that began the thread."""
    intruder = answer(31, 2, subject="curious", body="what about it, where is it")
    with running(site):
        arrives(site, PASSPORT, "activ@x-com.kz", "client@b.kz")
        id = arrives(site, intruder, "activ@x-com.kz", "stranger@c.kz")
        site.wait_for("buh@x-com.kz", 2)
        assert plan(site, id)["departments"] == ["activ", "buh"]
        references = site.arrived("buh@x-com.kz")
    assert any(id.encode() in one for one in references)
    for one in references:
        assert b"curious" not in one and b"where is it" not in one and "паспорт".encode() not in one
    places = {path.parent.parent.name for path in (site.home / "mail").rglob("new/*")}
    assert places == {"activ@x-com.kz", "buh@x-com.kz"}


def test_rules_that_do_not_ask_begin_no_ledger(tmp_path: Path) -> None:
    """It begins when they do: letters from before are unknown, those from then on are known."""
    site = Site(tmp_path)
    with running(site):
        arrives(site, ACT, "buh@x-com.kz")
        arrives(site, answer(11, 1), "Triage")
        site.write_rules(RULES.replace('rule "Акты"', KNOWN + 'rule "Акты"', 1))
        site.stop()
        site.start()
        arrives(site, answer(12, 1), "Triage")
        arrives(site, letter("Просим акты сверки", "за ноябрь", 7), "buh@x-com.kz")
        arrives(site, answer(13, 7), "buh@x-com.kz")
