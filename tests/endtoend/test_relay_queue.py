"""Every `sievepy queue` command beside a relay that runs: what it shows, what it does, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.relays import RawSink, Site, letter, running, wait

ACT = letter("Просим акты сверки", "за октябрь", 1)
ADVERT = letter("Реклама", "купите", 2)
LATER = "450 4.2.1 later"
NO = "550 5.1.1 no such user"
TAKEN = "250 2.0.0 taken"


class Queue:
    """A relay, the server it sends to, and the commands."""

    def __init__(self, home: Path) -> None:
        self.sink = RawSink()
        self.sink.start()
        self.site = Site(home, f'host = "127.0.0.1"\nport = {self.sink.port}\ntls = "none"')

    def __call__(self, *arguments: str, given: str = "", status: int = 0) -> str:
        done = self.site.command("queue", *arguments, given=given)
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self(*arguments, "--json").splitlines()]

    def states(self) -> dict[str, str]:
        """Of all deliveries, by target."""
        return {row["target"]: row["state"] for row in self.all() if "target" in row}

    def send(self, data: bytes, answer: str = TAKEN, *, state: str = "queued") -> str:
        """A letter to buh, after its first attempt. From now on the server answers so: a deferred letter may be tried
        again at any moment."""
        self.sink.otherwise = answer
        id = self.site.send(data)
        wait(lambda: (id, state, True) in [(r["letter"], r.get("state"), bool(r.get("reply"))) for r in self.all()])
        return id

    def all(self) -> list[dict[str, Any]]:
        return self.rows("list", "--all")


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path)
    with running(made.site):
        yield made
    made.sink.close()


def held(queue: Queue) -> str:
    id = queue.site.send(ADVERT)
    wait(lambda: any(row["letter"] == id and row.get("state") == "held" for row in queue.rows("list")))
    return id


# ---------------------------------------------------------------- looking


def test_list_shows_what_waits_and_is_held_and_with_all_what_is_done(queue: Queue) -> None:
    assert queue("list") == "the queue is empty\n"
    assert queue.rows("list") == []
    done = queue.send(letter("Просим акты сверки", "x", 3), state="delivered")
    waits, advert = queue.send(ACT, LATER), held(queue)
    assert [(row["letter"], row["state"]) for row in queue.rows("list")] == [(waits, "queued"), (advert, "held")]
    (row,) = [row for row in queue.rows("list") if row["letter"] == waits]
    assert (row["target"], row["department"]) == ("buh@x-com.kz", "buh")
    assert row["attempts"] >= 1 and row["reply"].startswith(LATER)
    assert {row["letter"] for row in queue.rows("list", "--all")} == {waits, advert, done}
    lines = queue("list").splitlines()
    assert len(lines) == 3
    assert waits in lines[1] and LATER in lines[1]
    assert advert in lines[2] and "held" in lines[2]
    assert done not in queue("list")


def test_list_shows_what_is_dead_though_its_letter_is_done(queue: Queue) -> None:
    dead = queue.send(ACT, NO, state="failed")
    assert [(row["letter"], row["state"]) for row in queue.rows("list") if row["state"] == "failed"] == [
        (dead, "failed")
    ]


def test_show_tells_of_one_letter_by_any_of_its_ids(queue: Queue) -> None:
    id = queue.send(ACT, LATER)
    (row,) = queue.rows("show", id)
    assert (row["letter"], row["message_id"], row["sender"]) == (id, "<1@b.kz>", "client@b.kz")
    assert (row["plan"]["destination"], row["plan"]["departments"]) == ("assign", ["buh"])
    (delivery,) = row["deliveries"]
    assert (delivery["target"], delivery["state"]) == ("buh@x-com.kz", "queued")
    assert queue.rows("show", "<1@b.kz>") == queue.rows("show", delivery["delivery"]) == [row]
    text = queue("show", id)
    for word in (id, "client@b.kz", "Акты", "buh@x-com.kz", LATER):
        assert word in text
    assert "there is no letter nothing" in queue("show", "nothing", status=1)


def test_find_looks_for_authors_subjects_and_days_and_says_how_many_it_looked_at(queue: Queue) -> None:
    waits, advert = queue.send(ACT, LATER), held(queue)
    other = letter("hello", "x", 4).replace(b"From: client@b.kz", b"From: Anna <anna@c.kz>")
    third = queue.site.send(other, "bounce@c.kz")
    queue.site.wait_for("Triage")
    day = queue.rows("list")[0]["accepted_at"][:10]

    def found(*options: str) -> tuple[set[str], str]:
        done = queue.site.command("queue", "find", "--json", *options)
        assert done.returncode == 0
        return {json.loads(line)["letter"] for line in done.stdout.splitlines()}, done.stderr

    assert found("--subject", "АКТ") == ({waits}, "looked at 3 letters\n")
    assert found("--from", "client@B.kz")[0] == {waits, advert}
    assert found("--from", "anna")[0] == found("--from", "bounce@c.kz")[0] == {third}
    assert found("--from", "client", "--subject", "реклама")[0] == {advert}
    assert found("--from", "anna", "--subject", "реклама")[0] == set()
    assert found("--date", day)[0] == {waits, advert, third}
    assert found("--date", day, "--subject", "hello") == ({third}, "looked at 3 letters\n")
    assert found("--date", "2001-01-01", "--subject", "hello") == (set(), "looked at 0 letters\n")
    assert waits in queue("find", "--subject", "акт")
    assert "Invalid value" in queue("find", "--date", "yesterday", status=2)


def test_find_looks_into_a_letter_that_lies_in_a_file(queue: Queue) -> None:
    id = queue.send(letter("Просим акты сверки", "строка\r\n" * 60_000, 5), LATER)
    assert (queue.site.home / "var/queue/letters" / id).exists()
    assert {row["letter"] for row in queue.rows("find", "--subject", "сверки")} == {id}


def test_export_gives_the_bytes_as_received(queue: Queue) -> None:
    id = queue.send(ACT, LATER)
    assert queue("export", id, "-o", "letter.eml") == ""
    assert (queue.site.home / "letter.eml").read_bytes() == ACT
    assert queue("export", "<1@b.kz>").encode() == ACT.replace(b"\r\n", b"\n")
    again = queue.send(ACT + b"again\r\n", LATER)  # of the same Message-ID
    assert "there are 2 such letters" in queue("export", "<1@b.kz>", status=1)
    assert queue("export", again).endswith("again\n")


# ---------------------------------------------------------------- doing


def test_flush_tries_what_waits_for_one_address_or_for_all(queue: Queue) -> None:
    queue.send(ACT, LATER)
    assert queue("flush", "other@x-com.kz") == "0 deliveries are due now\n"
    queue.sink.otherwise = TAKEN
    assert queue("flush", "buh@x-com.kz") == "1 deliveries are due now\n"
    wait(lambda: queue.states() == {"buh@x-com.kz": "delivered"})
    queue.send(letter("Просим акты сверки", "x", 3), LATER)
    queue.sink.otherwise = TAKEN
    assert queue("flush") == "1 deliveries are due now\n"
    wait(lambda: [row["state"] for row in queue.all()] == ["delivered"] * 2)


def test_retry_makes_a_dead_letter_due_and_refuses_what_is_delivered(queue: Queue) -> None:
    id = queue.send(ACT, NO, state="failed")
    queue.sink.otherwise = TAKEN
    assert queue("retry", id) == f"{id}: 1 deliveries queued\n"
    wait(lambda: queue.states()["buh@x-com.kz"] == "delivered")
    assert f"{id}: nothing of it is failed or queued" in queue("retry", id, status=1)
    assert "there is no letter nothing" in queue("retry", "nothing", status=1)


def test_hold_stops_what_waits_until_release(queue: Queue) -> None:
    id = queue.send(ACT, LATER)
    assert queue("hold", id) == f"{id}: 1 deliveries held\n"
    attempts, queue.sink.otherwise = len(queue.sink.arrived), TAKEN
    assert queue("flush") == "0 deliveries are due now\n"
    assert f"{id}: nothing of it is queued" in queue("hold", id, status=1)
    assert queue.states() == {"buh@x-com.kz": "held"}
    (row,) = queue.rows("list")
    assert queue("release", row["delivery"]) == f"{row['delivery']}: 1 deliveries queued\n"
    wait(lambda: queue.states() == {"buh@x-com.kz": "delivered"})
    assert "held" in queue.site.command("trace", id).stdout
    assert len(queue.sink.arrived) == attempts + 1


def test_redirect_moves_what_waits_to_another_address(queue: Queue) -> None:
    queue.send(ACT, LATER)
    assert queue("redirect", "BUH@x-com.kz", "other@x-com.kz") == "1 deliveries go to other@x-com.kz\n"
    queue.sink.otherwise = TAKEN
    queue("flush")
    wait(lambda: queue.states() == {"buh@x-com.kz": "replaced", "other@x-com.kz": "delivered"})
    assert queue.sink.arrived[-1].recipient == "other@x-com.kz"
    assert queue("redirect", "buh@x-com.kz", "other@x-com.kz") == "0 deliveries go to other@x-com.kz\n"
    assert "the same" in queue("redirect", "a@x-com.kz", "A@x-com.kz", status=1)


def test_delete_asks_and_shows_what_it_is_about_to_delete(queue: Queue) -> None:
    waits, advert = queue.send(ACT, LATER), held(queue)
    assert "Aborted" in queue("delete", waits, given="n\n", status=1)
    assert "Aborted" in queue("delete", waits, status=1)  # nobody is there to say yes
    assert {row["letter"] for row in queue.rows("list")} == {waits, advert}
    said = queue("delete", waits, given="y\n")
    assert "buh@x-com.kz" in said and "Delete 1 letter(s) for good?" in said and said.endswith(f"{waits}: deleted\n")
    assert queue("delete", "--yes", advert).endswith(f"{advert}: deleted\n")
    assert queue("list") == "the queue is empty\n"
    assert "there is no letter" in queue("export", waits, status=1)
    assert "deleted" in queue.site.command("trace", waits).stdout
