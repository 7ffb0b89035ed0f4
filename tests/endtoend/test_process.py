"""The real command on real folders: what it prints, what it does, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = """
department buh "Бухгалтерия" { email buh@x-com.kz }
department activ "Активация" { email activ@x-com.kz; restricted }

rule "Наблюдаем" { observe; when subject mentions "акт"; quarantine }
rule "Акты" { when subject mentions "акт сверки"; assign buh; tag money }
rule "Удостоверения" { when text mentions "паспорт"; assign activ; also assign buh; notify buh }
otherwise { propose buh; tag unsorted }
"""
ACT = "From: a@b.kz\nSubject: Прошу акты сверки\n\nЗа октябрь\n".encode()
PASSPORT = "From: a@b.kz\nSubject: x\n\nмой паспорт\n".encode()
OTHER = b"From: a@b.kz\nSubject: hello\n\nhi\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a maildir of three letters and rules."""
    (tmp_path / "a.rules").write_text(RULES, encoding="utf-8")
    for folder in ("tmp", "new", "cur"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir/new/1.act").write_bytes(ACT)
    (tmp_path / "Maildir/cur/2.passport:2,S").write_bytes(PASSPORT)
    (tmp_path / "Maildir/new/3.other").write_bytes(OTHER)
    return tmp_path


def sievepy(home: Path, *arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "sievepy", *arguments],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        input=None if data is None else data.decode("utf-8", "surrogateescape"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def process(home: Path, *arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
    return sievepy(home, "process", "--rules", "a.rules", *arguments, data=data)


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# ---------------------------------------------------------------- simulation


def test_each_letter_with_its_reason_and_the_totals(home: Path) -> None:
    before = files(home)
    done = process(home, "Maildir")
    assert (done.returncode, done.stderr) == (0, "")
    act, passport, other, *totals = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert act == "1.act buh (Наблюдаем: акты, only observed); Акты: акты сверки"
    assert passport == "2.passport:2,S activ, buh Удостоверения: паспорт"
    assert other == "3.other triage proposed: buh; no rule decides"
    assert "buh 2 67 Бухгалтерия" in totals
    assert "Наблюдаем 1 only observed" in totals
    assert totals[-1].startswith("unsorted, left to a person: 1 of 3 letters (33 %); judged in")
    assert files(home) == before


def test_quiet_prints_the_totals_only(home: Path) -> None:
    done = process(home, "Maildir", "--quiet")
    assert "1.act" not in done.stdout
    assert "Бухгалтерия" in done.stdout


def test_json_has_exactly_these_keys(home: Path) -> None:
    act, passport, other = objects(process(home, "Maildir", "--json"))
    assert list(act) == ["source", "destination", "departments", "actions", "tags", "rules", "flags", "ms"]
    assert act | {"ms": 0} == {
        "source": "1.act",
        "destination": "assign",
        "departments": ["buh"],
        "actions": [
            {"action": "assign", "department": "buh", "also": False, "with_content": False},
            {"action": "tag", "name": "money"},
        ],
        "tags": ["money"],
        "rules": ["Акты"],
        "flags": ["charset-guessed"],
        "ms": 0,
    }
    assert isinstance(act["ms"], float)
    assert passport["departments"] == ["activ", "buh"]
    assert {
        "action": "assign",
        "department": "buh",
        "also": True,
        "with_content": False,
        "reference": True,
    } in passport["actions"]
    assert (other["destination"], other["departments"], other["rules"]) == ("triage", [], ["otherwise"])


def test_workers_say_the_same_as_one_process(home: Path) -> None:
    one, two = (objects(process(home, "Maildir", "--json", "-j", n)) for n in ("1", "2"))
    assert [each | {"ms": 0} for each in one] == [each | {"ms": 0} for each in two]


def test_workers_show_the_same_rows(home: Path) -> None:
    """With the words that were met; but for the time it took, which ends the last line."""
    (home / "inbox").write_bytes((b"From a@b.kz Thu Jan 15 12:00:00 2026\n" + ACT + b"\n") * 40)
    for source in ("Maildir", "inbox"):
        one, two = (process(home, source, "-j", n).stdout.rpartition(";")[0] for n in ("1", "2"))
        assert "Акты: акты сверки" in one
        assert one == two


def test_workers_deliver_the_same(home: Path) -> None:
    shutil.copytree(home / "Maildir", home / "Other")
    for maildir, to, jobs in (("Maildir", "one", "1"), ("Other", "two", "2")):
        assert process(home, maildir, "--apply", "--to", to, "-j", jobs).returncode == 0
    assert sum(path.is_file() for path in (home / "two").glob("*/new/*")) == 4
    assert texts(home / "one") == texts(home / "two")
    assert files(home / "Maildir/Processed") == files(home / "Other/Processed")


def texts(folder: Path) -> list[tuple[str, bytes]]:
    """The letters below a folder, by their maildir, without the headers and the file names that are made anew."""
    found = [path for path in folder.glob("*/new/*") if not path.read_bytes().count(b"\nFrom: sievepy ")]
    return sorted((path.parts[-3], path.read_bytes().partition(b"From: ")[2]) for path in found)


@pytest.mark.parametrize("source", ["inbox", "folder", "letter"])
def test_the_other_sources(home: Path, source: str) -> None:
    (home / "inbox").write_bytes((b"From a@b.kz Thu Jan 15 12:00:00 2026\n" + ACT + b"\n") * 2)
    (home / "folder").mkdir()
    (home / "folder" / "a.eml").write_bytes(ACT)
    (home / "letter").write_bytes(ACT)
    names = {"inbox": ["inbox#1", "inbox#2"], "folder": ["a.eml"], "letter": ["letter"]}[source]
    found = objects(process(home, source, "--json"))
    assert [each["source"] for each in found] == names
    assert all(each["departments"] == ["buh"] for each in found)


def test_a_letter_from_a_pipe(home: Path) -> None:
    (found,) = objects(process(home, "-", "--json", data=ACT))
    assert (found["source"], found["departments"]) == ("-", ["buh"])


def test_file_names_that_are_no_utf8(home: Path) -> None:
    (home / "old").mkdir()
    (home / "old" / os.fsdecode("Письмо.eml".encode("cp1251"))).write_bytes(ACT)
    (found,) = objects(process(home, "old", "--json"))
    assert found["source"] == "\ufffd" * 6 + ".eml"
    assert process(home, "old").returncode == 0


def test_nothing_to_do(home: Path) -> None:
    shutil.rmtree(home / "Maildir/new")
    (home / "Maildir/new").mkdir()
    (home / "Maildir/cur/2.passport:2,S").unlink()
    done = process(home, "Maildir")
    assert (done.returncode, done.stdout) == (0, "no letters\n")


# ---------------------------------------------------------------- apply and undo


def test_apply_and_take_back(home: Path) -> None:
    before = files(home / "Maildir")
    done = process(home, "Maildir", "--apply", "--to", "sorted")
    assert done.returncode == 0
    assert "run 1: delivered below sorted; to take it back: sievepy process Maildir --undo 1" in done.stderr
    assert sorted({path.rpartition("/")[0] for path in files(home / "sorted")}) == [
        "", "Triage/new", "activ/new", "buh/new",
    ]  # fmt: skip
    assert files(home / "Maildir") == [
        ".sievepy-journal", "Processed/cur/2.passport:2,S", "Processed/new/1.act", "Processed/new/3.other",
    ]  # fmt: skip
    undone = sievepy(home, "process", "Maildir", "--undo", "1")
    assert (undone.returncode, undone.stdout) == (0, "run 1: 3 of 3 letters taken back\n")
    assert files(home / "Maildir") == [".sievepy-journal", *before]
    assert files(home / "sorted") == ["pending.jsonl"]
    assert (home / "sorted/pending.jsonl").read_bytes() == b""


def test_what_cannot_be_undone_is_told(home: Path) -> None:
    process(home, "Maildir", "--apply", "--to", "sorted")
    (triage,) = (home / "sorted/Triage/new").iterdir()
    triage.rename(home / "sorted/Triage/cur" / f"{triage.name}:2,S")
    undone = sievepy(home, "process", "Maildir", "--undo", "1")
    assert undone.returncode == 1
    assert "3.other: not undone: Triage: somebody has read or marked it (S); it stays" in undone.stderr
    assert (home / "Maildir/new/3.other").exists()


def test_runs_that_are_not_there(home: Path) -> None:
    never = sievepy(home, "process", "Maildir", "--undo", "1")
    assert (never.returncode, never.stderr) == (2, "Error: no run has worked on Maildir: it has no journal\n")
    process(home, "Maildir", "--apply", "--to", "sorted")
    wrong = sievepy(home, "process", "Maildir", "--undo", "7")
    assert wrong.returncode == 2
    assert "there is no run 7 of Maildir; there are: 1 (20" in wrong.stderr


def test_an_interrupted_run_is_gone_on_with_by_the_same_command(home: Path) -> None:
    (home / "sorted").mkdir()
    (home / "sorted/buh").write_text("in the way")
    stopped = process(home, "Maildir", "--apply", "--to", "sorted")
    assert stopped.returncode == 1
    assert "stopped at 1.act" in stopped.stderr
    assert "nothing is lost: mend that and start the same command again" in stopped.stderr
    (home / "sorted/buh").unlink()
    again = process(home, "Maildir", "--apply", "--to", "sorted")
    assert again.returncode == 0
    assert "finished what was interrupted: 1.act" in again.stderr
    assert len(list((home / "sorted/buh/new").iterdir())) == 2


def test_two_runs_at_once(home: Path) -> None:
    """While one run holds the maildir (it is stopped in the middle), the second refuses."""
    for number in range(40):
        (home / f"Maildir/new/9{number}.act").write_bytes(ACT)
    command = [sys.executable, "-m", "sievepy", "process", "--rules", "a.rules", "Maildir", "--apply", "--to", "sorted"]
    first = subprocess.Popen(
        command, cwd=home, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not (home / "sorted/buh/new").exists():
        assert first.poll() is None
        time.sleep(0.001)
    first.send_signal(signal.SIGSTOP)
    second = process(home, "Maildir", "--apply", "--to", "sorted")
    assert second.returncode == 2
    assert "another run is at work: it holds Maildir/.sievepy-journal" in second.stderr
    first.send_signal(signal.SIGCONT)
    _, errors = first.communicate()
    assert first.returncode == 0, errors.decode()
    assert len(list((home / "sorted/buh/new").iterdir())) == 42


def test_a_pipe_that_is_given_again_delivers_once(home: Path) -> None:
    for _ in range(2):
        assert process(home, "-", "--apply", "--to", "sorted", data=ACT).returncode == 0
    assert len(list((home / "sorted/buh/new").iterdir())) == 1


# ---------------------------------------------------------------- what goes wrong


def test_rules_that_do_not_compile(home: Path) -> None:
    (home / "a.rules").write_text('rule "x" { when subjekt contains "y"; quarantine }\notherwise { triage }\n')
    done = process(home, "Maildir")
    assert done.returncode == 2
    assert "subjekt" in done.stderr and "a.rules:1:17" in done.stderr


@pytest.mark.parametrize("rules", ["broken", "missing"])
def test_from_a_pipe_no_mistake_of_ours_bounces_the_letter(home: Path, rules: str) -> None:
    if rules == "broken":
        (home / "a.rules").write_text("rule {")
    else:
        (home / "a.rules").unlink()
    done = process(home, "-", "--apply", "--to", "sorted", data=ACT)
    assert done.returncode == 75
    assert done.stderr


def test_from_a_pipe_a_folder_that_cannot_be_written_is_tried_again_later(home: Path) -> None:
    (home / "sorted").mkdir()
    (home / "sorted/buh").write_text("in the way")
    done = process(home, "-", "--apply", "--to", "sorted", data=ACT)
    assert done.returncode == 75
    assert "sorted/buh" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("Maildir", "--apply"),
        ("Maildir", "--to", "sorted"),
        ("Maildir", "--undo", "1", "--apply", "--to", "x"),
        ("-", "--undo", "1"),
        ("Maildir", "-j", "0"),
        ("Maildir", "--apply", "--to", "Maildir"),
        ("nowhere",),
        (),
    ],
)
def test_commands_that_make_no_sense(home: Path, arguments: tuple[str, ...]) -> None:
    before = files(home)
    done = process(home, *arguments)
    assert done.returncode == 2
    assert "Error: " in done.stderr
    assert files(home) == before


def test_a_damaged_journal_is_left_as_it_is(home: Path) -> None:
    (home / "Maildir/.sievepy-journal").write_text("nonsense\n")
    done = process(home, "Maildir", "--apply", "--to", "sorted")
    assert done.returncode == 2
    assert "line 1 of Maildir/.sievepy-journal cannot be read" in done.stderr
    assert not (home / "sorted").exists()


def test_a_letter_that_cannot_be_read_is_reported_at_the_end(home: Path) -> None:
    (home / "Maildir/new/9.folder").mkdir()
    done = process(home, "Maildir", "--apply", "--to", "sorted")
    assert done.returncode == 1
    assert "9.folder: not dealt with, it stays where it is: cannot be read: Is a directory" in done.stderr
    assert len(files(home / "Maildir/Processed")) == 3


# ---------------------------------------------------------------- at a terminal


def test_the_bar_is_for_a_terminal_only(home: Path) -> None:
    assert "━" not in process(home, "Maildir").stderr
    assert "3/3" in at_a_terminal(home, "Maildir")


def at_a_terminal(home: Path, *arguments: str) -> str:
    """What the command writes to a terminal of 80 columns."""
    main, other = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sievepy", "process", "--rules", "a.rules", *arguments],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
        stdin=subprocess.DEVNULL,
        stdout=other,
        stderr=other,
    )
    os.close(other)
    written = b""
    while True:
        try:
            chunk = os.read(main, 4096)
        except OSError:  # the other end is closed (Linux says EIO)
            break
        if not chunk:
            break
        written += chunk
    os.close(main)
    assert process.wait() == 0
    return written.decode()
