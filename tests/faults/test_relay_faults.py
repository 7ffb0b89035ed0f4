"""The real relay on a full or broken disk, with dead sinks and poison letters: no acknowledged letter is lost.

The long forms are commands of their own: `python -m tests.faults.relay_disk_full --cycles 100`,
`python -m tests.faults.relay_dead_sink --letters 10000`.
"""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sievepy.spool.retry import Policy
from tests.endtoend.relays import PATIENCE, RawSink, Site, letter, running, wait
from tests.faults import relay_dead_sink
from tests.faults.ledger import count, field_of, stored
from tests.faults.poisoned import GATE
from tests.faults.relay_disk_full import PROGRAM, fill_many, small_disk


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk(3) as found:
        if found is None:
            pytest.skip("no tmpfs may be mounted here; below a full disk is injected")
        yield found


def test_a_disk_that_is_full_three_times_loses_nothing(tmp_path: Path, disk: Path) -> None:
    result = fill_many(3, tmp_path, disk)
    print(result)
    counts = result.counts
    assert (counts.lost, counts.unmarked, result.wrong) == ([], [], [])
    assert counts.sent == counts.acked == counts.delivered > 0
    assert (counts.queued, counts.held, counts.dead, counts.duplicates) == (0, 0, 0, 0)
    assert result.cycles == len(result.waits) == 3
    assert set(result.middle) <= {250, 452}
    assert result.middle[452] > 0
    assert result.while_full > 0


def test_a_relay_that_says_250_on_a_full_disk_is_noticed(tmp_path: Path, disk: Path) -> None:
    assert fill_many(1, tmp_path, disk, defect="full-is-250").counts.lost


# ---------------------------------------------------------------- a dead sink


def test_a_sink_that_is_dead_for_a_day_slows_no_other_and_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    result = asyncio.run(relay_dead_sink.run(tmp_path, 500, 1, Policy(), seed=2026))
    print(result)
    assert result.wrong == []
    assert (result.opening, result.attempts[0] <= 400) == (20, True)
    assert result.looks == 1 + 2  # 20 to the dead one, and then 20 and 5, which are all, to the other
    assert (result.drained, result.left, result.dead, result.alarms) == (500, 0, 0, 0)


def test_after_five_days_all_that_waits_for_a_dead_sink_is_dead_with_one_alarm(tmp_path: Path) -> None:
    result = asyncio.run(relay_dead_sink.run(tmp_path, 500, 2, Policy(), seed=2026, skipped=4))
    print(result)
    assert result.wrong == []
    assert (result.dead, result.left, result.drained, result.alarms) == (500, 0, 0, 1)


def test_a_relay_without_a_circuit_breaker_is_noticed(tmp_path: Path) -> None:
    result = asyncio.run(relay_dead_sink.run(tmp_path, 60, 1, relay_dead_sink.WITHOUT_BREAKER, seed=2026))
    assert result.wrong == ["more than 400 attempts a day at a dead sink"]


# ---------------------------------------------------------------- a disk that fails


def on_a_broken_disk(home: Path, *more: str) -> tuple[Site, RawSink]:
    sink = RawSink()
    sink.start()
    email = f'host = "127.0.0.1"\nport = {sink.port}\ntls = "none"'
    return Site(home, email, program=(*PROGRAM, "--disk", *more)), sink


def say(site: Site, data: bytes) -> tuple[int, str]:
    """One letter as a client gives it: the code that ended it, and the id, if it was taken. 421 also for a relay that
    hangs up or does not listen any more."""
    try:
        with smtplib.SMTP("127.0.0.1", site.smtp, local_hostname="client.b.kz", timeout=PATIENCE) as client:
            client.ehlo()
            for code, _ in (client.mail("client@b.kz"), client.rcpt("info@x-com.kz")):
                if code != 250:
                    return code, ""
            code, text = client.data(data)
            return code, text.decode().rpartition(" ")[2] if code == 250 else ""
    except (OSError, smtplib.SMTPException):
        return 421, ""


def syncs(site: Site) -> list[str]:
    return [line.split()[0] for line in (site.home / "disk-log").read_text(encoding="utf-8").splitlines()]


SMALL = [letter("Просим акты сверки", str(number), number) for number in range(20)]
LARGE = letter("Просим акты сверки", "строка\r\n" * 60_000, 99)


@pytest.mark.parametrize("fault", ["sync", "short"])
def test_a_disk_that_fails_ends_the_relay_and_no_letter_is_acknowledged_after(tmp_path: Path, fault: str) -> None:
    site, sink = on_a_broken_disk(tmp_path)
    sink.gate.clear()
    with running(site):
        acked = dict(zip((say(site, data)[1] for data in SMALL[:10]), SMALL[:10], strict=True))
        (tmp_path / "fault").write_text(fault, encoding="ascii")
        replies = [say(site, data)[0] for data in SMALL[10:]]
        assert set(replies) <= {421, 451}
        sink.gate.set()  # what it took cannot be settled any more
        assert site.process is not None
        assert site.process.wait() == 1
    site.process = None
    assert "the disk failed" in site.log()
    if fault == "sync":
        assert syncs(site).count("failed") == 1
        assert syncs(site)[-1] == "failed"  # and none after it, of whatever file
    else:
        assert "failed" not in syncs(site)
    (tmp_path / "fault").unlink()
    with running(site):
        acked |= {say(site, data)[1]: data for data in SMALL[10:]}
        wait(lambda: {field_of(one, "X-Sievepy-ID") for one in sink.arrived} >= acked.keys())
        wait(lambda: stored(tmp_path / "var/queue").states().keys() == {"delivered"})
        counts = count(len(SMALL), acked, sink.arrived, stored(tmp_path / "var/queue"))
    print(f"{fault}: {counts}")
    assert counts.clean
    assert (counts.acked, counts.delivered) == (20, 20)
    sink.close()


def test_without_room_for_a_commit_clients_come_again_and_the_relay_goes_on(tmp_path: Path) -> None:
    site, sink = on_a_broken_disk(tmp_path)
    with running(site):
        acked = {say(site, data)[1]: data for data in SMALL[:5]}
        wait(lambda: stored(tmp_path / "var/queue").states() == {"delivered": 5})
        (tmp_path / "fault").write_text("full", encoding="ascii")
        assert [say(site, data)[0] for data in (*SMALL[5:8], LARGE)] == [452] * 4
        (tmp_path / "fault").unlink()
        acked |= {say(site, data)[1]: data for data in (*SMALL[5:], LARGE)}
        wait(lambda: len(sink.arrived) == len(acked))
        assert site.stop() == 0
    counts = count(len(SMALL) + 1, acked, sink.arrived, stored(tmp_path / "var/queue"))
    assert counts.clean
    assert (counts.acked, counts.delivered, counts.duplicates) == (21, 21, 0)
    sink.close()


@pytest.mark.parametrize("fault", ["sync", "full"])
def test_a_relay_that_says_250_when_its_queue_said_no_is_noticed(tmp_path: Path, fault: str) -> None:
    site, sink = on_a_broken_disk(tmp_path, "--defect", "error-is-250" if fault == "sync" else "full-is-250")
    with running(site):
        say(site, SMALL[0])
        wait(lambda: stored(tmp_path / "var/queue").states() == {"delivered": 1})  # and nothing but us writes any more
        (tmp_path / "fault").write_text(fault, encoding="ascii")
        code, id = say(site, SMALL[1])
        assert code == 250
    counts = count(2, {id: SMALL[1]}, sink.arrived, stored(tmp_path / "var/queue"))
    assert counts.lost == [id]
    sink.close()


# ---------------------------------------------------------------- poison letters


def poisoned(home: Path, *more: str) -> Site:
    """Its workers do what a letter says, once the gate is there."""
    return Site(home, program=(*PROGRAM, "--poison", *more))


def poison(how: str) -> bytes:
    return letter("Просим акты сверки", "яд", 666, f"X-Poison: {how}")


def entered(home: Path) -> int:
    """How many workers have begun to read a poison letter."""
    seen = home / "seen"
    return len(seen.read_bytes().splitlines()) if seen.exists() else 0


@pytest.mark.parametrize("how", ["crash", "loop"])
def test_a_letter_that_kills_three_workers_goes_to_triage_unread_and_no_other_waits_for_it(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in its worker's way until all others are delivered; only then it may kill."""
    monkeypatch.setenv(GATE, str(tmp_path / "gate"))
    site = poisoned(tmp_path)
    with running(site):
        id = site.send(poison(how))
        wait(lambda: entered(tmp_path) == 1)
        others = {site.send(data) for data in SMALL}
        site.wait_for("buh@x-com.kz", len(SMALL))
        (tmp_path / "gate").touch()
        for deaths in (2, 3):
            wait(lambda deaths=deaths: entered(tmp_path) == deaths)
        wait(lambda: any(id.encode() in data for data in site.arrived("Triage")))
        assert site.command("queue", "export", id).stdout.encode() == poison(how).replace(b"\r\n", b"\n")
        assert site.stop() == 0
    queue = stored(tmp_path / "var/queue")
    assert entered(tmp_path) == 3
    judged = [*(["judging", "unclaimed"] * 3), "judging", "planned", "decided"]
    assert queue.entries(id) == ["accepted", *judged, "attempt", "delivered"]
    words = [(entry.what, entry.letter) for entry in queue.journal]
    given_up = words.index(("planned", id))
    settled = [letter for what, letter in words[:given_up] if what == "delivered" and letter in others]
    print(f"{how}: {len(settled)} of {len(others)} others were delivered before the letter was given up")
    assert set(settled) == others
    (unread,) = [data for data in site.arrived("Triage") if b"X-Poison" in data]
    assert unread.endswith(poison(how))
    assert b"X-Sievepy-Reason: not read: judging it ended 3 workers" in unread


def test_a_letter_that_wants_all_memory_is_refused_it_and_goes_to_triage_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GATE, str(tmp_path / "gate"))
    (tmp_path / "gate").touch()
    site = poisoned(tmp_path)
    with running(site):
        site.send(poison("memory"))
        site.send(SMALL[0])
        assert site.wait_for("buh@x-com.kz")[0].endswith(SMALL[0])
        wait(lambda: any(b"X-Poison" in data for data in site.arrived("Triage")))
    (unread,) = [data for data in site.arrived("Triage") if b"X-Poison" in data]
    assert unread.endswith(poison("memory"))
    assert b"X-Sievepy-Reason: not read: it needs too much memory" in unread


def test_a_relay_that_does_not_count_deaths_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GATE, str(tmp_path / "gate"))
    (tmp_path / "gate").touch()
    site = poisoned(tmp_path, "--defect", "never-gives-up")
    with running(site):
        site.send(poison("exit"))
        wait(lambda: entered(tmp_path) > 3)
    assert not site.arrived("Triage")
