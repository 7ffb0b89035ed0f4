"""What docs/operations tells an operator to do, done: backup and restore, another configuration, a look beside a
running relay, a hand from somebody behind sudo."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.endtoend.relays import Site, letter, running, wait

ACT = letter("Просим акты сверки", "за октябрь", 1)
ADVERT = letter("Реклама", "купите", 2)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def listed(site: Site, *arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in site.command("queue", "list", "--json", *arguments).stdout.splitlines()]


# ---------------------------------------------------------------- backup and restore


def test_a_restored_backup_sends_nothing_until_a_person_says_so(site: Site) -> None:
    """The steps of docs/operations/backup.md: what came before the backup is held, what comes after is delivered."""
    with running(site):
        advert = site.send(ADVERT)
        wait(lambda: listed(site))
        shutil.rmtree(site.home / "mail", ignore_errors=True)
        (site.home / "mail").touch()  # nothing can be delivered
        act = site.send(ACT)
        wait(lambda: any(row["letter"] == act and row["attempts"] for row in listed(site)))
        done = site.command("queue", "backup", "copy")
        assert (done.returncode, done.stdout) == (0, "the queue is copied into copy\n")
        assert site.command("queue", "backup", "copy").returncode == 1
        assert site.stop() == 0
    queue = site.home / "var/queue"
    queue.rename(site.home / "broken")
    (site.home / "copy").rename(queue)
    (site.home / "mail").unlink()
    with running(site):
        after = site.send(letter("Просим акты сверки", "за ноябрь", 3))
        (arrived,) = site.wait_for("buh@x-com.kz")
        assert after.encode() in arrived
        assert {(row["letter"], row["state"]) for row in listed(site)} == {(advert, "held"), (act, "held")}
        mine = [str(row["letter"]) for row in listed(site) if row["channel"] != "quarantine"]
        assert site.command("queue", "release", *mine).stdout == f"{act}: released\n"
        site.wait_for("buh@x-com.kz", 2)
        assert [row["letter"] for row in listed(site)] == [advert]
        assert "restored" in site.command("trace", act).stdout


def test_what_is_on_hold_does_not_go_out_before_it_is_released(site: Site) -> None:
    (site.home / "mail").touch()  # nothing can be delivered
    with running(site):
        first, second = site.send(ACT), site.send(letter("Просим акты сверки", "за ноябрь", 4))
        wait(lambda: [row["attempts"] for row in listed(site)] == [1, 1])
        assert site.command("queue", "hold", first).stdout == f"{first}: 1 deliveries held\n"
        (site.home / "mail").unlink()
        site.command("queue", "flush")
        (arrived,) = site.wait_for("buh@x-com.kz")
        assert second.encode() in arrived
        assert [(row["letter"], row["state"]) for row in listed(site)] == [(first, "held")]
        site.command("queue", "release", first)
        site.wait_for("buh@x-com.kz", 2)


# ---------------------------------------------------------------- which configuration


def test_the_configuration_that_is_named_is_the_one_that_is_read(site: Site, tmp_path: Path) -> None:
    """Whatever its name, and wherever the option stands."""
    (site.home / "sievepy.toml").rename(site.home / "other.toml")
    (site.home / "sievepy.toml").write_text('[spool]\nfolder = "elsewhere"\n', encoding="utf-8")
    assert "`triage` below `[places]`" in site.command("relay", "--check").stderr
    checked = site.command("relay", "--check", "--config", "other.toml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for arguments in (("--config", "other.toml", "list"), ("list", "--config", "other.toml")):
        assert f"there is no queue in {site.home}/var/queue" in site.command("queue", *arguments).stderr
    assert f"there is no queue in {site.home}/elsewhere" in site.command("queue", "list").stderr


def test_a_line_that_is_no_user_is_named_and_not_shown(site: Site) -> None:
    text = (site.home / "sievepy.toml").read_text().replace("[relay]\n", '[relay]\nusers-file = "users"\n')
    (site.home / "sievepy.toml").write_text(text)
    (site.home / "users").write_text("# cameras\n\ncamera:my password\n")
    done = site.command("relay", "--check")
    assert done.returncode == 2
    assert "users, line 3: it is to be `name:hash`" in done.stderr
    assert "my password" not in done.stderr


# ---------------------------------------------------------------- beside a running relay


def test_check_beside_a_running_relay_finds_its_own_ports_in_use_and_nothing_wrong(site: Site) -> None:
    with running(site):
        assert site.process is not None
        done = site.command("relay", "--check")
        assert done.returncode == 0, done.stdout
        assert done.stdout.count(f"in use while process {site.process.pid} serves the queue: good") == 2
        (site.home / "other").mkdir()
        done = Site(site.home / "other", smtp=site.smtp).command("relay", "--check")
        assert done.returncode == 1
        assert f"port 127.0.0.1:{site.smtp}: Address already in use" in done.stdout


def test_letters_are_shown_with_the_words_that_decided(site: Site) -> None:
    with running(site):
        first, second = site.send(ACT), site.send(ADVERT)
        wait(lambda: [row["state"] for row in listed(site, "--all")] == ["delivered", "held"])
        assert "акты сверки" not in site.command("queue", "show", first, second).stdout
        shown = site.command("queue", "show", "--words", first, second).stdout
        assert "Акты: акты сверки" in shown
        assert "Реклама: Реклама" in shown
        found = [
            json.loads(line)
            for line in site.command("queue", "show", "--json", "--words", first, second).stdout.splitlines()
        ]
        assert [one["letter"] for one in found] == [first, second]
        assert found[0]["plan"]["fired"][0]["words"] == ["акты сверки"]
        assert found[1]["deliveries"][0]["rules"] == ["Реклама"]
        assert "(here)" not in site.command("trace", second).stdout


def test_find_says_that_there_is_no_such_letter(site: Site) -> None:
    with running(site):
        site.send(ACT)
        assert site.command("queue", "find", "--from", "nobody").stdout == "no such letter\n"


def test_the_journal_names_the_person_behind_sudo(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    with running(site):
        id = site.send(ADVERT)
        wait(lambda: listed(site))
        assert site.command("queue", "release", id).returncode == 0
        assert "released" in site.command("trace", id).stdout
        assert "[anna]" in site.command("trace", id).stdout


def test_a_number_that_a_killed_relay_has_left_is_nobody_s(site: Site) -> None:
    """`flush` tells the relay by a signal; a stranger with its old number would be ended by it."""
    with running(site):
        site.send(ACT)
        site.kill()
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as stranger:
        (site.home / "var/queue/pid").write_text(str(stranger.pid))
        done = site.command("queue", "flush")
        assert done.returncode == 0
        assert "no relay serves this queue" in done.stderr
        stranger.communicate()
    assert stranger.returncode == 0
    with running(site):
        assert "no relay serves" not in site.command("queue", "flush").stderr
