"""The operations documents against the code: every key with its default, every metric with its labels, every limit,
every command with its options, and configurations that can be run."""

from __future__ import annotations

import dataclasses
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import msgspec
import prometheus_client
import pytest

from sievepy.cli.main import main
from sievepy.config import parse_config
from sievepy.config.build import relay_settings, smtp_settings
from sievepy.config.tables import File
from sievepy.mail.trust import NO_TRUST
from sievepy.relay.metrics import Metrics
from sievepy.relay.settings import Settings as RelaySettings
from sievepy.relay.settings import WorkerLimits
from sievepy.sources.smtp.limits import KIBIBYTE, MEBIBYTE, Limits
from sievepy.sources.smtp.port import Event
from sievepy.spool.retry import Policy

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/operations").glob("*.md"))
NO_DEFAULT = "—"


def page(name: str) -> str:
    return (ROOT / "docs/operations" / name).read_text(encoding="utf-8")


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each row of a table, but for its head."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) > 1:
            yield cells


def fenced(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


# ---------------------------------------------------------------- configuration


def documented_keys() -> dict[str, str]:
    """Dotted key -> its default, as written."""
    found = {}
    table = ""
    for part in re.split(r"^## ", page("configuration.md"), flags=re.MULTILINE)[1:]:
        title = part.partition("\n")[0]
        table = "" if title == "Top level" else title.strip("`[]") + "."
        for key, default, *_ in rows(part):
            if key.startswith("`"):
                found[table + key.strip("`")] = default.strip("`")
    return found


def keys_of(struct: type[msgspec.Struct], prefix: str = "") -> dict[str, str]:
    """Dotted key -> its default as TOML; tables are followed."""
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(struct):
        inner = next(
            (k for k in (field.type, *get_args(field.type)) if isinstance(k, type) and issubclass(k, msgspec.Struct)),
            None,
        )
        if inner is not None:
            found |= keys_of(inner, f"{prefix}{field.encode_name}.")
            continue
        value = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        found[prefix + field.encode_name] = NO_DEFAULT if value is None else msgspec.json.encode(value).decode()
    return found


def test_every_key_of_the_configuration_is_documented_with_its_default() -> None:
    expected = keys_of(File)
    documented = documented_keys()
    assert set(documented) == set(expected)
    assert {k: v.replace(", ", ",") for k, v in documented.items()} == expected
    assert len(expected) > 30
    assert expected["trust.spam-score"] == f'"{NO_TRUST.spam_score}"'


CONFIGURATIONS = [(path.name, text) for path in PAGES for text in fenced(path.read_text(encoding="utf-8"), "toml")]


@pytest.mark.parametrize(("name", "text"), CONFIGURATIONS)
def test_a_configuration_in_the_documents_can_be_run(name: str, text: str) -> None:
    config, problems = parse_config("sievepy.toml", text)
    assert problems == ()
    relay_settings(config, b"k" * 32)
    smtp_settings(config, {})


def test_there_are_such_configurations() -> None:
    assert {name for name, _ in CONFIGURATIONS} == {"install.md", "placement.md"}


# ---------------------------------------------------------------- metrics


def exposed(metrics: Metrics) -> dict[str, tuple[str, ...]]:
    """The name of each metric as Prometheus has it -> its labels."""
    found = {}
    for collector in vars(metrics).values():
        if not isinstance(collector, prometheus_client.metrics.MetricWrapperBase):
            continue
        (family,) = collector.describe()
        name = family.name + "_total" if family.type == "counter" else family.name
        found[name] = tuple(collector._labelnames)
    return found


def test_every_metric_is_documented_with_its_labels() -> None:
    documented = {
        cells[0].strip("`"): tuple(re.findall(r"`(\w+)`", cells[1]))
        for cells in rows(page("monitoring.md"))
        if cells[0].startswith("`sievepy_") and "{" not in cells[0]
    }
    assert documented == exposed(Metrics())
    assert len(documented) > 15


def test_alerts_name_metrics_and_labels_that_exist() -> None:
    known = exposed(Metrics())
    used = re.findall(r"(sievepy_\w+)(?:\{([^}]*)\})?", page("monitoring.md").partition("## Alerts")[2])
    assert used
    for name, labels in used:
        assert set(re.findall(r"(\w+)=", labels)) <= set(known[name]), name


def test_every_event_of_clients_is_named() -> None:
    (line,) = [line for line in page("monitoring.md").splitlines() if line.startswith("| `sievepy_smtp_events_total`")]
    assert set(re.findall(r"`([\w-]+)`", line)) == {"sievepy_smtp_events_total", "event", *Event}


# ---------------------------------------------------------------- limits


def test_the_limits_are_those_of_the_code() -> None:
    stated = {cells[0]: cells[1] for cells in rows(page("security.md"))}
    limits, relay, worker = Limits(), {f.name: f.default for f in dataclasses.fields(RelaySettings)}, WorkerLimits()
    assert stated["message"].startswith(f"{limits.message // MEBIBYTE} MiB")
    assert stated["header block"] == f"{limits.header // MEBIBYTE} MiB"
    assert stated["line of a letter"] == f"{limits.line // KIBIBYTE} KiB"
    assert stated["recipients of a letter"] == str(limits.recipients)
    assert stated["refused commands in a session"] == str(limits.errors)
    assert stated["commands that bring no letter nearer"] == str(limits.junk)
    assert stated["connections"].startswith(f"{limits.connections:,}, and {limits.connections_each} from one address")
    assert stated["time for a command"] == f"{limits.command_time:.0f} s"
    assert stated["bytes of a letter"] == f"at least {limits.data_rate:.0f} a second, after {limits.data_grace:.0f} s"
    assert stated["session"] == f"{limits.session_time / 60:.0f} minutes"
    memory = f"{limits.memory // MEBIBYTE} MiB together; above {limits.in_file // KIBIBYTE} KiB"
    assert stated["letters in memory"].startswith(memory)
    judging = f"{worker.cpu} s of CPU, {worker.wall:.0f} s, {worker.memory // 1024**3} GiB"
    assert stated["judging a letter"].startswith(judging)
    assert stated["deliveries at a time"] == f"{relay['each']} to one destination, {relay['together']} in all"
    assert stated["life of a delivery"] == f"{Policy().life.days} days"


# ---------------------------------------------------------------- commands


def commands(text: str) -> Iterator[list[str]]:
    """The words of each call of sievepy in the `sh` blocks, and of those in the tables: `sievepy queue list`."""
    lines = [line for block in fenced(text, "sh") for line in block.splitlines()]
    lines += re.findall(r"`(sievepy [^`]*)`", text)
    for line in lines:
        for words in simple_commands(re.sub(r"\[(\w+)\]|(ID)…", r"\1\2", line).replace("…", "x")):
            if words and words[0].rpartition("/")[2] == "sievepy":
                yield words[1:]


def simple_commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a pipe, without who runs it."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word in ("|", ";"):
            yield words
            words = []
        elif words or word != "xargs":
            words.append(word)
        if words[:1] == ["sudo"] and len(words) == 2 and words[1] != "-u":
            words = words[1:]
        elif words[:2] == ["sudo", "-u"] and len(words) == 3:
            words = []


CALLS = sorted({tuple(words) for path in PAGES for words in commands(path.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_command_in_the_documents_exists_with_its_options(words: tuple[str, ...]) -> None:
    """Parsed and not run. Files that it names are not looked for."""
    command: click.Command = main
    arguments = list(words)
    context = click.Context(main)
    while isinstance(command, click.Group):
        assert arguments, f"{' '.join(words)} names no command"
        name, found, arguments = command.resolve_command(context, arguments)
        assert name is not None and found is not None
        command, context = found, click.Context(found, info_name=name, parent=context)
    _, extra, _ = command.make_parser(context).parse_args(arguments)
    assert not extra


@pytest.mark.parametrize("line", ["queue list --everything", "queue lits", "relay --check now", "trace a b"])
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        test_a_command_in_the_documents_exists_with_its_options(tuple(line.split()))


def test_all_commands_of_the_queue_are_documented() -> None:
    from sievepy.cli.queue import queue

    named = {words[1] for words in CALLS if words[0] == "queue" and len(words) > 1}
    assert named == set(queue.commands)


# ---------------------------------------------------------------- the unit


def test_the_unit_starts_what_the_document_installs(tmp_path: Path) -> None:
    unit = (ROOT / "examples/sievepy.service").read_text(encoding="utf-8")
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert start.split()[0].rpartition("/")[0] + "/pip" in page("install.md")
    assert start.split()[-1] in page("install.md")
    drain = next(f.default for f in dataclasses.fields(RelaySettings) if f.name == "drain")
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(stop) > 2 * drain
    (files,) = re.findall(r"^LimitNOFILE=(\d+)$", unit, re.MULTILINE)
    assert int(files) > 4 * Limits().connections


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """With a program in the place of ours, which must be there."""
    unit = (ROOT / "examples/sievepy.service").read_text(encoding="utf-8")
    path = tmp_path / "sievepy.service"
    path.write_text(unit.replace("/opt/sievepy/bin/sievepy", "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
