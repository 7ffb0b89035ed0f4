"""`sievepy doctor` on a site that is sound, and on one that is not, a fault at a time."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.endtoend.relays import Site, free_port, letter, running
from tests.unit.wire.certificates import Authority

SECRET = "correct-horse-battery-staple"
LONG = "a" * 300  # more than a name of a file may have


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def files(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*")}


def verdicts(output: str) -> dict[str, str]:
    """What was looked at -> verdict and what was found."""
    lines = [line for line in output.splitlines() if re.match(r"(ok|warn|fail)  ", line)]
    return {line[6:].partition(": ")[0]: f"{line[:4].strip()} {line[6:].partition(': ')[2]}" for line in lines}


def append(site: Site, text: str) -> None:
    with (site.home / "sievepy.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def replace(site: Site, old: str, new: str) -> None:
    path = site.home / "sievepy.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_site_before_its_first_start(site: Site) -> None:
    before = files(site.home)
    done = site.command("doctor")
    assert done.returncode == 0, done.stdout
    found = verdicts(done.stdout)
    assert found["configuration"] == "ok good"
    assert found["rules and their 1 tests"] == "ok good"
    assert found[f"port 127.0.0.1:{site.smtp}"] == found[f"port 127.0.0.1:{site.http}"] == "ok free"
    assert found[f"secret in {site.home / 'var/secret'}"] == "ok will be made"
    assert found["hostname"] == "ok mx.x-com.kz"
    assert "fail" not in " ".join(found.values())
    assert re.search(r"^\d+ ok, \d+ warn, 0 fail$", done.stdout, re.MULTILINE)
    after = files(site.home)
    assert set(after) == set(before), "nothing is left behind"


def test_while_the_relay_runs_its_ports_and_its_queue_are_sound(site: Site) -> None:
    with running(site):
        site.send(letter("Просим акты сверки", "x", 1))
        site.wait_for("buh@x-com.kz")
        done = site.command("doctor")
        assert site.process is not None
        busy = f"ok in use while process {site.process.pid} serves the queue"
    found = verdicts(done.stdout)
    assert done.returncode == 0, done.stdout
    assert found[f"port 127.0.0.1:{site.smtp}"] == found[f"port 127.0.0.1:{site.http}"] == busy
    (database,) = (value for name, value in found.items() if name.startswith("database "))
    assert database == "ok of a schema that this program knows"


# ---------------------------------------------------------------- a fault at a time


def broken_rules(site: Site) -> str:
    site.write_rules('rule "a" { when subjekt contains "b"; triage }\notherwise { triage }\n')
    return "rules and their 0 tests"


def failing_test(site: Site) -> str:
    site.write_rules('otherwise { triage }\ntest "a" { subject "b"; expect quarantine }\n')
    return "rules and their 1 tests"


def no_rules(site: Site) -> str:
    (site.home / "main.rules").unlink()
    return "rules"


def no_triage(site: Site) -> str:
    replace(site, 'triage = "maildir Triage"\n', "")
    site.write_rules('otherwise { file "A" }\n')
    return "configuration"


def queue_is_a_file(site: Site) -> str:
    (site.home / "var").mkdir(exist_ok=True)
    (site.home / "var/queue").write_text("x")
    return f"queue in {site.home / 'var/queue'}"


def foreign_database(site: Site) -> str:
    (site.home / "var/queue").mkdir(parents=True)
    path = site.home / "var/queue/spool.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (x)")
    connection.execute("PRAGMA user_version = 3")
    connection.commit()
    connection.close()
    return f"database {path}"


def no_users(site: Site) -> str:
    replace(site, "[channels.email]", 'users-file = "users"\n[channels.email]')
    return f"users in {site.home / 'users'}"


def expired(site: Site) -> str:
    certificate, key = Authority.make(site.home / "ca").issue("mx.x-com.kz", days=0)
    replace(site, "[channels.email]", f'certificate = "{certificate}"\nkey = "{key}"\n[channels.email]')
    return f"certificate in {certificate}"


def no_such_host(site: Site) -> str:
    replace(site, 'maildir = "mail"', 'host = "nowhere.invalid"')  # RFC 6761: never found
    return "mail server nowhere.invalid"


def dead_server(site: Site) -> str:
    port = free_port()
    replace(site, 'maildir = "mail"', f'host = "127.0.0.1"\nport = {port}')
    return f"mail server 127.0.0.1:{port}"


def no_password(site: Site) -> str:
    port = free_port()
    text = f'host = "127.0.0.1"\nport = {port}\nuser = "u"\npassword-env = "NO_SUCH_VARIABLE"'
    replace(site, 'maildir = "mail"', text)
    return f"mail server 127.0.0.1:{port}"


FAULTS = [
    broken_rules, failing_test, no_rules, no_triage, queue_is_a_file, foreign_database, no_users, expired, no_such_host,
    dead_server, no_password,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_is_a_line_that_fails_and_has_its_fix(site: Site, fault: Callable[[Site], str]) -> None:
    name = fault(site)
    done = site.command("doctor")
    assert done.returncode == 1, done.stdout
    found = verdicts(done.stdout)
    assert found[name].startswith("fail "), done.stdout
    assert [key for key, value in found.items() if value.startswith("fail")] == [name], done.stdout
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"fail  {name}: "))
    assert lines[at + 1].startswith("      fix: ")


def test_a_port_that_somebody_else_has(site: Site) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", site.smtp))
        held.listen()
        done = site.command("doctor")
    assert done.returncode == 1
    assert verdicts(done.stdout)[f"port 127.0.0.1:{site.smtp}"] == "fail Address already in use"


def test_a_wrong_configuration_is_said_problem_by_problem(site: Site) -> None:
    append(site, "[chanels]\n[relays]\n")
    done = site.command("doctor")
    assert done.returncode == 1
    failing = [line for line in done.stdout.splitlines() if line.startswith("fail  configuration: sievepy.toml:")]
    assert len(failing) == 2
    assert "fix: did you mean `channels`?" in done.stdout


def test_what_is_no_toml_is_shown_by_config(site: Site) -> None:
    append(site, "[relay\n")
    named = site.command("doctor", "--config", "sievepy.toml").stdout
    assert "fix: sievepy config --config sievepy.toml\n" in named
    assert "fix: sievepy config\n" in site.command("doctor").stdout


def test_rules_that_are_not_there_are_corrected_where_they_are_named(site: Site) -> None:
    out = site.command("doctor", "--rules", "gone.rules").stdout
    assert "fix: correct the option --rules, or let the relay's user read the file\n" in out


def test_where_it_may_not_look_a_line_says_so_and_the_others_go_on(site: Site) -> None:
    """A name too long is refused like a folder that is not ours, and root is refused it as well."""
    replace(site, "[channels.email]", f'users-file = "{LONG}"\n[spool]\nfolder = "{LONG}"\n[channels.email]')
    found = verdicts(site.command("doctor").stdout)
    assert found[f"database {site.home / LONG / 'spool.db'}"] == "fail it cannot be looked at: File name too long"
    assert found[f"users in {site.home / LONG}"] == "fail it cannot be read: File name too long"
    assert found["rules and their 1 tests"].startswith("ok")
    done = site.command("queue", "list")
    assert done.stderr == f"Error: {site.home / LONG / 'spool.db'}: File name too long\n"


def test_for_programs(site: Site) -> None:
    found = json.loads(site.command("doctor", "--json").stdout)
    assert {"verdict", "what", "found", "fix"} == set(found[0])
    assert {line["verdict"] for line in found} <= {"ok", "warn"}


def test_no_secret_is_shown(site: Site) -> None:
    (site.home / "var").mkdir()
    for name in ("var/secret", "users", "password"):
        (site.home / name).write_text(SECRET)
    replace(site, "[channels.email]", 'users-file = "users"\n[channels.email]')
    replace(
        site, 'maildir = "mail"', f'host = "127.0.0.1"\nport = {free_port()}\nuser = "u"\npassword-file = "password"'
    )
    done = site.command("doctor")
    assert done.returncode == 1
    assert "password in " in done.stdout
    assert SECRET not in done.stdout + done.stderr
