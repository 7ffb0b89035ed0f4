"""The real relay: letters by SMTP into maildirs of departments; killed, reloaded, drained, looked after."""

from __future__ import annotations

import json
import re
import signal
import smtplib
from collections import Counter
from pathlib import Path

import pytest

from tests.endtoend.relays import CONFIG, RULES, Site, free_port, letter, post, running

ACT = letter("Просим акты сверки", "за октябрь", 1)
PASSPORT = letter("Документы", "мой паспорт N 123", 2)
OTHER = letter("hello", "hi", 3)
OWN_WORDS = frozenset(
    b"From: Subject: Message-ID: Content-Type: Content-Transfer-Encoding: text/plain; charset=utf-8".split()
)
"""What any letter has, of ours too."""
ADVERT = letter("Реклама", "купите", 4)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def below_our_fields(arrived: bytes, sent: bytes) -> bytes:
    """What stands below our fields in a delivered letter."""
    at = arrived.index(sent[:20])
    assert b"\r\n\r\n" not in arrived[:at]
    return arrived[at:]


def ids(done: str) -> set[str]:
    return set(re.findall(r"^[0-9a-z]{12}", done, re.MULTILINE))


# ---------------------------------------------------------------- routing


def test_each_letter_arrives_at_its_department_with_its_bytes_intact(site: Site) -> None:
    with running(site):
        queued = {name: site.send(data) for name, data in (("act", ACT), ("other", OTHER), ("passport", PASSPORT))}
        (act, reference), (other,) = site.wait_for("buh@x-com.kz", 2), site.wait_for("Triage")
        (passport,) = site.wait_for("activ@x-com.kz")
    if b"reference" in act:
        act, reference = reference, act
    assert below_our_fields(act, ACT) == ACT
    assert below_our_fields(other, OTHER) == OTHER
    assert below_our_fields(passport, PASSPORT) == PASSPORT
    assert act.startswith(
        b"Return-Path: <client@b.kz>\r\nReceived: from client.b.kz ([127.0.0.1]) by mx.x-com.kz with ESMTP"
    )
    assert f"X-Sievepy-ID: {queued['act']}\r\n".encode() in act
    assert b"X-Sievepy-Tag: money\r\n" in act
    assert b"X-Sievepy-Department: buh\r\n" in act


def test_no_byte_of_a_restricted_letter_is_in_the_reference_to_it(site: Site) -> None:
    with running(site):
        id = site.send(PASSPORT)
        (reference,) = site.wait_for("buh@x-com.kz")
        (letter_,) = site.wait_for("activ@x-com.kz")
        assert below_our_fields(letter_, PASSPORT) == PASSPORT
    assert id.encode() in reference
    words = {word for word in PASSPORT.split() if len(word) > 3} - OWN_WORDS
    assert not {word for word in words if word in reference}


def test_places_and_maildirs_of_departments(site: Site) -> None:
    with running(site):
        site.send(letter("x", "меня нет", 5, "Auto-Submitted: auto-replied"), "")
        site.send(letter("archive this", "x", 6))
        assert site.wait_for("Filed/Автоответы")[0].startswith(b"Return-Path: <>\r\n")
        site.wait_for("Archive/2026")


def test_a_letter_too_large_for_a_row_arrives_with_its_bytes_intact(site: Site) -> None:
    large = letter("Просим акты сверки", "\r\n".join(f"строка {n}" for n in range(100_000)), 8)
    assert len(large) > 1_000_000
    with running(site):
        id = site.send(large)
        assert len(list((site.home / "var/queue/letters").iterdir())) == 1
        assert below_our_fields(site.wait_for("buh@x-com.kz")[0], large) == large
        assert site.command("queue", "show", id).returncode == 0


def test_who_is_not_known_is_refused_and_nothing_is_relayed(site: Site) -> None:
    with running(site), smtplib.SMTP("127.0.0.1", site.smtp) as client:
        client.ehlo()
        client.mail("a@b.kz")
        assert client.rcpt("nobody@x-com.kz")[0] == 550
        assert client.rcpt("somebody@elsewhere.kz")[0] == 550
        assert client.rcpt("bounce+0h2b4k.aaaaaaaaaaaaaaaa@x-com.kz")[0] == 550


def test_a_client_s_retry_is_one_letter(site: Site) -> None:
    with running(site):
        assert site.send(ACT) == site.send(ACT)
        site.send(OTHER)
        site.wait_for("Triage")
        assert len(site.wait_for("buh@x-com.kz")) == 1


# ---------------------------------------------------------------- killed


def test_killed_again_and_again_it_loses_nothing(site: Site) -> None:
    acked: set[str] = set()
    number = 100
    for _ in range(4):
        with running(site), smtplib.SMTP("127.0.0.1", site.smtp) as client:
            for _ in range(15):
                number += 1
                acked.add(post(client, letter("Просим акты сверки", str(number), number)))
            site.kill()
            client.close()
    with running(site):
        site.wait(lambda: len(arrived(site)) >= len(acked))
        assert acked <= arrived(site)
        assert site.command("queue", "list").stdout == "the queue is empty\n"


def arrived(site: Site) -> set[str]:
    found = (re.search(rb"^X-Sievepy-ID: (\S+)", data, re.MULTILINE) for data in site.arrived("buh@x-com.kz"))
    return {match[1].decode() for match in found if match}


def test_what_was_accepted_before_a_kill_is_judged_after_it(site: Site) -> None:
    with running(site):
        site.send(OTHER)
        site.wait_for("Triage")
        site.send(ACT)
        site.kill()
    with running(site):
        assert len(site.wait_for("buh@x-com.kz")) == 1


# ---------------------------------------------------------------- signals


def test_sigterm_finishes_what_was_begun_and_ends_well(site: Site) -> None:
    with running(site):
        queued = {site.send(letter("Просим акты сверки", str(n), n)) for n in range(20)}
        assert site.stop() == 0
        assert '"stopped"' in site.log()
        waiting = ids(site.command("queue", "list").stdout)
        assert arrived(site) | waiting >= queued
        assert '"internal"' not in site.log()


def test_sighup_takes_good_rules_and_keeps_what_it_has_of_bad_ones(site: Site) -> None:
    def reloaded(result: str) -> bool:
        return any(f'"result": "{result}"' in line for line in site.log().splitlines()[1:])

    with running(site):
        site.write_rules(RULES.replace('subject mentions "акт сверки"', 'subject mentions "накладная"'))
        site.signal(signal.SIGHUP)
        site.wait(lambda: reloaded("refused"))
        assert 'test \\"Акты\\" fails' in site.log()
        site.send(ACT)
        site.wait_for("buh@x-com.kz")
        site.write_rules(
            RULES.replace("assign buh; tag money", "assign archive").replace(
                "expect assign buh", "expect assign archive"
            )
        )
        site.signal(signal.SIGHUP)
        site.wait(lambda: reloaded("changed"))
        site.send(letter("Просим акты сверки", "x", 77))
        site.wait_for("Archive/2026")
        assert len(site.arrived("buh@x-com.kz")) == 1
        programs = [json.loads(line)["program"] for line in site.log().splitlines() if '"event": "letter"' in line]
        assert len(set(programs)) == 2


# ---------------------------------------------------------------- looking after the queue


def test_a_person_lists_shows_and_releases_what_is_held(site: Site) -> None:
    with running(site):
        id = site.send(ADVERT)
        site.wait(lambda: "held" in site.command("queue", "list").stdout)
        assert "реклама" in site.command("queue", "show", id).stdout.lower()
        shown = json.loads(site.command("queue", "show", id, "--json").stdout)
        assert shown["plan"]["destination"] == "quarantine"
        assert ids(site.command("queue", "find", "--subject", "РЕКЛАМА").stdout) == {id}
        assert site.command("queue", "export", id).stdout.encode() == ADVERT.replace(b"\r\n", b"\n")
        assert site.arrived("Quarantine") == []
        assert site.command("queue", "release", id).stdout == f"{id}: released\n"
        assert below_our_fields(site.wait_for("Quarantine")[0], ADVERT) == ADVERT
        assert site.command("queue", "release", id).returncode == 1


def test_a_person_deletes_only_after_saying_so(site: Site) -> None:
    with running(site):
        id = site.send(ADVERT)
        site.wait(lambda: "held" in site.command("queue", "list").stdout)
        assert site.command("queue", "delete", id, given="n\n").returncode == 1
        assert ids(site.command("queue", "list").stdout) == {id}
        assert site.command("queue", "delete", id, given="y\n").returncode == 0
        assert site.command("queue", "list").stdout == "the queue is empty\n"
        assert "deleted" in site.command("trace", id).stdout


def test_a_letter_s_story_is_told_by_its_id_and_its_message_id(site: Site) -> None:
    with running(site):
        id = site.send(ACT)
        site.wait_for("buh@x-com.kz")
        site.wait(lambda: "delivered" in site.command("trace", id).stdout)
        story = site.command("trace", "<1@b.kz>").stdout
    assert story == site.command("trace", id).stdout
    words = [line.split()[2].rstrip(":") for line in story.splitlines()[2:]]
    assert words == ["accepted", "judging", "planned", "decided", "decided", "attempt", "delivered"]
    assert "decided [Акты]: assign buh" in story
    assert site.command("trace", "nothing").returncode == 1


# ---------------------------------------------------------------- figures


def test_metrics_say_what_the_journal_says(site: Site) -> None:
    with running(site):
        for data in (ACT, ACT, PASSPORT, OTHER, ADVERT):
            site.send(data)
        site.wait_for("Triage")
        site.wait_for("buh@x-com.kz", 2)
        site.wait_for("activ@x-com.kz")
        site.wait(lambda: "held" in site.command("queue", "list").stdout)
        site.wait(lambda: figures(site)["delivered"] == 4)
        counted = figures(site)
        journal: Counter[str] = Counter()
        for row in site.command("queue", "list", "--all", "--json").stdout.splitlines():
            story = site.command("trace", json.loads(row)["delivery"], "--json").stdout.splitlines()[1:]
            entries = [json.loads(line) for line in story]
            journal.update(e["what"] for e in entries if e["delivery"] == json.loads(row)["delivery"])
            journal.update({e["what"]: 0 for e in entries})
        letters = {
            json.loads(r)["letter"] for r in site.command("queue", "list", "--all", "--json").stdout.splitlines()
        }
        for id in letters:
            for line in site.command("trace", id, "--json").stdout.splitlines()[1:]:
                entry = json.loads(line)
                journal[entry["what"]] += entry["delivery"] is None
    assert counted == {
        "accepted": journal["accepted"],
        "duplicate": journal["duplicate-intake"],
        "decided": journal["planned"],
        "delivered": journal["delivered"],
    }
    assert counted == {"accepted": 4, "duplicate": 1, "decided": 4, "delivered": 4}


def figures(site: Site) -> dict[str, int]:
    _, text = site.page("/metrics")

    def total(pattern: str) -> int:
        return sum(int(float(value)) for value in re.findall(rf"^sievepy_{pattern} (\S+)$", text, re.MULTILINE))

    return {
        "accepted": total(r'letters_accepted_total\{duplicate="false"\}'),
        "duplicate": total(r'letters_accepted_total\{duplicate="true"\}'),
        "decided": total(r"letters_decided_total\{.*\}"),
        "delivered": total(r'deliveries_settled_total\{.*outcome="delivered".*\}'),
    }


def test_health_pages(site: Site) -> None:
    with running(site):
        assert site.page("/healthz") == (200, "alive\n")
        assert site.page("/readyz") == (200, "ready\n")
        assert site.page("/else")[0] == 404


# ---------------------------------------------------------------- starting


def test_check_names_each_thing_it_looked_at_and_starts_nothing(site: Site) -> None:
    done = site.command("relay", "--check")
    assert done.returncode == 0, done.stdout
    assert [line.rpartition(": ")[2] for line in done.stdout.splitlines()] == ["good"] * 7
    assert not (site.home / "var" / "queue").exists()
    site.write_rules(RULES.replace("expect assign buh", "expect triage"))
    done = site.command("relay", "--check")
    assert done.returncode == 1
    assert 'test "Акты" fails: want triage; got assign buh' in done.stdout


def test_rules_with_errors_do_not_start(site: Site) -> None:
    site.write_rules(RULES + "rule {")
    done = site.command("relay")
    assert done.returncode == 2
    assert "main.rules:" in done.stderr


def test_rules_that_ask_for_what_a_relay_cannot_do_do_not_start(site: Site) -> None:
    site.write_rules(RULES.replace("triage; tag unsorted", 'triage; print "office"'))
    done = site.command("relay")
    assert done.returncode == 2
    assert "E127" in done.stderr or "printer" in done.stderr


def test_two_relays_on_one_queue_are_one_too_many(site: Site) -> None:
    with running(site):
        (site.home / "sievepy.toml").write_text(
            CONFIG.format(smtp=free_port(), http=free_port(), email=site.email), encoding="utf-8"
        )
        done = site.command("relay")
        assert done.returncode == 2
        assert "another relay uses the queue" in done.stderr


def test_without_a_triage_place_there_is_no_relay(site: Site) -> None:
    text = (site.home / "sievepy.toml").read_text(encoding="utf-8")
    (site.home / "sievepy.toml").write_text(text.replace('triage = "maildir Triage"\n', ""), encoding="utf-8")
    done = site.command("relay")
    assert done.returncode == 2
    assert "[places]" in done.stderr
