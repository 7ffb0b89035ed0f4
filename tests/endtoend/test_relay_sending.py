"""The real relay and a raw SMTP server behind it: what goes over the wire, and what is done about its answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.endtoend.relays import Arrived, RawSink, Site, letter, running

ACT = letter("Просим акты сверки", "за октябрь\r\n.\r\n..две точки", 1).replace(b"\r\n.\r\n", b"\r\n. \r\n")


class Posted:
    """A relay, and the server it sends to."""

    def __init__(self, home: Path, answers: Sequence[str | None] = ()) -> None:
        self.sink = RawSink(answers)
        self.sink.start()
        self.site = Site(home, email=f'host = "127.0.0.1"\nport = {self.sink.port}\ntls = "none"')

    def wait_for(self, count: int = 1) -> list[Arrived]:
        self.site.wait(lambda: len(self.sink.arrived) >= count)
        return self.sink.arrived

    def states(self) -> list[str]:
        rows = self.site.command("queue", "list", "--all", "--json").stdout.splitlines()
        return [json.loads(row).get("state", "") for row in rows]


@pytest.fixture
def posted(tmp_path: Path) -> Iterator[Posted]:
    made = Posted(tmp_path)
    with running(made.site):
        yield made
    made.sink.close()


def answering(home: Path, *answers: str | None) -> Posted:
    return Posted(home, answers)


def unstuffed(data: bytes) -> bytes:
    return re.sub(rb"(?m)^\.", b"", data)


def delivery_id(arrived: Arrived) -> str:
    match = re.search(rb"^X-Sievepy-Delivery-ID: (\S+)", arrived.data, re.MULTILINE)
    assert match is not None
    return match[1].decode()


def test_the_letter_goes_on_with_its_bytes_and_an_envelope_sender_of_ours(posted: Posted) -> None:
    id = posted.site.send(ACT)
    (arrived,) = posted.wait_for()
    data = unstuffed(arrived.data)
    assert data.endswith(ACT)
    assert data.startswith(b"Received: from client.b.kz ([127.0.0.1]) by mx.x-com.kz with ESMTP id " + id.encode())
    assert arrived.recipient == "buh@x-com.kz"
    assert re.fullmatch(rf"bounce\+{delivery_id(arrived)}\.[a-z2-7]{{16}}@x-com\.kz", arrived.sender)


def test_from_the_null_sender_it_goes_on_from_the_null_sender(posted: Posted) -> None:
    posted.site.send(ACT, "")
    assert posted.wait_for()[0].sender == ""


def test_one_recipient_a_transaction(posted: Posted) -> None:
    posted.site.send(letter("Документы", "мой паспорт", 2))
    arrived = posted.wait_for(2)
    assert sorted(one.recipient for one in arrived) == ["activ@x-com.kz", "buh@x-com.kz"]
    assert delivery_id(arrived[0]) != delivery_id(arrived[1])


def test_what_is_refused_for_good_is_a_dead_letter_and_an_alarm(tmp_path: Path) -> None:
    posted = answering(tmp_path, "550 5.1.1 no such user")
    site = posted.site
    with running(site):
        id = site.send(ACT)
        (alarm,) = site.wait_for("Triage")
        assert f"Letter: {id}".encode() in alarm
        assert b"550 5.1.1 no such user" in alarm
        assert b"Auto-Submitted: auto-generated" in alarm
        assert site.page("/readyz") == (200, "ready\ndead letters: 1\n")
        assert '"event": "dead"' in site.log()
        assert "failed" in site.command("queue", "list").stdout
        assert site.command("queue", "export", id).stdout.encode() == ACT.replace(b"\r\n", b"\n")
        assert site.command("queue", "retry", id).returncode == 0
        posted.wait_for(2)
        posted.site.wait(lambda: posted.states().count("failed") == 0)
    posted.sink.close()


def test_what_is_refused_for_now_waits_and_flush_tries_it(tmp_path: Path) -> None:
    posted = answering(tmp_path, "450 4.2.1 later")
    site = posted.site
    with running(site):
        site.send(ACT)
        posted.site.wait(lambda: "450 4.2.1 later" in site.command("queue", "list").stdout)
        assert site.command("queue", "flush").stdout == "1 deliveries are due now\n"
        first, second = posted.wait_for(2)
        assert delivery_id(first) == delivery_id(second)
        posted.site.wait(lambda: posted.states() == ["delivered"])
    posted.sink.close()


def test_a_lost_final_reply_is_one_redelivery_with_the_same_id(tmp_path: Path) -> None:
    posted = answering(tmp_path, None)
    site = posted.site
    with running(site):
        id = site.send(ACT)
        posted.wait_for()
        posted.site.wait(lambda: "deferred" in site.command("trace", id).stdout)
        site.command("queue", "flush")
        first, second = posted.wait_for(2)
        assert first.data == second.data
        assert delivery_id(first) == delivery_id(second)
        assert first.data.count(b"\r\nMessage-ID: <1@b.kz>\r\n") == 1
        posted.site.wait(lambda: posted.states() == ["delivered"])
        assert len(posted.sink.arrived) == 2
        story = [json.loads(line) for line in site.command("trace", id, "--json").stdout.splitlines()[1:]]
        counted = Counter(entry["what"] for entry in story if entry["delivery"] == delivery_id(first))
        assert counted == {"attempt": 2, "deferred": 1, "redelivery": 1, "delivered": 1}
    posted.sink.close()


def test_what_bounces_makes_its_delivery_a_dead_letter_and_reaches_no_rule(posted: Posted) -> None:
    site = posted.site
    id = site.send(ACT)
    (arrived,) = posted.wait_for()
    posted.site.wait(lambda: posted.states() == ["delivered"])
    bounce = letter("Undelivered", "user unknown: Просим акты сверки", 9)
    site.send(bounce, "", arrived.sender)
    (alarm,) = site.wait_for("Triage")
    assert f"Letter: {id}".encode() in alarm
    assert "returned" in site.command("trace", id).stdout
    assert len(posted.sink.arrived) == 1


def test_redirect_sends_what_is_dead_for_one_address_to_another(tmp_path: Path) -> None:
    posted = answering(tmp_path, "550 5.1.1 no such user")
    site = posted.site
    with running(site):
        site.send(ACT)
        site.wait_for("Triage")
        done = site.command("queue", "redirect", "Buh@x-com.kz", "other@x-com.kz")
        assert done.stdout == "1 deliveries go to other@x-com.kz\n"
        assert posted.wait_for(2)[1].recipient == "other@x-com.kz"
    posted.sink.close()


def test_a_letter_that_went_round_is_held_for_a_person(posted: Posted) -> None:
    site = posted.site
    site.send(ACT)
    (arrived,) = posted.wait_for()
    site.send(unstuffed(arrived.data))
    posted.site.wait(lambda: "held" in posted.states())
    assert len(posted.sink.arrived) == 1
    assert "it was here before" in site.wait_for("Triage")[0].decode()
