"""`make run`: the very command of the Makefile, what it counts, and that it leaves nothing running."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from examples.relay.outcome import Outcome, line_of, summary
from examples.relay.sending import Sent

ROOT = Path(__file__).parents[2]
MAKE = ("make", "--no-print-directory", "-s", "-o", ".venv/.run", "run", f"PY={sys.executable}", "VENV=.venv")
DEMO = (sys.executable, "-m", "examples.relay")


def run(command: Sequence[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def lives(process: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def test_each_example_letter_goes_where_process_says_it_would_and_nothing_is_lost(tmp_path: Path) -> None:
    judged = run(
        (sys.executable, "-m", "sievepy", "process"), "examples/inbox", "--rules", "rules/x-com.rules", "--json"
    )
    expected = {}
    for line in judged.stdout.splitlines():
        plan = json.loads(line)
        expected[plan["source"].partition(":")[0]] = plan["departments"] or [plan["destination"]]
    done = run(MAKE, f"DEMO={tmp_path}/demo")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = {line[:32].strip(): line[34:57].strip() for line in done.stdout.splitlines() if re.match(r"\d{4}\.", line)}
    assert len(shown) == len(expected) == 84
    for name, places in expected.items():
        told = next(text for start, text in shown.items() if name.startswith(start.rstrip("…")))
        words = [place.partition(" (")[0] for place in told.split(", ")]
        if places[0] in ("file", "forward"):
            assert told.startswith(("file ", "email ")), name
        else:
            assert places == words, name
    assert "letters: 84 sent, 84 accepted, 80 delivered, 4 held, 0 dead, 0 waiting, 0 lost, 0 doubled" in done.stdout
    assert "SIGTERM: the relay ended with status 0" in done.stdout
    assert "Платежи, блокировка: разблокируйте; tag request" in done.stdout
    letters = list((tmp_path / "demo/var/mail").glob("**/new/*"))
    total = sum(int(n) for n in re.findall(r"^\S.*?  +(\d+)$", done.stdout, re.MULTILINE))
    assert len(letters) == total - 4  # what is held lies in no maildir
    (trace,) = re.findall(r"^\$ (.* trace .*)$", done.stdout, re.MULTILINE)
    story = run(shlex.split(trace))
    assert story.returncode == 0
    assert "delivered" in story.stdout


def test_a_second_run_begins_anew(tmp_path: Path) -> None:
    letters = small_maildir(tmp_path)
    for _ in range(2):
        done = run(DEMO, str(letters), "--folder", str(tmp_path / "demo"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 sent, 1 accepted, 1 delivered, 0 held" in done.stdout
    assert len(list((tmp_path / "demo/var/mail").glob("**/new/*"))) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_it_ends_the_relay_too(tmp_path: Path, number: signal.Signals) -> None:
    command = [*DEMO, "--folder", str(tmp_path / "demo")]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        assert demo.stdout is not None and demo.stderr is not None
        while not (line := demo.stdout.readline()).startswith(b"takes letters"):
            assert line, demo.stderr.read()
        relay = int((tmp_path / "demo/var/queue/pid").read_text())
        assert lives(relay)
        demo.send_signal(number)
        _, said = demo.communicate()
    assert demo.returncode == 130
    assert b"Traceback" not in said
    assert not lives(relay)
    assert '"stopped"' in (tmp_path / "demo/relay.log").read_text()


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "mine").touch()
    done = run(DEMO, "--folder", str(tmp_path))
    assert done.returncode == 2
    assert "name another --folder" in done.stderr
    assert (tmp_path / "var" / "mine").exists()
    assert not (tmp_path / "sievepy.toml").exists()


def test_without_letters_it_says_so_and_stops_the_relay(tmp_path: Path) -> None:
    done = run(DEMO, str(tmp_path / "nothing"), "--folder", str(tmp_path / "demo"))
    assert done.returncode == 2
    assert "there is no letter in" in done.stderr
    assert '"stopped"' in (tmp_path / "demo/relay.log").read_text()


def small_maildir(folder: Path) -> Path:
    path = folder / "letters" / "new" / "1"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"Return-Path: <>\nDelivered-To: info@x-com.kz\nFrom: a@b.example\nSubject: hello\n\n.\n..\nhi\n")
    return folder / "letters"


# ---------------------------------------------------------------- what it counts


def story(*deliveries: dict[str, Any], plan: bool = True) -> dict[str, Any]:
    fired = [{"rule": "R", "observed": False, "words": ["word"], "hits": []}]
    found = {
        "fired": fired,
        "notes": [],
        "rules": ["R"],
        "actions": [],
        "departments": ["buh"],
        "destination": "assign",
    }
    return {"letter_state": "planned", "plan": found if plan else None, "deliveries": list(deliveries)}


def delivery(
    id: str, state: str = "delivered", department: str | None = "buh", channel: str = "email"
) -> dict[str, Any]:
    return {
        "delivery": id,
        "state": state,
        "department": department,
        "channel": channel,
        "target": "t",
        "reference": False,
    }


GOOD = {"a": story(delivery("d1")), "b": story(delivery("d2", "held", None, "quarantine"))}
SENT = [Sent("1", "a", "250 ok"), Sent("2", "b", "250 ok")]


def outcome(stories: dict[str, Any], arrived: dict[str, int], sent: list[Sent] = SENT) -> Outcome:
    return Outcome.of(sent, stories, Counter(arrived))


def test_what_is_delivered_and_held_is_good() -> None:
    found = outcome(GOOD, {"d1": 1})
    assert (found.accepted, found.delivered, found.held, found.lost, found.good) == (2, 1, 1, (), True)
    assert found.example == "a"


@pytest.mark.parametrize(
    ("stories", "arrived"),
    [
        (GOOD, {}),  # it is called delivered, and lies nowhere
        ({"b": GOOD["b"]}, {"d1": 1}),  # the queue does not know it
        ({**GOOD, "a": story()}, {}),  # nothing is to be done with it
        ({**GOOD, "a": story(delivery("d1", "replaced"))}, {}),
        ({**GOOD, "a": story(delivery("d1"), delivery("d3"))}, {"d1": 1}),  # one of two places
    ],
)
def test_a_letter_that_is_nowhere_is_lost(stories: dict[str, Any], arrived: dict[str, int]) -> None:
    found = outcome(stories, arrived)
    assert (found.lost, found.good) == (("1",), False)
    assert "LOST: 1" in summary(found, Path("mail"))


@pytest.mark.parametrize(
    ("count", "stories", "arrived", "sent"),
    [
        ("doubled", GOOD, {"d1": 2}, SENT),
        ("dead", {**GOOD, "a": story(delivery("d1", "failed"))}, {}, SENT),
        ("waiting", {**GOOD, "a": story(delivery("d1", "queued"))}, {}, SENT),
        ("waiting", {**GOOD, "a": {**story(plan=False), "letter_state": "accepted"}}, {}, SENT),
        ("sent", GOOD, {"d1": 1}, [*SENT, Sent("3", None, "550 no")]),
    ],
)
def test_what_else_is_not_good(count: str, stories: dict[str, Any], arrived: dict[str, int], sent: list[Sent]) -> None:
    found = outcome(stories, arrived, sent)
    assert getattr(found, count) >= 1
    assert not found.good


def test_a_refused_letter_shows_the_server_s_word() -> None:
    assert line_of(Sent("3", None, "550 5.1.1 no"), None, None).split("  ")[-1] == "550 5.1.1 no"
