"""The configuration as commands meet it: found upward, overridden, linted by `check`, shown by `config`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from sievepy.config.schema import leaves
from sievepy.config.tables import File
from sievepy.config.variables import variable_of

ROOT = Path(__file__).parents[2]
RULES = """\
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
otherwise { triage }
test "Счёт" { subject "О счетах за октябрь"; expect assign buh }
"""
CONFIG = """\
rules = "rules/main.rules"
zone = "Asia/Almaty"
[channels.email]
host = "mail.x-com.kz"
[places]
triage = "email dispatcher@x-com.kz"
"""
WRONG = "zone = 'Asia/Almata'\n[chanels.email]\nhost = 'mail'\n"
SECRETS = ("hunter2", "swordfish", "correct-horse", "tr0ub4dor", "xyzzy-hash", "open-sesame")


def sievepy(
    *words: str | Path, cwd: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIEVEPY_")}
    environment |= {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(variables or {})}
    done = subprocess.run(
        [sys.executable, "-m", "sievepy", *map(str, words)],
        check=False,
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "rules" / "deep").mkdir(parents=True)
    (folder / "sievepy.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "rules" / "main.rules").write_text(RULES, encoding="utf-8")
    (folder / "letter.eml").write_bytes("Subject: Счёт\nFrom: a@b.kz\n\nx\n".encode())
    return folder


# ---------------------------------------------------------------- found upward

COMMANDS = (
    "check --tests",
    "test",
    "explain {letter}",
    "process {letter}",
    "relay --check",
    "queue list",
    "trace 0",
    "config",
    "routes",
    "doctor",
    "fmt --check",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_finds_it_from_a_folder_below(project: Path, command: str) -> None:
    """By what only a command that has read the file can say."""
    (project / "sievepy.toml").write_text(WRONG, encoding="utf-8")
    words = command.format(letter=project / "letter.eml").split()
    done = sievepy(*words, cwd=project / "rules" / "deep")
    assert "unknown key `chanels`" in done.stdout + done.stderr
    assert "did you mean `channels`?" in done.stdout + done.stderr
    assert done.returncode == (1 if words[0] in ("check", "doctor") else 2)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_variable_names_another_file(project: Path, command: str) -> None:
    other = project.parent / "other.toml"
    other.write_text(WRONG, encoding="utf-8")
    words = command.format(letter=project / "letter.eml").split()
    done = sievepy(*words, cwd=project, variables={"SIEVEPY_CONFIG": str(other)})
    assert "unknown key `chanels`" in done.stdout + done.stderr


def test_a_variable_that_names_what_cannot_be_read_is_named(project: Path) -> None:
    (project / "latin.toml").write_bytes(b"zone = '\xe9'\n")
    for name, why in (("gone.toml", "No such file or directory"), ("latin.toml", "byte 9 is not UTF-8")):
        done = sievepy("check", cwd=project, variables={"SIEVEPY_CONFIG": name})
        told = f"cannot read {project / name}: {why}; the variable SIEVEPY_CONFIG names it"
        assert (done.returncode, done.stderr) == (2, f"Error: {told}\n")


def test_rules_that_are_not_there_are_said_to_be_with_where_they_are_named(project: Path) -> None:
    named = sievepy("test", cwd=project, variables={"SIEVEPY_RULES": "gone.rules"})
    assert named.stderr == "Error: there is no rules file gone.rules; `sievepy config` shows where it is named\n"
    assert sievepy("test", "--rules", "rules", cwd=project).stderr == "Error: rules is a folder, and no rules file\n"
    long = sievepy("check", cwd=project, variables={"SIEVEPY_RULES": "a" * 300})  # refused like what we may not read
    assert f"cannot read {'a' * 300}: File name too long; `sievepy config`" in long.stderr
    given = sievepy("routes", "--rules", "gone.rules", cwd=project)
    assert (given.stderr, given.returncode) == ("Error: there is no rules file gone.rules\n", 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_output_that_finds_no_room_is_an_error_and_no_traceback(project: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "sievepy", "config"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, check=False, cwd=project, env=environment, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, b"Error: cannot write: No space left on device\n")


def test_rules_are_found_from_a_folder_below(project: Path) -> None:
    done = sievepy("test", cwd=project / "rules" / "deep")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sievepy("check", "--strict", cwd=project / "rules").returncode == 0


def test_a_flag_outranks_a_variable_and_that_the_file(project: Path) -> None:
    for name in ("file", "variable", "flag"):
        text = RULES.replace("buh", name).replace("@x-com", "@y-com")
        (project / f"{name}.rules").write_text(text, encoding="utf-8")
    (project / "sievepy.toml").write_text(CONFIG.replace("rules/main", "file"), encoding="utf-8")

    def assigned(*words: str, **variables: str) -> str:
        done = sievepy("process", "letter.eml", "--json", *words, cwd=project, variables=variables)
        assert done.returncode == 0, done.stderr
        (found,) = re.findall(r'"(file|variable|flag)"', done.stdout)[:1]
        return str(found)

    assert assigned() == "file"
    assert assigned(SIEVEPY_RULES="variable.rules") == "variable"
    assert assigned("--rules", "flag.rules", SIEVEPY_RULES="variable.rules") == "flag"


def test_a_wrong_variable_is_named(project: Path) -> None:
    done = sievepy("relay", "--check", cwd=project, variables={"SIEVEPY_RELAY_WORKERS": "hunter2"})
    assert done.returncode == 2
    assert "error[E154]: `SIEVEPY_RELAY_WORKERS`" in done.stderr
    assert "hunter2" not in done.stderr


# ---------------------------------------------------------------- linted by `check`


def places(output: str, form: str) -> set[tuple[str, int, int]]:
    """Code, row and column of each finding (column 0 where the format has none)."""
    match form:
        case "full":
            heads = re.findall(r"error\[(E\d+)\].*\n +--> sievepy\.toml:(\d+):(\d+)", output)
        case "concise":
            heads = [
                (code, row, column)
                for row, column, code in re.findall(r"^sievepy\.toml:(\d+):(\d+): error\[(E\d+)\]", output, re.M)
            ]
        case "json":
            heads = [(f["code"], f["location"]["row"], f["location"]["column"]) for f in json.loads(output)]
        case "sarif":
            (run,) = json.loads(output)["runs"]
            ids = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
            regions = [(f["ruleId"], f["locations"][0]["physicalLocation"]["region"]) for f in run["results"]]
            assert {code for code, _ in regions} <= ids
            heads = [(code, region["startLine"], region["startColumn"]) for code, region in regions]
        case "github":
            heads = [
                (code, row, column)
                for row, column, code in re.findall(r"^::error .*line=(\d+),.*?col=(\d+),.*(E\d{3})", output, re.M)
            ]
        case "gitlab":
            heads = [(f["check_name"][:4], f["location"]["lines"]["begin"], 0) for f in json.loads(output)]
        case _:
            heads = [
                (case.get("name", "")[:4], case.get("line", 0), int(case.get("name", "").rpartition(":")[2]))
                for case in xml.fromstring(output).iter("testcase")
            ]
    return {(code, int(row), int(column)) for code, row, column in heads}


@pytest.mark.parametrize("form", ["full", "concise", "json", "sarif", "github", "gitlab", "junit"])
def test_mistakes_are_findings_in_every_format(project: Path, form: str) -> None:
    (project / "sievepy.toml").write_text("[relay]\nworkers = 'x'\n[chanels.email]\nhost = 'mail'\n", encoding="utf-8")
    done = sievepy("check", "--output-format", form, cwd=project)
    assert done.returncode == 1
    assert done.stderr == ""
    columns = (0, 0) if form == "gitlab" else (11, 2)
    assert places(done.stdout, form) == {("E153", 2, columns[0]), ("E152", 3, columns[1])}


@pytest.mark.parametrize("form", ["full", "concise", "json", "sarif", "github", "gitlab", "junit"])
def test_a_wrong_variable_is_a_finding_in_every_format(project: Path, form: str) -> None:
    done = sievepy("check", "--output-format", form, cwd=project, variables={"SIEVEPY_ZONE": "Nowhere"})
    assert done.returncode == 1
    assert "E154" in done.stdout and "SIEVEPY_ZONE" in done.stdout


def test_a_configuration_is_no_rules_file(project: Path) -> None:
    done = sievepy("check", "sievepy.toml", cwd=project)
    assert done.returncode == 2
    assert "a configuration is checked with its rules" in done.stderr


@pytest.mark.parametrize("code", ["E151", "E152", "E153", "E154"])
def test_each_code_has_a_page(code: str, tmp_path: Path) -> None:
    done = sievepy("rule", code, cwd=tmp_path)
    assert done.returncode == 0
    assert "Example:" in done.stdout and "Use instead:" in done.stdout


# ---------------------------------------------------------------- shown by `config`


def test_the_settings_in_force_with_their_origin(project: Path) -> None:
    done = sievepy("config", "--rules", "x.rules", cwd=project, variables={"SIEVEPY_ZONE": "UTC"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"# {project / 'sievepy.toml'}\n")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["rules", "=", '"x.rules"', "#", "--rules"] in lines
    assert ["zone", "=", '"UTC"', "#", "SIEVEPY_ZONE"] in lines
    assert ["host", "=", '"mail.x-com.kz"', "#", "sievepy.toml:4"] in lines
    assert ["port", "=", "25", "#", "default"] in lines
    assert tomllib.loads(done.stdout)["channels"]["email"]["host"] == "mail.x-com.kz"
    data = json.loads(sievepy("config", "--json", cwd=project).stdout)
    assert [each["key"] for each in data] == [".".join(leaf.path) for leaf in leaves(File)]


def test_an_option_begins_where_it_is_given_and_is_shown_so_that_it_leads_there_from_the_file(project: Path) -> None:
    below = sievepy("config", "--rules", "x.rules", cwd=project / "rules")
    assert tomllib.loads(below.stdout)["rules"] == str(project / "rules" / "x.rules")
    beside = sievepy("config", "--rules", "x.rules", cwd=project)
    assert tomllib.loads(beside.stdout)["rules"] == "x.rules"


def test_without_a_file_it_says_so(tmp_path: Path) -> None:
    done = sievepy("config", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("# there is no sievepy.toml here or above\n")


@pytest.mark.parametrize("by", ["file", "variable"])
@pytest.mark.parametrize("output", [[], ["--json"]])
def test_no_secret_of_any_kind_is_shown(project: Path, by: str, output: list[str]) -> None:
    """The contents of every file and variable that holds one; each is said to be there."""
    relay = {"secret-file": "a", "key": "b", "certificate": "c", "users-file": "d"}
    for number, name in enumerate(relay.values()):
        (project / name).write_text(SECRETS[number], encoding="utf-8")
    email = {"user": "u", "host": "mail"}
    variables = {"THE_PASSWORD": SECRETS[4]}
    if by == "file":
        (project / "p").write_text(SECRETS[5], encoding="utf-8")
        email["password-file"] = "p"
    else:
        email["password-env"] = "THE_PASSWORD"
    given = {("relay", key): value for key, value in relay.items()}
    given |= {("channels", "email", key): value for key, value in email.items()}
    text = "[relay]\n" + "".join(f'{key} = "{value}"\n' for key, value in relay.items())
    text += "[channels.email]\n" + "".join(f'{key} = "{value}"\n' for key, value in email.items())
    if by == "variable":
        text, variables = "", variables | {variable_of(path).name: value for path, value in given.items()}
    (project / "sievepy.toml").write_text(text, encoding="utf-8")
    done = sievepy("config", *output, cwd=project, variables=variables)
    assert done.returncode == 0, done.stderr
    for secret in SECRETS:
        assert secret not in done.stdout + done.stderr
    assert done.stdout.count("********") == 4
    assert done.stdout.count("readable") == (4 if by == "file" else 3)


def test_a_secret_that_was_written_into_the_file_is_not_shown_by_any_command(project: Path) -> None:
    (project / "sievepy.toml").write_text(
        CONFIG.replace("[places]", 'password = "hunter2"\n[places]'), encoding="utf-8"
    )
    for words in (["config"], ["config", "--json"], ["check"], ["check", "--output-format", "json"], ["relay"]):
        done = sievepy(*words, cwd=project)
        assert "hunter2" not in done.stdout + done.stderr
        assert "unknown key `password`" in done.stdout + done.stderr
